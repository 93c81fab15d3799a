"""Profiles of other systems: under which names they export what, a file each; `reading` finds the fields by them."""
