"""候选人自助: thin pages, phone first."""
