"""Data moving in: files of interviews read, mapped, checked and loaded, or refused with a reason a row."""
