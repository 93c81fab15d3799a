"""One entry of the raw trail in words; its facts as they were recorded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from raincheck.accounts.queries import key_names, names_of
from raincheck.audit.catalogue import called
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor, ActorKind
from raincheck.insights import words
from raincheck.insights.batches import batches
from raincheck.recruiting.queries import candidate_names
from raincheck.vendors.queries import account_names


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One entry as it reads on the page and in a file. `facts` is JSON, keys sorted."""

    id: UUID
    at: datetime
    action: str
    action_code: str
    actor_kind: str
    actor: str
    subject_type: str
    subject_id: UUID
    interview_id: UUID | None
    cancellation_id: UUID | None
    request_id: str
    facts: str


def trail_rows(found: "QuerySet[Entry]", actor: Actor) -> Iterator[list[TrailRow]]:
    """Yield these entries in words and in order, batch by batch, from one look at the database."""
    kinds = {str(code): str(label) for code, label in words.ACTORS.items()}
    for batch in batches(found):
        names = names_in(actor.company_id, batch)
        yield [
            TrailRow(
                id=entry.id,
                at=entry.at,
                action=called(entry.action, entry.facts),
                action_code=entry.action,
                actor_kind=kinds.get(entry.actor_kind, entry.actor_kind),
                actor=names.get(entry.actor_id, "") if entry.actor_id else "",
                subject_type=entry.subject_type,
                subject_id=entry.subject_id,
                interview_id=entry.interview_id,
                cancellation_id=entry.cancellation_id,
                request_id=entry.request_id,
                facts=json.dumps(entry.facts, ensure_ascii=False, sort_keys=True),
            )
            for entry in batch
        ]


def names_in(company_id: UUID, entries: list[Entry]) -> dict[UUID, str]:
    """Return what the actors of these entries are called, whichever kind of hand they are."""
    by_kind: dict[str, set[UUID]] = {}
    for entry in entries:
        if entry.actor_id is not None:
            by_kind.setdefault(entry.actor_kind, set()).add(entry.actor_id)
    staff = by_kind.get(ActorKind.STAFF, set()) | by_kind.get(ActorKind.COMPANY_RULE, set())
    candidates = by_kind.get(ActorKind.CANDIDATE, set())
    return {
        **(names_of(company_id, staff) if staff else {}),
        **(candidate_names(company_id, candidates) if candidates else {}),
        **(account_names(company_id) if ActorKind.VENDOR in by_kind else {}),
        **(key_names(company_id) if ActorKind.INTEGRATION in by_kind else {}),
    }
