"""The outside world as real servers: an AI interview vendor, and an outbox for mail and SMS.

Nothing here is imported by the product and nothing of the product is imported here: the two meet over
HTTP and SMTP only, as they would with the real thing. The wire format is docs/reference/simulated-vendor.md.
"""
