"""Extract and transform: a file's rows in parts, each read without any database; the load follows part by part."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from raincheck.migration import source
from raincheck.migration.cells import Row
from raincheck.migration.kinds.reading import KindDraft
from raincheck.migration.people import Hasher, Hashes
from raincheck.migration.rows import Draft, Raw, Rejection, RowReader
from raincheck.migration.survey import Study

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


def ahead(steps: Iterator[T]) -> "Generator[T, None, None]":
    """Work out each step in a thread of its own while the one before it is used: the database has a core of its own."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, steps, None)
        while (step := coming.result()) is not None:
            coming = pool.submit(next, steps, None)
            yield step
