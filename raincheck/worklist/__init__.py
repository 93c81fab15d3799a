"""待办: everything a person must settle, of whatever kind, in one inbox."""
