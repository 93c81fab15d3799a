"""The source row of an imported interview, sealed under its candidate's data key."""

import json
from uuid import UUID

from raincheck.core.crypto import DataKey
from raincheck.migration.models import ImportedRow
from raincheck.recruiting.models import Interview


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
    identity = interview.application.candidate.identity
    if row is None or identity.data_key is None or not row.original_sealed:
        return []
    opened = open_original(row.id, DataKey.unwrap(identity.id, identity.data_key), row.original_sealed)
    return [(heading, text) for heading, text in json.loads(opened)]


def _field(row_id: UUID) -> str:
    return f"imported-row:{row_id}"
