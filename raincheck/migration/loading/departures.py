"""Imported interviews that were cancelled: a completed cancellation and its history record each, as ours have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from raincheck.archive.bulk import Leaving, Moved, move_out_in_bulk
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject
from raincheck.cancellations.models import Agreement, Reason, State
from raincheck.cancellations.policy import Outcome
from raincheck.core.actor import Actor
from raincheck.core.bulk import Packed, Packer, Shape
from raincheck.core.ids import new_ids
from raincheck.migration.loading.places import Place
from raincheck.migration.loading.requests import facts_then, on_record, same_of_all
from raincheck.migration.rows.drafts import Draft
from raincheck.migration.values.states import Cancelled
from raincheck.recruiting.models import ApplicationState

_CANCELLATIONS = Shape(
    "cancellations_cancellation",
    {
        "id": "uuid",
        "interview_id": "uuid",
        "initiator": "text",
        "requested_at": "timestamptz",
        "completed_at": "timestamptz",
        "reason_id": "uuid",
        "note": "text",
        "unsorted": "int2",
        "facts": "jsonb",
    },
)


@dataclass(frozen=True, slots=True)
class Leaver:
    """An imported interview that was cancelled, stored already."""

    interview_id: UUID
    place: Place
    draft: Draft
    how: Cancelled


@dataclass(frozen=True)
class Departing:
    """Interviews with the ids of their cancellations, and these as they are to be stored."""

    pairs: Sequence[tuple[UUID, Leaver]]
    cancellations: Packed

    @classmethod
    def of(
        cls, leavers: Sequence[Leaver], *, company_id: UUID, reasons: Mapping[str, Reason], packer: Packer
    ) -> Self:
        """Make the cancellations; any thread may."""
        pairs = list(zip(new_ids(len(leavers)), leavers, strict=True))
        rows = (_cancellation(id_, leaver, reasons[leaver.how.reason]) for id_, leaver in pairs)
        same = {"company_id": company_id, "state": State.COMPLETED, **same_of_all(Outcome.AUTO)}
        return cls(pairs, packer.pack(_CANCELLATIONS, rows, **same))


def cancel_together(
    departing: Departing, *, actor: Actor, now: datetime
) -> tuple[list[UUID], Iterator[Deed]]:
    """Write what belongs to those of the stored interviews that were cancelled.

    Returns the cancellations' ids, and what is to be recorded of them. Raises archive.actions.MoveFailed.
    """
    pairs = departing.pairs
    if not pairs:
        return [], iter(())
    departing.cancellations.stage().insert()
    leaving = [_leaving(id_, leaver) for id_, leaver in pairs]
    moved = move_out_in_bulk(company_id=actor.company_id, leaving=leaving, now=now)
    histories = {one.cancellation_id: one for one in moved}
    deeds = (deed for id_, leaver in pairs for deed in _deeds(id_, leaver, histories[id_]))
    return [id_ for id_, _ in pairs], deeds


def _cancellation(id_: UUID, leaver: Leaver, reason: Reason) -> tuple[Any, ...]:
    how = leaver.how
    facts = facts_then(how, leaver.place.position, leaver.draft.span)
    return (id_, leaver.interview_id, how.initiator, how.at, how.at, reason.id, how.note, how.unsorted, facts)


def _leaving(id_: UUID, leaver: Leaver) -> Leaving:
    # An application that this run made stands where its last interview left it; there it hadn't come yet.
    state = ApplicationState.INTERVIEWING if leaver.place.made else None
    how = leaver.how
    return Leaving(leaver.interview_id, id_, how.reason, how.initiator, how.at, state)


def _deeds(id_: UUID, leaver: Leaver, moved: Moved) -> Iterator[Deed]:
    """Yield request, move and completion as the trail has ours: recorded now, for the trail isn't back-dated."""
    how, place = leaver.how, leaver.place
    school, source = place.candidate.school, leaver.draft.source
    facts = on_record(how, Outcome.AUTO, place.position, school=school, source=source)
    subject = Subject("cancellation", id_, leaver.interview_id, id_)
    ended = {"agreement": Agreement.NOT_NEEDED, "reason": how.reason, "sequence": 0}
    history = Subject("history", moved.history_id, leaver.interview_id, id_)
    pooled = bool(place.candidate.consent)
    yield Deed(Action.REQUESTED, subject, facts)
    scores = len(leaver.draft.beside.scores)
    yield Deed(Action.MOVED, history, {"checksum": moved.checksum, "assessments": scores, "in_pool": pooled})
    yield Deed(Action.COMPLETED, subject, ended)
