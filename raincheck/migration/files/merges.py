"""Cells merged down over rows: a department written once and merged over its people stands for each of them.

What lies beneath the headings is told so; merges across, in the headings and above them stay as they are, one value and
blanks, for that is what groups of columns and titles are known by (`headings.py`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from raincheck.migration import refusals
from raincheck.migration.files.cells import Cell, Row, is_blank
from raincheck.migration.words import NAMED, Words, letter, some

#: A sheet of a million rows in pairs has half as many in a column.
MOST_MERGES = 1_000_000
#: Merges are kept as numbers, sorted by the row they begin in: there may be very many.
_ROWS, _COLUMNS = 10**7, 26 + 26**2 + 26**3


class Under(list[Cell]):
    """A row that merged cells reach down into: `above` has by column in which row they begin, and what stands there."""

    above: dict[int, tuple[int, Cell]]


class Told(list[Cell]):
    """A row with what merged cells say of it; `apart` is the row without."""

    apart: Row


def told(row: Row, *, below: int) -> Row:
    """Return a row with what merged cells say of it that begin below the row of that number."""
    if not isinstance(row, Under):
        return row
    # What was typed beneath a merge before it was made is the row's own.
    said = {
        at: cell for at, (number, cell) in row.above.items() if number > below and is_blank(row[at : at + 1])
    }
    if not said:
        return row
    full = Told(row)
    full.apart = row
    for at, cell in said.items():
        full[at] = cell
    return full


class _Merge(NamedTuple):
    """Counted from 0."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{letter(self.left)}{self.top + 1}:{letter(self.right)}{self.bottom + 1}"


class Merges:
    """The merged cells of one sheet."""

    def __init__(self) -> None:
        self._all: list[int] = []
        self._sorted = True

    def add(self, *, top: int, left: int, bottom: int, right: int) -> None:
        """Take one in; rows and columns count from 0. Raises TooManyMerges."""
        if len(self._all) == MOST_MERGES:
            raise refusals.TooManyMerges(limit=f"{MOST_MERGES:,}")
        self._all.append(((top * _COLUMNS + left) * _ROWS + bottom) * _COLUMNS + right)
        self._sorted = False

    def over(self, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
        """Yield a sheet's rows, numbered from 1 without a gap, each with what reaches down into it."""
        return self._over(rows) if self._all else rows

    def _over(self, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
        waiting = iter(self)
        coming = next(waiting, None)
        last: dict[int, int] = {}
        above: dict[int, tuple[int, Cell]] = {}
        for number, row in rows:
            begun: dict[int, int] = {}
            while coming and coming.top < number:
                if coming.bottom > coming.top:
                    begun[coming.left] = coming.bottom + 1
                coming = next(waiting, None)
            begun = {at: end for at, end in begun.items() if not is_blank(row[at : at + 1])}
            if any(end < number or at in begun for at, end in last.items()):
                last = {at: end for at, end in last.items() if end >= number and at not in begun}
                above = {at: said for at, said in above.items() if at in last}
            yield number, _under(row, above)
            if begun:
                last |= begun
                above = above | {at: (number, row[at]) for at in begun}

    def words(self, heading_row: int) -> Iterator[tuple[str, Words]]:
        """Yield what is to be said of them, where the headings end in the row of that number."""
        filled, left = _Some(), _Some()
        for one in self:
            (filled if one.bottom > one.top >= heading_row else left).see(one)
        if filled.count:
            yield (
                "merged_down",
                Words(
                    f"向下合并的单元格，其值用于它所含的每一行（记在首列；行内另有自己的值的，以自己的为准）：{filled}",
                    "what stands in cells merged down counts for each of their rows, in their first column, but where a"
                    f" row has a value of its own there: {filled}",
                ),
            )
        if left.count:
            yield (
                "merged_cells",
                Words(
                    f"其他合并单元格（横向的，以及标题中和其上的）只有左上角有值，其余视为空：{left}",
                    "of cells merged across, or in the headings and above them, only the first holds a value; the"
                    f" others count as empty: {left}",
                ),
            )

    def __iter__(self) -> Iterator[_Merge]:
        if not self._sorted:
            self._all.sort()
            self._sorted = True
        for one in self._all:
            rest, right = divmod(one, _COLUMNS)
            rest, bottom = divmod(rest, _ROWS)
            yield _Merge(*divmod(rest, _COLUMNS), bottom, right)


class _Some:
    """How many, and the first of them."""

    def __init__(self) -> None:
        self.count, self._first = 0, list[str]()

    def see(self, one: _Merge) -> None:
        self.count += 1
        if len(self._first) < NAMED:
            self._first.append(str(one))

    def __str__(self) -> str:
        return some(self._first, of=self.count)


def _under(row: Row, above: dict[int, tuple[int, Cell]]) -> Row:
    if not above:
        return row
    under = Under(row)
    under.above = above
    return under


#: Those of what isn't a sheet.
NONE = Merges()
