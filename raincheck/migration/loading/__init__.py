"""Check and load: who a row is about, where it hangs, stored, read back and compared; and what is kept of the rest."""
