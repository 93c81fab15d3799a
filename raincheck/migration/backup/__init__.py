"""Backups of the whole database: made online, verified by restoring, kept by a rule, restored with erasures replayed.

`creating` and `restoring` are the two stories; `witness` says what a database holds, so that two can be compared.
"""
