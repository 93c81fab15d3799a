"""Staff coming and going: invitations, roles, and the hand-over when somebody leaves."""
