"""The source row of an imported interview, sealed under its candidate's data key."""

import json
from collections.abc import Sequence
from uuid import UUID

from raincheck.core.crypto import DataKey
from raincheck.migration.models import ImportedRow
from raincheck.recruiting.models import Interview


def seal_original(row_id: UUID, key: DataKey | None, original: Sequence[tuple[str, str]]) -> bytes:
    """Seal a row's (heading, text) pairs. Raises ValueError for somebody whose key is destroyed."""
    sealed = key.seal(_field(row_id), json.dumps(original, ensure_ascii=False)) if key else None
    if sealed is None:
        raise ValueError("no key to seal under")
    return sealed


def original_of(interview: Interview) -> list[tuple[str, str]]:
    """Return the (heading, text) pairs an interview was loaded from; none if it wasn't, or they are gone.

    The caller has already checked that the interview, and the candidate's contacts, may be seen.
    """
    row = ImportedRow.objects.filter(company_id=interview.company_id, interview=interview).first()
    identity = interview.application.candidate.identity
    if row is None or identity.data_key is None or not row.original_sealed:
        return []
    opened = DataKey.unwrap(identity.id, identity.data_key).open(_field(row.id), row.original_sealed)
    return [(heading, text) for heading, text in json.loads(opened)]


def _field(row_id: UUID) -> str:
    return f"imported-row:{row_id}"


def open_original(row_id: UUID, key: DataKey, sealed: bytes | memoryview) -> list[tuple[str, str]]:
    """Return the (heading, text) pairs that `seal_original` sealed under this key."""
    return [(heading, text) for heading, text in json.loads(key.open(_field(row_id), sealed))]
