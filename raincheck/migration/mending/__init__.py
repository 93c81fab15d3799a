"""Rows of an import that failed a check: mended and loaded after all, or discarded with a reason."""
