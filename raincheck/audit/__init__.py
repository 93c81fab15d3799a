"""Who did what, when and why: append-only, pseudonymous, committed with the deed itself."""
