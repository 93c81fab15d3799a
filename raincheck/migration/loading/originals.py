"""The source row of an imported interview, sealed under its candidate's data key."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from raincheck.accounts.models import CandidateIdentity
from raincheck.core.crypto import DataKey
from raincheck.migration.columns.masking import shown
from raincheck.migration.fields import Field
from raincheck.migration.files.cells import plain
from raincheck.migration.kinds.models import BroughtRow
from raincheck.migration.models import ImportedRow, ImportRun
from raincheck.migration.rollback.models import Batch
from raincheck.recruiting.models import Candidate, Interview


def seal_original(row_id: UUID, key: DataKey, original: str) -> bytes:
    """Seal a row's (heading, text) pairs, given as JSON."""
    sealed = key.seal(_field(row_id), original)
    if sealed is None:
        raise ValueError("an empty row")
    return sealed


def open_original(row_id: UUID, key: DataKey, sealed: bytes | memoryview) -> str:
    """Return the JSON that was sealed. Raises cryptography's InvalidTag under another key."""
    return key.open(_field(row_id), sealed)


def brought_by(interview: Interview) -> ImportedRow | None:
    """Return the row an interview was loaded from, with its run; None if it wasn't."""
    rows = ImportedRow.objects.filter(company_id=interview.company_id, interview=interview)
    return rows.select_related("run").first()


def original_of(interview: Interview) -> list[tuple[str, str]]:
    """Return the (heading, text) pairs an interview was loaded from; none if it wasn't, or they are gone.

    The caller has already checked that the interview, and the candidate's contacts, may be seen.
    """
    row = ImportedRow.objects.filter(company_id=interview.company_id, interview=interview).first()
    return _pairs(row, interview.application.candidate.identity) if row else []


@dataclass(frozen=True)
class Kept:
    """One cell of a source row as it may be shown; `read` says whether it was taken for a field."""

    heading: str
    text: str
    read: bool


def kept_of(row: ImportedRow | BroughtRow, identity: CandidateIdentity) -> list[Kept]:
    """Return the cells of a source row that hold anything, in the file's order, contacts hidden; none once gone.

    The caller has already checked that the interview may be seen, and the candidate's contacts in part.
    """
    lines = {
        plain(line["heading"]) or f"#{n}": (n, line["field"]) for n, line in enumerate(row.run.mapping, 1)
    }
    beyond = (len(lines) + 1, None)
    pairs = [(*lines.get(heading, beyond), heading, text) for heading, text in _pairs(row, identity) if text]
    return [
        Kept(heading, shown(Field(field) if field else None, text), read=field is not None)
        for _, field, heading, text in sorted(pairs, key=lambda one: one[0])
    ]


def brought_about(candidate: Candidate) -> "QuerySet[BroughtRow]":
    """Return the rows of lists of other kinds than interviews that told of somebody, newest first."""
    rows = BroughtRow.objects.filter(company_id=candidate.company_id, candidate=candidate)
    return rows.select_related("run").order_by("-run__at", "-number")


def pairs_about(candidate: Candidate) -> list[list[tuple[str, str]]]:
    """Return those rows as (heading, text) pairs. The caller has checked that contacts may be seen."""
    return [pairs for row in brought_about(candidate) if (pairs := _pairs(row, candidate.identity))]


def brought_in(batch: Batch) -> "QuerySet[ImportedRow]":
    """Return the rows that a batch loaded as interviews."""
    return ImportedRow.objects.filter(company_id=batch.company_id, run__batch=batch)


def run_in(batch: Batch) -> ImportRun | None:
    """Return the run that a batch is of; None if it is of none, or was rolled back."""
    return ImportRun.objects.filter(company_id=batch.company_id, batch=batch).first()


def _pairs(row: ImportedRow | BroughtRow, identity: CandidateIdentity) -> list[tuple[str, str]]:
    if identity.data_key is None or not row.original_sealed:
        return []
    opened = open_original(row.id, DataKey.unwrap(identity.id, identity.data_key), row.original_sealed)
    return [(heading, text) for heading, text in json.loads(opened)]


def _field(row_id: UUID) -> str:
    return f"imported-row:{row_id}"
