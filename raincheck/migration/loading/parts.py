"""Extract and transform: a file's rows in parts, each read without any database; the load follows part by part."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from raincheck.migration.files import source
from raincheck.migration.files.cells import Row
from raincheck.migration.kinds.reading import KindDraft
from raincheck.migration.loading.people import Hasher, Hashes
from raincheck.migration.rows.drafts import Draft, Raw, Rejection
from raincheck.migration.rows.row_reader import RowReader
from raincheck.migration.rows.survey import Study

T = TypeVar("T")
#: What rows are read as: interviews, or what a list of another kind holds.
D = TypeVar("D", Draft, KindDraft)
#: A row, what it was read as, and by what its person is known.
Read = tuple[Raw, D | list[Rejection], Hashes | None]


@dataclass(frozen=True)
class Part(Generic[D]):
    """Rows next to each other in the file, read."""

    rows: Sequence[Read[D]]

    @property
    def first(self) -> int:
        """The number of its first row."""
        return self.rows[0][0].number

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.rows[-1][0].number


def parts(study: Study, reader: RowReader[D], *, after: int, seals: bool = True) -> Iterator[Part[D]]:
    """Yield the file's rows from behind row number `after`; `seals`: people are to be stored.

    Raises Refused where the file turns out to be broken.
    """
    hasher = Hasher(reader.rules.company_id, seals)
    rows = (row for row in study.rows() if row[0] > after)
    while taken := list(islice(rows, source.PART)):
        yield Part([read_one(reader, hasher, number, row) for number, row in taken])


def read_one(reader: RowReader[D], hasher: Hasher, number: int, row: Row) -> Read[D]:
    """Read one row, and say by what its person is known, if it speaks of one."""
    raw = reader.raw(number, row)
    draft = reader.read(raw)
    person = None if isinstance(draft, list) else draft.person
    return raw, draft, hasher.of(person) if person else None


class Ahead(Generic[T]):
    """Steps, each worked out beside the database from when whoever uses the one before says that it has time.

    The database has a core of its own, and all threads of Python share one: what is read while the part before still
    needs Python keeps that part waiting, and the database with it.
    """

    def __init__(self, steps: Iterator[T], beside: ThreadPoolExecutor) -> None:
        self._steps = steps
        self._beside = beside
        self._coming: Future[T | None] | None = None

    def __iter__(self) -> "Ahead[T]":
        return self

    def __next__(self) -> T:
        self.go_on()
        coming, self._coming = self._coming, None
        step = coming.result() if coming else None
        if step is None:
            raise StopIteration
        return step

    def go_on(self) -> None:
        """Have the next step worked out from now on, if it isn't yet."""
        if self._coming is None:
            self._coming = self._beside.submit(next, self._steps, None)

    def peek(self) -> T | None:
        """Return the next step, to be looked at before it is taken; None if there is none, or none can be had.

        Whoever takes it is told why not: what they are busy with has nothing to do with it.
        """
        self.go_on()
        coming = self._coming
        return None if coming is None or coming.exception() else coming.result()
