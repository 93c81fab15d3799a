"""Rows as CSV, as they come: RFC 4180, UTF-8 with the mark by which Excel knows it."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from raincheck.core.formulas import defused
from raincheck.insights.columns import Column, Kind

BYTE_ORDER_MARK = "\ufeff"


def csv_file(
    columns: Sequence[Column], batches: Iterable[Sequence[Any]], *, zone: ZoneInfo, title: str, whose: str
) -> Iterator[bytes]:
    """Yield a CSV file, its heading first and then a piece a batch. It has no place for `title` and `whose` it is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write(BYTE_ORDER_MARK)
    writer.writerow([defused(column.heading) for column in columns])
    read = attrgetter(*(column.field for column in columns))
    sayings = [_sayings(zone)[column.kind] for column in columns]
    yield _taken(text)
    for rows in batches:
        for row in rows:
            writer.writerow(
                ["" if value is None else say(value) for say, value in zip(sayings, read(row), strict=True)]
            )
        yield _taken(text)


def _sayings(zone: ZoneInfo) -> Mapping[Kind, Callable[[Any], str]]:
    return {
        Kind.TEXT: lambda value: defused(str(value)),
        Kind.NUMBER: lambda value: f"{value:.15g}",
        # As every spreadsheet reads a date; the heading names the zone.
        Kind.INSTANT: lambda value: value.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds"),
        Kind.UTC: utc,
    }


def utc(instant: datetime) -> str:
    """Say an instant in UTC to the microsecond, the one column that no change of clocks makes ambiguous."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return taken
