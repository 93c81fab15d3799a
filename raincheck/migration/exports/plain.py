"""Plain values: how a row is told in JSON lines and in CSV, and how JSON is read back into what a column holds.

A line of JSON is canonical (no blanks, columns in the table's order, characters as they are): equal rows have equal
bytes: the checksum of such a file is the checksum of its values. CSV is for people.
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from raincheck.core.formulas import defused

BYTE_ORDER_MARK = "\ufeff"


def plain(value: Any) -> Any:
    """Return a column's value as JSON has it. Raises TypeError for what has no plain form."""
    if value is None or isinstance(value, bool | int | float | dict):
        return value
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str | UUID | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def json_line(row: Iterable[tuple[str, Any]]) -> bytes:
    """Return one row's line."""
    return f"{json_text(dict(row))}\n".encode()


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows of plain values as CSV: nothing for null, JSON for lists and objects, no text that runs."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return defused(value)
    return json_text(value) if isinstance(value, list | dict) else str(value)


def json_text(value: Any) -> str:
    """Return a plain value as canonical JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
