"""From a message to the person: which step is due, the envelope, the hand-over, and the note of what came of it."""
