"""VTIMEZONE: what a zone's clocks do around some instants, for programs that don't know the zone by its name.

From zoneinfo, as every other time here: a second source of rules would be the one that is out of date.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True)
class _Clock:
    """How a zone's clocks stand: off UTC, by which name, in summer time or not."""

    offset: timedelta
    name: str
    daylight: bool


def sayable(instant: datetime, zone: ZoneInfo) -> bool:
    """Say whether a local time means this instant: of a doubled hour a calendar means the first (RFC 5545 §3.3.5)."""
    return instant.astimezone(zone).fold == 0


def vtimezone(zone: ZoneInfo, first: datetime, last: datetime) -> str:
    """Return, as text, the zone's observances from the year before `first` to the year after `last`, and no others.

    A year more on either side, since there are programs that want to have seen both summer and winter.
    """
    return _vtimezone(zone.key, first.astimezone(UTC).year - 1, last.astimezone(UTC).year + 1)


@lru_cache(maxsize=256)
def _vtimezone(key: str, first: int, last: int) -> str:
    zone = ZoneInfo(key)
    begins, ends = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    now = _clock(begins, zone)
    made = Timezone()
    made.add("tzid", key)
    made.add_component(_observance(now, before=now, onset=begins))
    at = begins
    while at < ends:
        then = _clock(at + _DAY, zone)
        if then != now:
            onset = _onset(at, zone)
            made.add_component(_observance(then, before=now, onset=onset))
            now = then
        at += _DAY
    return str(made.to_ical().decode())


def _clock(instant: datetime, zone: ZoneInfo) -> _Clock:
    local = instant.astimezone(zone)
    return _Clock(local.utcoffset() or timedelta(), local.tzname() or zone.key, bool(local.dst()))


def _onset(day: datetime, zone: ZoneInfo) -> datetime:
    """Return the second at which the clocks change within the day after `day`."""
    low, high = day, day + _DAY
    before = _clock(low, zone)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _clock(middle, zone) == before else (low, middle)
    return high


def _observance(clock: _Clock, *, before: _Clock, onset: datetime) -> TimezoneStandard | TimezoneDaylight:
    made = TimezoneDaylight() if clock.daylight else TimezoneStandard()
    # Its beginning is said as the clocks stood until then.
    made.add("dtstart", (onset + before.offset).replace(tzinfo=None))
    made.add("tzoffsetfrom", before.offset)
    made.add("tzoffsetto", clock.offset)
    made.add("tzname", clock.name)
    return made
