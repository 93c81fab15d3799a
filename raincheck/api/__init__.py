"""For programs: inbound webhooks, health and metrics."""
