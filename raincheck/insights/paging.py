"""Pages by place, not by number: the last page of a million rows costs what the first does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

PAGE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Placed(Protocol):
    """A row with a place in the trail."""

    @property
    def at(self) -> datetime:
        """When it was."""

    @property
    def id(self) -> UUID:
        """Which of that instant it was."""


Row = TypeVar("Row", bound=Placed)


@dataclass(frozen=True)
class Mark:
    """A place in the trail to read on from, towards what is newer or what is older."""

    at: datetime
    id: UUID
    newer: bool

    @classmethod
    def read(cls, text: str) -> "Mark":
        """Read what `str` wrote. Raises ValueError, OverflowError."""
        side, microseconds, row = text.split("_")
        if side not in {"newer", "older"}:
            raise ValueError(text)
        return cls(_EPOCH + timedelta(microseconds=int(microseconds)), UUID(row), side == "newer")

    def __str__(self) -> str:
        microseconds = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{'newer' if self.newer else 'older'}_{microseconds}_{self.id.hex}"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, newest first, and where to read on; None where there is nothing more."""

    rows: list[Row]
    newer: Mark | None
    older: Mark | None


def page_at(
    found: "QuerySet[Any]", mark: Mark | None, in_words: "Callable[[QuerySet[Any]], Iterator[list[Row]]]"
) -> Page[Row]:
    """Return the page at a mark of what was found newest first; `in_words` makes rows of it."""
    narrowed = found
    if mark is not None and mark.newer:
        after = Q(at__gt=mark.at) | Q(id__gt=mark.id)
        narrowed = found.filter(after, at__gte=mark.at).order_by("at", "id")
    elif mark is not None:
        narrowed = found.filter(Q(at__lt=mark.at) | Q(id__lt=mark.id), at__lte=mark.at)
    # One row more than is shown tells whether there is a page beyond.
    rows = [row for batch in in_words(narrowed[: PAGE + 1]) for row in batch]
    beyond, shown = len(rows) > PAGE, rows[:PAGE]
    if mark is not None and mark.newer:
        shown.reverse()
        return _page(shown, newer=beyond, older=True)
    return _page(shown, newer=mark is not None, older=beyond)


def _page(rows: list[Row], *, newer: bool, older: bool) -> Page[Row]:
    if not rows:
        return Page(rows, None, None)
    first, last = rows[0], rows[-1]
    return Page(
        rows,
        Mark(first.at, first.id, newer=True) if newer else None,
        Mark(last.at, last.id, newer=False) if older else None,
    )
