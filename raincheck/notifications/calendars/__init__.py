"""Calendars that follow by themselves: by mail (iTIP), by subscription, by writing into a company's own server."""

from raincheck.notifications.calendars.appointments import Appointment
from raincheck.notifications.calendars.invitations import Invitation, itip

__all__ = ["Appointment", "Invitation", "itip"]
