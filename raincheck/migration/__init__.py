"""Data moving in and out: files → values, columns, rows → loading; taken back, backed up, exported, let go of."""
