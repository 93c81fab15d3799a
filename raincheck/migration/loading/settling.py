"""What every load has in common, whatever its rows are: known again, rejected, kept for a person, written on record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.db import connection

from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.bulk import hashes
from raincheck.migration.fields import Field
from raincheck.migration.loading import aftercheck, quarantine
from raincheck.migration.loading.parts import Part
from raincheck.migration.loading.rejections import RejectionsFile
from raincheck.migration.models import ImportRun
from raincheck.migration.notices import Notice, notice
from raincheck.migration.outcome import Outcome
from raincheck.migration.rows.drafts import Raw, Rejection
from raincheck.migration.rows.survey import Study
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

_TWICE = notice(
    "same_row_twice",
    lambda n: Words(
        f"{n} 行与本文件中较早的一行完全相同，只载入一次",
        f"{n} rows are the same as an earlier one of this file and are loaded once",
    ),
)
UNMERGED = notice(
    "known_unmerged",
    lambda n: Words(
        f"{n} 行早先已导入，当时未读向下合并的单元格；已载入的保持不变",
        f"{n} rows were loaded before cells merged down were read; they stay as they were loaded then",
    ),
)
#: Which rows are loaded already, by their hashes: of which run, and their number in its file.
Seen = Mapping[bytes, tuple[UUID, int]]
#: How much larger tables must have become to be counted anew; it takes a second each time.
_GROWN = 4
_SEEN = "SELECT fingerprint, run_id, number FROM {table} WHERE fingerprint = ANY (%s::bytea[]) AND company_id = %s"


def prints_of(raws: Iterable[Raw]) -> bytes:
    """Return the hashes by which rows may be known already, as `Settling.seen` takes them."""
    return hashes(print_ for raw in raws for print_ in (raw.fingerprint, raw.apart) if print_)


def known_as(raw: Raw, seen: Seen, run_id: UUID) -> tuple[tuple[UUID, int] | None, bool]:
    """Return as which row of which run one is loaded, if it is; and whether without what merged cells say of it.

    Rows of this very run are told apart by what those say.
    """
    found = seen.get(raw.fingerprint)
    if found or not raw.apart:
        return found, False
    before = seen.get(raw.apart)
    return (before, True) if before and before[0] != run_id else (None, False)


class Read(Protocol):
    """A row that could be read."""

    @property
    def raw(self) -> Raw:
        """The row as it stands in the file."""


@dataclass
class Settling:
    """One run of one file into one company, as far as it doesn't matter what the file is of."""

    #: Where what became of each row is kept.
    table: ClassVar[str]

    company: Company
    study: Study
    rejections: RejectionsFile
    outcome: Outcome
    run: ImportRun
    #: Rows of a run that is over, tried once more: what is refused is kept already, and told here by its number.
    again: bool = field(default=False, kw_only=True)
    refused: dict[int, tuple[Raw, Sequence[Rejection]]] = field(default_factory=dict, kw_only=True)
    _rejected: list[tuple[Raw, list[Rejection]]] = field(default_factory=list, kw_only=True)
    _counted: int = field(default=0, kw_only=True)
    #: The one thread that reckons while the database is busy: two of them would only wait for each other.
    beside: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="beside"), kw_only=True
    )

    def close(self) -> None:
        """Let go of the thread, once it is through with what it was given."""
        self.beside.shutdown()

    def seen(self, prints: bytes) -> Seen:
        """Return run and number of the rows that are loaded already, of which these are the hashes (bulk.hashes)."""
        with connection.cursor() as cursor:
            cursor.execute(_SEEN.format(table=self.table), [prints, self.company.id])
            return {bytes(print_): (run_id, number) for print_, run_id, number in cursor.fetchall()}

    def unchanged(self, number: int, run_id: UUID, first: int) -> None:
        """Count a row that is there already; say so of one that this very file has twice."""
        self.outcome.unchanged += 1
        if run_id == self.run.id:
            self.say(_TWICE, f"{number}={first}")

    def count_anew(self, loaded: int) -> None:
        """Have the server count the tables each time they have grown fourfold: it knows a new company only then.

        Without, it takes them for none, and reads all of the company's by whatever index for each one it looks up.
        """
        # Few rows are tried again, and their tables have been counted.
        if loaded >= _GROWN * self._counted and not self.again:
            self._counted = loaded
            with connection.cursor() as cursor:
                cursor.execute("SELECT migration_count_anew()")

    def made_ready(self, parts: Iterator[Part[Any]]) -> Iterator[Part[Any]]:
        """Have whoever reads ahead do what else can be done of a part before its turn."""
        return parts

    def say(self, said: Notice, number: int | str) -> None:
        """Say something aloud of a row."""
        self.outcome.notices.row(said, number)

    def against(self, draft: Read, known: Field, fault: Fault) -> Rejection:
        """Return what stands against a row, naming the column and value it is about."""
        column, texts = self.study.mapping.column(known), draft.raw.texts
        value = texts[column.index] if column and column.index < len(texts) else ""
        return Rejection(draft.raw.number, column.label.strip() if column else known, known, value, fault)

    def reject(self, raw: Raw, found: list[Rejection]) -> None:
        """Count a row that can't be taken."""
        self.outcome.rejected += 1
        self._rejected.append((raw, found))

    def quarantine(self) -> None:
        """Keep and write down what the part rejected, in the order of the file."""
        if self.again:
            self.refused |= {raw.number: (raw, found) for raw, found in self._rejected}
            self._rejected.clear()
        self._rejected.sort(key=lambda one: one[0].number)
        quarantine.quarantine(self.run, self._rejected)
        for _, found in self._rejected:
            for rejection in found:
                self.rejections.add(rejection)
                self.outcome.show(rejection)
        self._rejected.clear()

    def note_part(self, part: Part[Any], facts: Mapping[str, Any], now: datetime) -> None:
        """Put a part on record, its checksum chained to those before it."""
        self.run.checksum = aftercheck.chained(self.run.checksum, facts["checksum"])
        rows = {"first": part.first, "last": part.last, "rows": len(part.rows)}
        deed = Deed(Action.IMPORTED_PART, Subject("import", self.run.id), {**rows, **facts})
        note(actor=Actor.system(self.company.id), deed=deed, now=now)
