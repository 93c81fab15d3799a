"""Interviews that are here, as rows of cancellations speak of them: by their candidate, or by their time alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.core.bulk import ids
from raincheck.migration.loading.people import Known as Person
from raincheck.migration.values.times import Span
from raincheck.recruiting.models import Position

_FOUND = """
SELECT i.id, i.application_id, i.kind, i.precision, i.starts_at, i.ends_at, i.state,
    EXISTS (SELECT FROM migration_importedrow r WHERE r.interview_id = i.id),
    i.vendor_account_id IS NOT NULL AND i.ends_at > now(),
    EXISTS (SELECT FROM cancellations_cancellation k WHERE k.interview_id = i.id
        AND k.state IN ('in_review', 'processing')),
    a.source, p.id, p.title, p.state, p.department_id, d.name,
    c.id, c.name, c.school, c.pool_consent, n.id, n.data_key, n.phone_hash, n.email_hash, n.id_number_hash
FROM recruiting_interview i
JOIN recruiting_application a ON a.id = i.application_id
JOIN recruiting_position p ON p.id = a.position_id
JOIN recruiting_department d ON d.id = p.department_id
JOIN recruiting_candidate c ON c.id = a.candidate_id
JOIN accounts_candidateidentity n ON n.id = c.identity_id
WHERE i.company_id = %s AND n.data_key IS NOT NULL AND {which}
ORDER BY i.id FOR NO KEY UPDATE OF i
"""
_THEIRS = (
    "i.application_id IN (SELECT b.id FROM recruiting_application b WHERE b.candidate_id = ANY (%s::uuid[]))"
)
_THEN = "i.starts_at >= %s AND i.starts_at <= %s AND (i.starts_at = ANY (%s) OR i.precision = 'day')"


@dataclass(frozen=True, slots=True)
class Known:
    """An interview that is here, locked; `brought` by an import, `live` while somebody asks to cancel it."""

    id: UUID
    application_id: UUID
    span: Span
    state: str
    brought: bool
    has_vendor: bool
    live: bool
    source: str
    position: Position
    department: str
    candidate: Person

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Known":
        """Return one that the database has."""
        id_, application_id, kind, precision, starts_at, ends_at, state, brought, vendor, live = row[:10]
        source, position_id, title, position_state, department_id, department = row[10:16]
        position = Position(id=position_id, title=title, state=position_state, department_id=department_id)
        span = Span(kind, precision, starts_at, ends_at)
        return cls(
            id_,
            application_id,
            span,
            state,
            brought,
            vendor,
            live,
            source,
            position,
            department,
            Person.of(row[16:]),
        )


def interviews_of(company_id: UUID, candidates: Sequence[UUID]) -> list[Known]:
    """Return all interviews of these candidates."""
    return _rows(_THEIRS, company_id, ids(candidates)) if candidates else []


def interviews_then(company_id: UUID, starts: Sequence[datetime]) -> list[Known]:
    """Return all interviews that begin at one of these instants."""
    return _rows(_THEN, company_id, min(starts), max(starts), list(starts)) if starts else []


def _rows(which: str, company_id: UUID, *values: Any) -> list[Known]:
    with connection.cursor() as cursor:
        cursor.execute(_FOUND.format(which=which), [company_id, *values])
        return [Known.of(row) for row in cursor.fetchall()]
