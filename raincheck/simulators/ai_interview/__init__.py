"""云面 (simulated): an AI interview vendor with a store, a key, webhooks and a bad day at one's choice."""
