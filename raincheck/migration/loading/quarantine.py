"""Rows that failed a check: kept, sealed under a key of their run, until a person has seen to each.

A row that can't be taken may not say whose it is, so no candidate's key can seal it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.db.models import QuerySet

from raincheck.core.bulk import Shape, insert_rows
from raincheck.core.crypto import DataKey
from raincheck.core.ids import new_ids
from raincheck.migration.fields import Field
from raincheck.migration.files.cells import plain
from raincheck.migration.models import ImportRun, QuarantinedRow, QuarantineState
from raincheck.migration.rows.drafts import Raw, Rejection
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

_ROWS = Shape(
    "migration_quarantinedrow", {"id": "uuid", "number": "integer", "codes": "text[]", "sealed": "bytea"}
)


def new_key(run_id: UUID) -> bytes:
    """Return a wrapped key for a run."""
    return DataKey.create(run_id).wrapped()


def quarantine(run: ImportRun, rows: Sequence[tuple[Raw, Sequence[Rejection]]]) -> None:
    """Keep rows, in the run's transaction."""
    if not rows:
        return
    key = DataKey.unwrap(run.id, run.data_key or b"")
    values = (
        (id_, raw.number, sorted({r.fault.code for r in found}), key.seal(str(raw.number), _text(raw, found)))
        for id_, (raw, found) in zip(new_ids(len(rows)), rows, strict=True)
    )
    fixed = {"state": QuarantineState.OPEN, "reason": ""}
    insert_rows(_ROWS, values, company_id=run.company_id, run_id=run.id, **fixed)


def reseal(run: ImportRun, row: QuarantinedRow, raw: Raw, found: Sequence[Rejection]) -> None:
    """Keep what stands against a row now."""
    key = DataKey.unwrap(run.id, run.data_key or b"")
    row.codes = sorted({one.fault.code for one in found})
    row.sealed = key.seal(str(row.number), _text(raw, found))
    row.save(update_fields=["codes", "sealed"])


def _text(raw: Raw, found: Sequence[Rejection]) -> str:
    faults = [[r.column, r.field, r.value, r.fault.code, r.fault.words.zh, r.fault.words.en] for r in found]
    return f"[{raw.canonical},{json.dumps(faults, ensure_ascii=False)},{json.dumps(raw.texts, ensure_ascii=False)}]"


def opened(run: ImportRun, row: QuarantinedRow) -> tuple[list[tuple[str, str]], list[Rejection]]:
    """Return a row's (heading, text) pairs and what stands against it; both empty once it is settled."""
    if run.data_key is None or row.sealed is None:
        return [], []
    key = DataKey.unwrap(run.id, run.data_key)
    pairs, faults, *_ = json.loads(key.open(str(row.number), row.sealed))
    found = [
        Rejection(row.number, column, Field(field) if field else None, value, Fault(code, Words(zh, en)))
        for column, field, value, code, zh, en in faults
    ]
    return [(heading, text) for heading, text in pairs], found


def texts(run: ImportRun, row: QuarantinedRow) -> list[str] | None:
    """Return a row's cells as texts, in the order of its columns; None once it is settled.

    Rows kept before their cells were name them by heading alone: columns of one heading can't be told apart there.
    """
    if run.data_key is None or row.sealed is None:
        return None
    pairs, _, *cells = json.loads(DataKey.unwrap(run.id, run.data_key).open(str(row.number), row.sealed))
    if cells:
        return [str(cell) for cell in cells[0]]
    named = dict(pairs)
    keys = [plain(line["heading"]) or f"#{place}" for place, line in enumerate(run.mapping, start=1)]
    return [named.get(key, "") for key in keys]


def rejections(run: ImportRun, rows: Iterable[QuarantinedRow] | None = None) -> Iterator[Rejection]:
    """Yield what stands against a run's rows, in their order in the file; all that are open, or `rows`."""
    if rows is None:
        rows = open_rows(run).iterator(chunk_size=1000)
    for row in rows:
        yield from opened(run, row)[1]


def open_rows(run: ImportRun) -> "QuerySet[QuarantinedRow]":
    """Return the rows of a run that wait for a person."""
    waiting = QuarantinedRow.objects.filter(company_id=run.company_id, run_id=run.id)
    return waiting.filter(state=QuarantineState.OPEN).order_by("number")
