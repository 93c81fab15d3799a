"""Extract: a file that somebody sends, whatever it is, as rows of cells; or why it can't be read."""
