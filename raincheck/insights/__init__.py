"""What happened, for people who ask: the auditor's questions and their exports."""
