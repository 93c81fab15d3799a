"""Requests that came to nothing: rejected, or taken back. They stay beside their interview, which goes on as it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note_all
from raincheck.cancellations.models import Agreement, Reason, State
from raincheck.cancellations.policy import IMPORTED, Facts, Initiator, Outcome, Progress
from raincheck.core.actor import Actor
from raincheck.core.bulk import Shape, insert_rows
from raincheck.core.ids import new_ids
from raincheck.migration.kinds.interviews import Known
from raincheck.migration.states import Cancelled

_CHANNEL = "import"
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
        "facts": "jsonb",
    },
)
_SAME_OF_ALL = {
    "channel": _CHANNEL,
    "outcome": Outcome.REVIEW,
    "rule": IMPORTED,
    "policy_version": 0,
    "checks": Jsonb([]),
    "decision_note": "",
    "though_begun": False,
    "agreement": Agreement.NOT_NEEDED,
    "mismatch": "",
    "attempts": 0,
}
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
    insert_rows(_SHAPE, rows, company_id=actor.company_id, **_SAME_OF_ALL)
    note_all(actor=actor, deeds=[deed for id_, one in pairs for deed in _deeds(id_, one)], now=now)
    return [id_ for id_, _ in pairs]


def _row(id_: UUID, one: Asked, reason: Reason) -> tuple[Any, ...]:
    how = one.how
    facts = Jsonb(_facts(one).as_json())
    return (id_, one.interview.id, one.outcome, how.initiator, how.at, how.at, reason.id, how.note, facts)


def _deeds(id_: UUID, one: Asked) -> Iterator[Deed]:
    how, position = one.how, one.interview.position
    facts = {
        "reason": how.reason,
        "note_given": bool(how.note),
        "initiator": how.initiator,
        "channel": _CHANNEL,
        "outcome": Outcome.REVIEW,
        "rule": IMPORTED,
        "policy_version": 0,
        "position": str(position.id),
        "department": str(position.department_id),
        "school": one.interview.candidate.school,
        "source": one.interview.source,
        "asked_at": how.at.isoformat(),
    }
    subject = Subject("cancellation", id_, one.interview.id, id_)
    yield Deed(Action.REQUESTED, subject, facts)
    yield Deed(_ENDED[State(one.outcome)], subject, {"reason": how.reason})


def _facts(one: Asked) -> Facts:
    position, span = one.interview.position, one.interview.span
    return Facts(
        initiator=Initiator(one.how.initiator),
        now=one.how.at,
        interview_kind=span.kind,
        interview_state="scheduled",
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        progress=Progress.UNKNOWN,
        vendor_said_at=None,
        recent_cancellations=(),
        position_state=position.state,
        department=str(position.department_id),
        vendor=None,
        working_hours=False,
    )
