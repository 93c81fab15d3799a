"""The year of days that are written without one: 10月13日（周一） is of 2025, and of no other year about now."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from raincheck.migration.files.cells import Cell
from raincheck.migration.values.dates import FIRST_YEAR, LAST_YEAR, NO_YEAR, Moment, read_moment

#: Years before this one, and after it, that a list of interviews may be of.
_BEFORE, _AFTER = 5, 1
#: So many different days must agree: a single weekday is a slip of the keys now and then.
_ENOUGH = 2


@dataclass
class Years:
    """What the weekdays of a file's days say of their year."""

    possible: set[int] = field(default_factory=lambda: set(_about(datetime.now(UTC).year)))
    _all: frozenset[int] = frozenset()
    _proofs: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._all = frozenset(self.possible)

    def see(self, cell: Cell) -> None:
        """Take one cell of a column of dates in."""
        if not isinstance(cell, str) or read_moment(cell) is not NO_YEAR:
            return
        fitting = {year for year in self._all if isinstance(read_moment(cell, year=year), Moment)}
        if fitting != self._all:
            self.possible &= fitting
            self._proofs.add(cell)

    @property
    def proven(self) -> int | None:
        """The one year that all weekdays are right in."""
        return next(iter(self.possible)) if len(self.possible) == 1 and len(self._proofs) >= _ENOUGH else None


def is_year(text: str) -> bool:
    """Say whether a text is a year that a date may lie in."""
    return text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:9]) < LAST_YEAR


def _about(year: int) -> range:
    return range(year - _BEFORE, year + _AFTER + 1)
