"""Transform: single values as they are spelt in people's files, read as what they mean, or why they can't be. Pure."""
