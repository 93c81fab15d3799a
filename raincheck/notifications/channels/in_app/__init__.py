"""In the app: nothing is sent, the row is the message."""
