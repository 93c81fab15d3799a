"""The calendar part of a mail: iTIP (RFC 5546), so that any client books and frees the time by itself.

A cancel is METHOD:CANCEL with the same UID and a higher SEQUENCE; a REQUEST would leave the event standing.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import vCalAddress

from raincheck.notifications.calendars.appointments import Appointment, calendar, event_of, fill


def itip(
    *,
    method: str,
    times: Mapping[str, Any],
    summary: str,
    attendee: str,
    zone: str,
    stamp: datetime,
    organizer: str = "",
    url: str = "",
) -> str:
    """Return one iTIP message as text.

    `times` holds `uid`, `sequence`, `starts_at` and `ends_at` (ISO instants); `method` is REQUEST or CANCEL.
    `organizer` is a name: the address is the one our mail comes from, or clients would take the mail for forged.
    """
    appointment = Appointment(
        interview=times["uid"],
        sequence=times["sequence"],
        starts_at=datetime.fromisoformat(times["starts_at"]),
        ends_at=datetime.fromisoformat(times["ends_at"]),
        summary=summary,
        stamp=stamp,
        cancelled=method == "CANCEL",
        url=url,
    )
    local = ZoneInfo(zone)
    event = event_of(appointment, local)
    event.add("organizer", _organizer(organizer), encode=False)
    event.add("attendee", _guest(attendee), encode=False)
    return fill(calendar(method), [(appointment, event)], local)


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
