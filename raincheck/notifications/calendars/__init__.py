"""Calendars that follow by themselves: by mail (iTIP), by subscription, by writing into a company's own server."""

from raincheck.notifications.calendars.invitations import itip

__all__ = ["itip"]
