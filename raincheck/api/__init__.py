"""For programs: inbound webhooks and health."""
