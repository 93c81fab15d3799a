"""Reasons that an import couldn't surely understand: a task, their texts, and a person who says what each means."""
