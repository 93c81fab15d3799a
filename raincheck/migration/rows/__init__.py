"""Rows of a file read with what the whole file taught: drafts to be loaded, or reasons against them. No database."""
