"""A vendor's way to write an instant."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from raincheck.vendors.adapters.configured.shape import Table

_FORMATS = ("iso", "epoch-s", "epoch-ms", "pattern")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAMPLE = datetime(2030, 1, 31, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Times:
    """How instants are written, in which zone where they don't say, and how coarsely they are kept."""

    format: str
    pattern: str
    zone: str
    tolerance: timedelta

    def write(self, at: datetime) -> str | int:
        """Write an instant as the vendor wants it; epochs are numbers."""
        match self.format:
            case "epoch-s":
                return int(at.timestamp())
            case "epoch-ms":
                return int(at.timestamp() * 1000)
            case "pattern":
                return at.astimezone(ZoneInfo(self.zone)).strftime(self.pattern)
        return at.astimezone(ZoneInfo(self.zone)).isoformat(timespec="seconds").replace("+00:00", "Z")

    def read(self, value: Any) -> datetime:
        """Read an instant of the vendor's. Raises ValueError, TypeError, OverflowError."""
        match self.format:
            case "epoch-s":
                return _EPOCH + timedelta(seconds=float(value))
            case "epoch-ms":
                return _EPOCH + timedelta(milliseconds=float(value))
            case "pattern":
                found = datetime.strptime(value, self.pattern)  # noqa: DTZ007 (the zone comes next)
            case _:
                found = datetime.fromisoformat(value)
        here = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))
        return here.astimezone(UTC)


def read_times(table: Table) -> Times:
    """Read `format`, `pattern`, `zone` and `tolerance_seconds`."""
    form = table.choice("format", _FORMATS, "iso")
    pattern = table.text("pattern", longest=60) if form == "pattern" else ""
    zone = table.text("zone", "UTC", longest=60)
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        table.wrong("zone", "没有这个时区", "must be a time zone, as Asia/Shanghai")
        zone = "UTC"
    tolerance = timedelta(seconds=table.number("tolerance_seconds", 0, lowest=0, highest=86_400))
    times = Times(form, pattern, zone, tolerance)
    if form == "pattern" and not _comes_back(times):
        zh = "时间格式须至少含年、月、日和小时，如 %Y-%m-%d %H:%M"
        table.wrong("pattern", zh, "must hold at least year, month, day and hour, as %Y-%m-%d %H:%M")
    return times


def _comes_back(times: Times) -> bool:
    """Say whether an instant on the hour, written and read, is the same."""
    try:
        return times.read(times.write(_SAMPLE)) == _SAMPLE
    except (ValueError, re.error):
        # A directive that comes twice makes a bad expression of it.
        return False
