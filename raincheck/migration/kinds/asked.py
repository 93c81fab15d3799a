"""Requests that came to nothing: rejected, or taken back. They stay beside their interview, which goes on as it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note_all
from raincheck.cancellations.models import Reason, State
from raincheck.cancellations.policy import Outcome
from raincheck.core.actor import Actor
from raincheck.core.bulk import Shape, insert_rows
from raincheck.core.ids import new_ids
from raincheck.migration.kinds.interviews import Known
from raincheck.migration.loading.requests import facts_then, on_record, same_of_all
from raincheck.migration.values.states import Cancelled

_SHAPE = Shape(
    "cancellations_cancellation",
    {
        "id": "uuid",
        "interview_id": "uuid",
        "state": "text",
        "initiator": "text",
        "requested_at": "timestamptz",
        "decided_at": "timestamptz",
        "reason_id": "uuid",
        "note": "text",
        "unsorted": "int2",
        "facts": "jsonb",
    },
)
_ENDED = {State.REJECTED: Action.REJECTED, State.WITHDRAWN: Action.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, what became of it, and of which interview it was."""

    interview: Known
    outcome: str
    how: Cancelled


def came_to_nothing(
    asked: Sequence[Asked], *, reasons: Mapping[str, Reason], actor: Actor, now: datetime
) -> list[UUID]:
    """Write these requests, on record as ours are; returns their ids."""
    if not asked:
        return []
    pairs = list(zip(new_ids(len(asked)), asked, strict=True))
    rows = (_row(id_, one, reasons[one.how.reason]) for id_, one in pairs)
    insert_rows(_SHAPE, rows, company_id=actor.company_id, **same_of_all(Outcome.REVIEW))
    note_all(actor=actor, deeds=[deed for id_, one in pairs for deed in _deeds(id_, one)], now=now)
    return [id_ for id_, _ in pairs]


def _row(id_: UUID, one: Asked, reason: Reason) -> tuple[Any, ...]:
    how = one.how
    facts = facts_then(how, one.interview.position, one.interview.span)
    return (
        id_, one.interview.id, one.outcome, how.initiator, how.at, how.at, reason.id, how.note, how.unsorted, facts,
    )  # fmt: skip


def _deeds(id_: UUID, one: Asked) -> Iterator[Deed]:
    how, position = one.how, one.interview.position
    school, source = one.interview.candidate.school, one.interview.source
    facts = on_record(how, Outcome.REVIEW, position, school=school, source=source)
    subject = Subject("cancellation", id_, one.interview.id, id_)
    yield Deed(Action.REQUESTED, subject, facts)
    yield Deed(_ENDED[State(one.outcome)], subject, {"reason": how.reason})
