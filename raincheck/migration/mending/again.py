"""Rows of a finished run, read and loaded once more: the same way as the first time, into the same batch.

What the file taught then (columns, order of dates, whether midnights are times) is taken from the run; what the company
has now (reasons, positions, people) counts as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from raincheck.accounts.models import Company
from raincheck.cancellations.models import Reason
from raincheck.migration.columns.mapping import SAID, Column, ColumnMap
from raincheck.migration.fields import Field
from raincheck.migration.files.cells import Row
from raincheck.migration.files.merges import NONE, Merges
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.registry import loading_of, reader_of
from raincheck.migration.loading import checkpoints
from raincheck.migration.loading.parts import Part, read_one
from raincheck.migration.loading.people import Hasher
from raincheck.migration.loading.rejections import Unwritten
from raincheck.migration.models import ImportRun
from raincheck.migration.notices import Notices
from raincheck.migration.outcome import Outcome
from raincheck.migration.profiles.reading import profile
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rows.drafts import Draft, Raw, Rejection, Rules
from raincheck.migration.rows.row_reader import RowReader
from raincheck.migration.rows.survey import Study
from raincheck.migration.values.date_order import Order
from raincheck.migration.values.reasons import reasons_by_word
from raincheck.migration.values.times import Calendar
from raincheck.migration.words import Words

#: A row: its number in the file, and its cells as texts.
Numbered = tuple[int, Sequence[str]]
NOWHERE: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class Came:
    """What came of it: how many rows were loaded, how many were there already, and what stands against the others."""

    loaded: int
    unchanged: int
    refused: Mapping[int, tuple[Raw, Sequence[Rejection]]]


@dataclass
class _Texts:
    """The table that the rows were once in, of which only they are left."""

    about: Words = field(default_factory=lambda: Words("", ""))
    notes: list[tuple[str, Words]] = field(default_factory=list)
    date1904: bool = False
    merges: Merges = NONE
    sheets: tuple[str, ...] = ()
    sheet: str = ""

    def check_length(self) -> None:
        """Nothing is left to count."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield none."""
        return iter(())


def load_again(
    run: ImportRun, rows: Iterable[Numbered], *, now: datetime, departments: Mapping[int, str] = NOWHERE
) -> Came:
    """Load rows of a locked run, in its batch and with its figures brought up to date; in the open transaction.

    `departments`: of rows by their numbers, what no column of theirs says. A row stays the same row by that.
    """
    taken = sorted(rows)
    if run.batch is not None:
        record_into(run.batch)
    company = Company.objects.get(id=run.company_id)
    reasons = {reason.code: reason for reason in Reason.objects.filter(company_id=run.company_id)}
    outcome = _figures(run, without=len(taken))
    study = study_of(run)
    loading = loading_of(study.kind)(company, study, Unwritten(), outcome, run, reasons, again=True)
    rules = Rules(
        company_id=run.company_id,
        calendar=Calendar(ZoneInfo(run.timezone)),
        region=str(run.terms.get("region", "CN")),
        now=now,
        reasons=reasons_by_word(reasons.values()),
    )
    before, position = (outcome.loaded, outcome.unchanged), run.position
    with closing(loading):
        loading.load(_part(reader_of(study, rules), taken, departments), now=now)
    run.position = position
    checkpoints.keep(run, outcome)
    return Came(outcome.loaded - before[0], outcome.unchanged - before[1], loading.refused)


def study_of(run: ImportRun) -> Study:
    """Return what was understood of a finished run's file."""
    columns, orders, midnights, year = [], {}, set(), None
    for index, line in enumerate(run.mapping):
        known = Field(line["field"]) if line["field"] else None
        columns.append(Column(index, line["heading"], known, SAID))
        if known and "date_order" in line:
            why = str(line.get("date_order_why", ""))
            orders[known] = Order(line["date_order"], Words(why, why))
        year = line.get("year", year)
        if known and line.get("midnight_is_nothing"):
            midnights.add(known)
    mapped = ColumnMap(tuple(columns), 1, Kind(run.terms.get("kind", Kind.INTERVIEWS)))
    source = profile(run.terms["from"]) if "from" in run.terms else None
    return Study(_Texts(), mapped, orders, frozenset(midnights), run.rows_in, source=source, year=year)


def _figures(run: ImportRun, *, without: int) -> Outcome:
    notices = Notices()
    notices.restore(run.counts)
    return Outcome(
        run.rows_in, notices, loaded=run.loaded, rejected=run.rejected - without, unchanged=run.unchanged
    )


def _part(reader: RowReader[Any], rows: Sequence[Numbered], departments: Mapping[int, str]) -> Part[Any]:
    hasher = Hasher(reader.rules.company_id)
    read = (read_one(reader, hasher, number, list(texts)) for number, texts in rows)
    return Part([(raw, _within(departments.get(raw.number), draft), who) for raw, draft, who in read])


def _within(department: str | None, draft: Any) -> Any:
    """Return what was read of a row, in a department that was chosen for it."""
    if department is None or isinstance(draft, list):
        return draft
    if isinstance(draft, Draft):
        return draft.within(department)
    return replace(draft, department=department)
