"""Robots of chats, by way of Apprise."""
