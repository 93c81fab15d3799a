"""通知: one message to one person, one delivery an attempt on a channel."""
