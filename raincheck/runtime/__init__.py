"""How the product runs on one machine: its folder, its embedded PostgreSQL, its processes.

Imports nothing of ours and no Django, so that settings and the console script can lean on it.
"""
