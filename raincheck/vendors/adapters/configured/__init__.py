"""An AI interview system that the customer declares in a file, from the vendor's private documents."""
