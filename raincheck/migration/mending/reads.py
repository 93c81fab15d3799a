"""The rows of a run that wait for a person, as far as they may be shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.migration.columns.masking import is_hidden, shown
from raincheck.migration.fields import WORDS, Field
from raincheck.migration.loading import quarantine
from raincheck.migration.mending.errors import RowSettled
from raincheck.migration.models import ImportRun, QuarantinedRow, QuarantineState, RunState
from raincheck.migration.rollback.models import Batch
from raincheck.migration.rows.drafts import Rejection
from raincheck.migration.words import Words, letter


@dataclass(frozen=True)
class Cell:
    """One cell of a row: its place from 0, heading, field and text; `hidden` where `text` isn't the whole of it."""

    index: int
    heading: str
    field: Words | None
    text: str
    hidden: bool
    at_fault: bool


def run_of(actor: Actor, batch_id: UUID) -> ImportRun:
    """Return a batch's finished run. Raises NotAllowed, NotFound: also where the batch was rolled back."""
    demand(actor, Ability.MOVE_DATA)
    mine = ImportRun.objects.filter(company_id=actor.company_id, batch_id=batch_id, state=RunState.DONE)
    run = mine.select_related("batch").first()
    if run is None:
        raise NotFound(detail=str(batch_id))
    return run


def rows(run: ImportRun, *, code: str = "") -> "QuerySet[QuarantinedRow]":
    """Return its rows that wait, in the order of the file; all, or those with this code against them."""
    waiting = quarantine.open_rows(run)
    return waiting.filter(codes__contains=[code]) if code else waiting


def row_of(actor: Actor, row_id: UUID) -> tuple[ImportRun, QuarantinedRow]:
    """Return a row that waits, with its run. Raises NotAllowed, NotFound, RowSettled."""
    demand(actor, Ability.MOVE_DATA)
    row = QuarantinedRow.objects.filter(company_id=actor.company_id, id=row_id).first()
    runs = ImportRun.objects.filter(company_id=actor.company_id, state=RunState.DONE)
    run = runs.filter(id=row.run_id).select_related("batch").first() if row else None
    if row is None or run is None:
        raise NotFound(detail=str(row_id))
    if row.state != QuarantineState.OPEN:
        raise RowSettled
    return run, row


def waiting(run: ImportRun) -> int:
    """Return how many of a run's rows wait."""
    return quarantine.open_rows(run).count()


def waiting_in(batch: Batch) -> int:
    """Return how many rows of a batch's run wait; none where it has no finished run, or was rolled back."""
    run = ImportRun.objects.filter(company_id=batch.company_id, batch=batch, state=RunState.DONE).first()
    return waiting(run) if run else 0


def discarded(run: ImportRun) -> "QuerySet[QuarantinedRow]":
    """Return a run's rows that somebody gave up, in the order of the file, each with the reason."""
    rows = QuarantinedRow.objects.filter(company_id=run.company_id, run_id=run.id)
    return rows.filter(state=QuarantineState.DISCARDED).order_by("number")


def codes(run: ImportRun) -> list[tuple[str, int]]:
    """Return what stands against the rows that wait, and how many each; the most frequent first."""
    query = (
        "SELECT code, count(*) FROM migration_quarantinedrow, unnest(codes) AS code"
        " WHERE company_id = %s AND run_id = %s AND state = %s GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [run.company_id, run.id, QuarantineState.OPEN])
        return [(code, count) for code, count in cursor.fetchall()]


def against(run: ImportRun, row: QuarantinedRow) -> Sequence[Rejection]:
    """Return what stands against a row."""
    return quarantine.opened(run, row)[1]


def cells(run: ImportRun, row: QuarantinedRow, *, clear: bool = False) -> Iterator[Cell]:
    """Yield a row's cells: those at fault first, then fields, then the rest; contacts hidden unless `clear`."""
    texts = quarantine.texts(run, row) or []
    faults = {one.field for one in against(run, row) if one.field}
    found = [_cell(run, index, text, faults, clear=clear) for index, text in enumerate(texts)]
    yield from sorted(found, key=lambda cell: (not cell.at_fault, cell.field is None, cell.index))


def reveal(*, row_id: UUID, actor: Actor, now: datetime) -> tuple[ImportRun, QuarantinedRow]:
    """Record that somebody sees all of a row, and return it. Raises NotAllowed, NotFound, RowSettled."""
    demand(actor, Ability.REVEAL_ROWS)
    run, row = row_of(actor, row_id)
    facts = {"fields": sorted({line["field"] for line in run.mapping if line["field"]}), "row": row.number}
    note(actor=actor, deed=Deed(Action.REVEALED, Subject("import", run.id), facts), now=now)
    return run, row


def take(*, batch_id: UUID, actor: Actor, now: datetime) -> tuple[ImportRun, Iterator[Rejection]]:
    """Record that somebody takes a run's rejections away, and return them. Raises NotAllowed, NotFound."""
    demand(actor, Ability.REVEAL_ROWS)
    run = run_of(actor, batch_id)
    facts = {"rows": waiting(run), "format": "csv"}
    note(actor=actor, deed=Deed(Action.ROWS_TAKEN, Subject("import", run.id), facts), now=now)
    return run, quarantine.rejections(run)


def _cell(run: ImportRun, index: int, text: str, faults: set[Field], *, clear: bool) -> Cell:
    line = run.mapping[index] if index < len(run.mapping) else {}
    field = Field(line["field"]) if line.get("field") else None
    hidden = not clear and is_hidden(field, text)
    heading = " ".join(str(line.get("heading", "")).split()) or letter(index)
    said = text if clear else shown(field, text)
    return Cell(index, heading, WORDS[field] if field else None, said, hidden, field in faults)
