"""Where messages end up: an SMTP sink, an SMS gateway, and pages that show them as a phone and a mailbox."""
