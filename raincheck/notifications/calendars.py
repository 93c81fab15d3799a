"""The calendar part of a mail: iTIP (RFC 5546), so that any client books and frees the time by itself.

A cancel is METHOD:CANCEL with the same UID and a higher SEQUENCE; a REQUEST would leave the event standing.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar, Event, Timezone, vCalAddress


def itip(
    *, method: str, times: Mapping[str, Any], summary: str, attendee: str, zone: str, stamp: datetime
) -> str:
    """Return one iTIP message as text.

    `times` holds `uid`, `sequence`, `starts_at` and `ends_at` (ISO instants); `method` is REQUEST or CANCEL.
    """
    local = ZoneInfo(zone)
    starts_at = datetime.fromisoformat(times["starts_at"]).astimezone(local)
    ends_at = datetime.fromisoformat(times["ends_at"]).astimezone(local)
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    guest = vCalAddress(f"mailto:{attendee}")
    guest.params["PARTSTAT"] = "NEEDS-ACTION"
    event = Event()
    event.add("uid", f"{times['uid']}@raincheck")
    event.add("sequence", times["sequence"])
    event.add("dtstamp", stamp)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", summary)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", organizer, encode=False)
    event.add("attendee", guest, encode=False)
    calendar = Calendar()
    calendar.add("prodid", "-//Raincheck//AI interviews//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if zone != "UTC":
        calendar.add_component(_timezone(zone))
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


@cache
def _timezone(zone: str) -> Timezone:
    """Return the zone's rules as a calendar writes them: years of offsets to work out, and always the same."""
    return Timezone.from_tzid(zone)
