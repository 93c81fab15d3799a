"""The forms a sheet is written in: JSON lines, which are exact, CSV for people, and Parquet where it was asked for.

Each is a context within which rows are taken, in plain values; when it closes, the file is whole.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from raincheck.migration.exports import parquet
from raincheck.migration.exports.manifest import FORMS, PARQUET
from raincheck.migration.exports.plain import BYTE_ORDER_MARK, csv_lines, json_line
from raincheck.migration.exports.sheets import Sheet

#: Takes the next rows of a sheet, each in the order of its columns.
Take = Callable[[Sequence[Sequence[Any]]], object]


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take some."""


def forms_of(*, with_parquet: bool) -> tuple[str, ...]:
    """Return the forms of an export. Raises ParquetMissing where that is wanted and can't be had."""
    if not with_parquet:
        return FORMS
    parquet.require()
    return (*FORMS, PARQUET)


def written(form: str, sheet: Sheet, names: Sequence[str], sink: Sink) -> AbstractContextManager[Take]:
    """Have these columns of a sheet written in one form."""
    return _WAYS[form](sheet, names, sink)


@contextmanager
def _json_lines(sheet: Sheet, names: Sequence[str], sink: Sink) -> Iterator[Take]:
    yield lambda rows: sink.write(b"".join(json_line(zip(names, row, strict=True)) for row in rows))


@contextmanager
def _csv(sheet: Sheet, names: Sequence[str], sink: Sink) -> Iterator[Take]:
    sink.write(f"{BYTE_ORDER_MARK}{','.join(names)}\r\n".encode())
    yield lambda rows: sink.write(csv_lines(rows))


_WAYS = {"jsonl": _json_lines, "csv": _csv, PARQUET: parquet.written}
