"""An appointment as iCalendar (RFC 5545): one way to write it, whoever takes it to the calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from raincheck.notifications.calendars.zones import sayable, vtimezone

_EVENT = "BEGIN:VEVENT\r\n"
PRODUCT = "-//Raincheck//AI interviews//EN"


@dataclass(frozen=True)
class Appointment:
    """An interview as a calendar holds it; instants are aware, `stamp` says when it last changed.

    `interview` names it, the same in every calendar, so that whoever gets it twice holds it once.
    """

    interview: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    stamp: datetime
    cancelled: bool = False
    description: str = ""
    url: str = ""


def uid(interview: str) -> str:
    """Return the UID of an interview's appointment."""
    return f"{interview}@raincheck"


def calendar(method: str = "") -> Calendar:
    """Return an empty VCALENDAR: an iTIP message with a method, without one a calendar at rest."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    if method:
        made.add("method", method)
    return made


def fill(made: Calendar, appointments: Sequence[tuple[Appointment, Event]], zone: ZoneInfo) -> str:
    """Put events into a calendar, with the zone they speak of if any does, and return its text."""
    for _, event in appointments:
        made.add_component(event)
    text = str(made.to_ical().decode())
    in_zone = [a for a, _ in appointments if _local(a, zone)]
    if not in_zone:
        return text
    # Half of what there is to write, and the same for all of a year: it is put in as text.
    clocks = vtimezone(zone, min(a.starts_at for a in in_zone), max(a.ends_at for a in in_zone))
    head, begun, rest = text.partition(_EVENT)
    return head + clocks + begun + rest


def event_of(appointment: Appointment, zone: ZoneInfo) -> Event:
    """Return an appointment as a VEVENT, its times in the zone's own clocks."""
    shown_in = zone if _local(appointment, zone) else UTC
    event = Event()
    event.add("uid", uid(appointment.interview))
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.stamp)
    event.add("dtstart", appointment.starts_at.astimezone(shown_in))
    event.add("dtend", appointment.ends_at.astimezone(shown_in))
    event.add("summary", appointment.summary)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if appointment.cancelled else "OPAQUE")
    if appointment.description:
        event.add("description", appointment.description)
    if appointment.url:
        event.add("url", appointment.url)
    return event


def at_rest(appointment: Appointment, zone: ZoneInfo) -> str:
    """Return one appointment as a calendar server keeps it."""
    return fill(calendar(), [(appointment, event_of(appointment, zone))], zone)


def _local(appointment: Appointment, zone: ZoneInfo) -> bool:
    """Say whether the zone's clocks can say both its ends; else UTC does."""
    named = zone.key != "UTC"
    return named and sayable(appointment.starts_at, zone) and sayable(appointment.ends_at, zone)
