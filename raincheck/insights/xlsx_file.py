"""Rows as an Excel workbook, as they come: the zip is written while it is read, and never held whole.

ECMA-376 asks for little: sheets, one style sheet, a table of contents. Texts are inline strings, which no
spreadsheet ever runs; those that look like formulas are marked as quoted, so that editing the cell doesn't make one
of them. Dates are numbers with a date format. A sheet that is full is followed by another.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import IO, Any, cast
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from raincheck.core.formulas import would_run
from raincheck.insights import xlsx_parts as parts
from raincheck.insights.batches import BATCH
from raincheck.insights.columns import Column, Kind
from raincheck.insights.csv_file import utc

#: Excel's own limits: rows a sheet, characters a cell.
ROWS = 1_048_576
LONGEST_TEXT = 32_767
#: Past 2 GiB an entry of a streamed zip needs the 64-bit form, which not every reader knows.
SHEET_BYTES = 1_500_000_000
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (Excel's clock has no zone)
_DAY = timedelta(days=1)
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class _Sink:
    """What the zip is written to: keeps what came since the last look."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class _Rows:
    """Rows one by one, knowing whether there is another."""

    def __init__(self, batches: Iterable[Sequence[Any]]) -> None:
        self._rows = chain.from_iterable(batches)
        self._next = next(self._rows, None)

    def __bool__(self) -> bool:
        return self._next is not None

    def take(self) -> Any:
        taken, self._next = self._next, next(self._rows, None)
        return taken


def xlsx_file(
    columns: Sequence[Column], batches: Iterable[Sequence[Any]], *, zone: ZoneInfo, title: str, whose: str
) -> Iterator[bytes]:
    """Yield an Excel file a piece at a time; `title` names its sheets, the second with a number."""
    sink = _Sink()
    rows = _Rows(batches)
    with ZipFile(cast("IO[bytes]", sink), "w", ZIP_DEFLATED, compresslevel=3) as book:
        sheets = 0
        while rows or not sheets:
            sheets += 1
            with book.open(parts.sheet_name(sheets), "w") as sheet:
                for _written in _sheet(sheet, columns, rows, zone):
                    yield sink.take()
        for name, text in parts.frame(title=title, sheets=sheets):
            book.writestr(name, text)
    yield sink.take()


def _sheet(out: IO[bytes], columns: Sequence[Column], rows: _Rows, zone: ZoneInfo) -> Iterator[None]:
    """Write one sheet with as many rows as it holds, and stop now and then to let go of what is written."""
    letters = [parts.letters(place) for place in range(1, len(columns) + 1)]
    named = zip(letters, columns, strict=True)
    headings = [_text(f"{letter}1", column.heading, parts.BOLD) for letter, column in named]
    out.write(parts.sheet_head([column.width for column in columns]).encode())
    size = out.write(f'<row r="1">{"".join(headings)}</row>'.encode())
    read = attrgetter(*(column.field for column in columns))
    writers = [_writers(zone)[column.kind] for column in columns]
    number = 1
    while rows and number < ROWS and size < SHEET_BYTES:
        number += 1
        cells = [
            write(f"{letter}{number}", value)
            for write, letter, value in zip(writers, letters, read(rows.take()), strict=True)
            if value is not None and value != ""
        ]
        size += out.write(f'<row r="{number}">{"".join(cells)}</row>'.encode())
        if number % BATCH == 0:
            yield
    out.write(parts.sheet_foot(last=f"{letters[-1]}{number}").encode())
    yield


def _writers(zone: ZoneInfo) -> Mapping[Kind, Callable[[str, Any], str]]:
    def instant(place: str, value: datetime) -> str:
        days = (value.astimezone(zone).replace(tzinfo=None, microsecond=0) - _EPOCH) / _DAY
        return f'<c r="{place}" s="{parts.DATE}"><v>{days:.10f}</v></c>'

    return {
        Kind.TEXT: lambda place, value: _text(place, str(value)),
        Kind.NUMBER: lambda place, value: f'<c r="{place}"><v>{value:.15g}</v></c>',
        Kind.INSTANT: instant,
        Kind.UTC: lambda place, value: _text(place, utc(value)),
    }


def _text(place: str, text: str, style: int = parts.PLAIN) -> str:
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT - 1]}…"
    style = style or (parts.QUOTED if would_run(text) else parts.PLAIN)
    # Otherwise white space at the ends, and a line break, would be lost.
    space = "" if text == text.strip() and "\n" not in text else ' xml:space="preserve"'
    if _SPECIAL.search(text):
        text = escape(_UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t{space}>{text}</t></is></c>'
