"""For programs: REST by API key, inbound webhooks and receipts, calendars by subscription, health and metrics."""
