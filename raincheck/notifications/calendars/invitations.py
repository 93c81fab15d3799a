"""The calendar part of a mail: iTIP (RFC 5546), so that any client books and frees the time by itself.

A cancel is METHOD:CANCEL with the same UID and a higher SEQUENCE; a REQUEST would leave the event standing.
"""

from dataclasses import dataclass
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import vCalAddress

from raincheck.notifications.calendars.appointments import Appointment, calendar, event_of, fill


@dataclass(frozen=True)
class Invitation:
    """To whom an appointment goes, and in whose zone it is said; the method follows from whether it is cancelled.

    `organizer` is a name: the address is the one our mail comes from, or clients would take the mail for forged.
    """

    appointment: Appointment
    attendee: str
    zone: str
    organizer: str = ""


def itip(invitation: Invitation) -> str:
    """Return one iTIP message as text: REQUEST, or CANCEL for what is cancelled."""
    appointment, zone = invitation.appointment, ZoneInfo(invitation.zone)
    event = event_of(appointment, zone)
    event.add("organizer", _organizer(invitation.organizer), encode=False)
    event.add("attendee", _guest(invitation.attendee), encode=False)
    return fill(calendar("CANCEL" if appointment.cancelled else "REQUEST"), [(appointment, event)], zone)


def method_of(text: str) -> str:
    """Return the method an iTIP message bears, which the mail around it must name, too."""
    return next(line for line in text.splitlines() if line.startswith("METHOD:")).partition(":")[2]


def _organizer(name: str) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    if name:
        # A quoted parameter has no way to say a quotation mark (RFC 5545 §3.1).
        organizer.params["CN"] = " ".join(name.replace('"', "'").split())
    return organizer


def _guest(address: str) -> vCalAddress:
    guest = vCalAddress(f"mailto:{address}")
    # Nobody reads answers here: a client that asks for one would send it to an address that takes none.
    guest.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"})
    return guest
