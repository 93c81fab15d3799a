"""Quiet hours: when what can wait does wait, by the reader's own clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
#: So long before an interview the last of those concerned must have heard.
NOTICE = timedelta(hours=2)


def quiet_until(now: datetime, *, zone: str, begins: time, ends: time) -> datetime | None:
    """Return when the reader's quiet hours that run now are over, as a UTC instant; None outside them.

    They are wall-clock hours: across a change of the clocks the night is as long as it is. An end the clocks leap over
    is the instant of the leap's other side; of one that comes twice it is the first.
    """
    local = now.astimezone(ZoneInfo(zone))
    if begins == ends or not _within(local.time(), begins, ends):
        return None
    day = local.date() if local.time() < ends else local.date() + _DAY
    return datetime.combine(day, ends, ZoneInfo(zone)).astimezone(UTC)


def _within(clock: time, begins: time, ends: time) -> bool:
    over_midnight = begins > ends
    return (clock >= begins or clock < ends) if over_midnight else begins <= clock < ends


def presses(left: timedelta, *, begins: time, ends: time) -> bool:
    """Say whether an interview this far ahead could be on before a night is over and people have had notice."""
    since_midnight = (timedelta(hours=t.hour, minutes=t.minute, seconds=t.second) for t in (begins, ends))
    night_begins, night_ends = since_midnight
    return left < (night_ends - night_begins) % _DAY + NOTICE
