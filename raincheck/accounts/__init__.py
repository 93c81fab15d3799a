"""Companies, their people, candidates' identities, and the table of who may do what."""
