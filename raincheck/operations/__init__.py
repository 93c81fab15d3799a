"""How the installation does: figures, promises about to break, jobs that gave up. For its operator."""
