"""JSON lines: one object a line. Its names are the headings, those of an object within it joined by a point."""

import json
from collections.abc import Iterator
from typing import Any

from raincheck.migration import refusals
from raincheck.migration.files import merges
from raincheck.migration.files.cells import Cell, Row
from raincheck.migration.files.source import MOST_COLUMNS, MOST_ROWS, Source
from raincheck.migration.words import Words

LONGEST_LINE = 4 * 1024 * 1024
_UNREAD = {
    "JSONDecodeError": "不是完整的 JSON",
    "UnicodeDecodeError": "不是 UTF-8",
    "RecursionError": "嵌套过深",
}
#: How deep objects may lie within one another.
DEEPEST = 8


class JsonLinesTable:
    """A file of objects; every name met in any of them is a column."""

    date1904 = False
    merges = merges.NONE
    sheets: tuple[str, ...] = ()
    sheet = ""

    def __init__(self, source: Source, *, deep: bool = False) -> None:
        """Find the headings; `deep` makes columns of what lists of objects hold.

        Raises BrokenJson, TooWide, TooManyRows.
        """
        self._source, self._deep = source, deep
        self.notes: list[tuple[str, Words]] = []
        self.about = Words("JSON Lines，UTF-8", "JSON lines, UTF-8")
        self._names: dict[str, int] = {}
        for number, flat in self._objects():
            for name in flat:
                self._names.setdefault(name, len(self._names))
            if len(self._names) > MOST_COLUMNS:
                raise refusals.TooWide(columns=len(self._names), limit=MOST_COLUMNS)
            if number > MOST_ROWS:
                raise refusals.TooManyRows(limit=f"{MOST_ROWS:,}")

    def check_length(self) -> None:
        """Nothing is left to count: all of it was read when it was opened."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield the headings as row 0, then each object by the number of its line."""
        yield 0, list(self._names)
        for number, flat in self._objects():
            row: Row = [""] * len(self._names)
            for name, cell in flat.items():
                row[self._names[name]] = cell
            yield number, row

    def _objects(self) -> Iterator[tuple[int, dict[str, Cell]]]:
        self._source.file.seek(0)
        number = 0
        while line := self._source.file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise _broken(number, f"> {LONGEST_LINE // 2**20} MB")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield number, _flat(_object(line, number), number, deep=self._deep)


def looks_like_lines(head: bytes) -> bool:
    """Say whether the first line is an object, whole, and no wrapping around a list of them."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not (len(found) == 1 and isinstance(next(iter(found.values())), list))


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line.decode())
        if b"\\u" in line:
            # Half of an emoji, cut through, can be escaped but never written down: neither sealed nor rejected.
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _broken(number, Words("\\u 对只有一半", "half of a \\u pair")) from None
    except (ValueError, RecursionError) as error:
        # Its own words quote the text that it can't read.
        name = type(error).__name__
        raise _broken(number, Words(_UNREAD.get(name, name), name)) from None
    if not isinstance(found, dict):
        raise _broken(number, Words("是别的值", "not an object"))
    return found


def _flat(
    value: dict[str, Any], number: int, *, deep: bool, before: str = "", depth: int = 0
) -> dict[str, Cell]:
    if depth > DEEPEST:
        raise _broken(number, Words(f"超过 {DEEPEST} 层", f"> {DEEPEST} levels"))
    flat: dict[str, Cell] = {}
    for name, inner in value.items():
        full = f"{before}.{name}" if before else str(name)
        within = _members(inner) if deep else inner
        if isinstance(within, dict):
            flat |= _flat(within, number, deep=deep, before=full, depth=depth + 1)
        elif inner is not None:
            flat[full] = _cell(inner)
    return flat


def _members(value: Any) -> Any:
    """Return a list of objects as an object of them by their places."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return {str(at): one for at, one in enumerate(value)}
    return value


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return (
            json.dumps(value, ensure_ascii=False)
            if any(isinstance(v, dict | list) for v in value)
            else ", ".join(str(v) for v in value if v is not None)
        )
    return value if isinstance(value, str | int | float | bool) else str(value)


def _broken(number: int, why: str | Words) -> refusals.BrokenJson:
    return refusals.BrokenJson(line=number, why=why)
