"""The null vendor: remembers what it was asked and agrees to everything."""
