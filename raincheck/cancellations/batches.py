"""Many cancellations at once: freezing a position calls off everything on its schedule."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations import errors, policy
from raincheck.cancellations.actions import Ask, ask_vendor, request_cancellation
from raincheck.cancellations.models import Batch, Reason, State
from raincheck.cancellations.queries import foresee, live_cancellation
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.jobs import BULK, defer
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Interview, Position, PositionState

#: How many interviews a request cancels by itself, and how many of a longer schedule one job does.
AT_ONCE, PART = 100, 250


class PositionNotOpen(Conflict):
    """It is frozen or closed already."""

    code = "position_not_open"
    message = _("该岗位已冻结或已关闭")


class PositionNotFrozen(Conflict):
    """Only a frozen position can be opened again."""

    code = "position_not_frozen"
    message = _("该岗位未处于冻结状态")


@dataclass(frozen=True)
class FreezePreview:
    """What freezing would do now: the interviews that would go, and those that would stay and why."""

    position: Position
    cancelled: tuple[Interview, ...]
    kept: tuple[tuple[Interview, str], ...]


@dataclass(frozen=True)
class Frozen:
    """What freezing did."""

    batch_id: UUID
    cancelled: int
    kept: int
    #: The schedule is long: it is being called off by jobs, and the two figures aren't known yet.
    in_parts: bool = False


def preview_freeze(*, position_id: UUID, actor: Actor, now: datetime) -> FreezePreview:
    """Show what freezing would cancel; changes nothing. Raises NotAllowed, NotFound, PositionNotOpen."""
    demand(actor, Ability.FREEZE_POSITION)
    position = recruiting.get_position(actor, position_id)
    if position.state != PositionState.OPEN:
        raise PositionNotOpen
    company = Actor.company_rule(actor.company_id, actor.id)
    cancelled, kept = [], []
    for interview in recruiting.interviews_on_schedule(position):
        refusal = _refusal(interview, company, now)
        if refusal is None:
            cancelled.append(interview)
        else:
            kept.append((interview, refusal))
    return FreezePreview(position, tuple(cancelled), tuple(kept))


def _refusal(interview: Interview, company: Actor, now: datetime) -> str | None:
    if live_cancellation(interview) is not None:
        return None
    verdict = foresee(interview=interview, actor=company, now=now)
    return verdict.refusal if verdict.outcome is policy.Outcome.REFUSE else None


def freeze_position(*, position_id: UUID, actor: Actor, reason: str, now: datetime) -> Frozen:
    """Freeze a position and cancel its schedule as one batch; one job asks the vendors for all of it.

    A schedule of more than AT_ONCE is cancelled by jobs, a part each, which commit with this.
    What can't be cancelled (handed in, over) stays. Raises NotAllowed, NotFound, PositionNotOpen, UnknownReason.
    """
    demand(actor, Ability.FREEZE_POSITION)
    position = _lock_position(actor, position_id)
    if position.state != PositionState.OPEN:
        raise PositionNotOpen
    if not Reason.objects.filter(
        company_id=actor.company_id, code=reason, for_staff=True, active=True
    ).exists():
        raise errors.UnknownReason(field="reason")
    position.state = PositionState.FROZEN
    position.save(update_fields=["state"])
    batch = _begin(position, actor, reason, now)
    if batch.left:
        cancelled, kept = 0, 0
    else:
        cancelled, kept = _call_off(batch, position, actor=actor, now=now)
    facts = {"batch": str(batch.id), "cancelled": cancelled, "kept": kept, "reason": reason}
    if batch.left:
        facts["parts"] = batch.left
    subject = Subject("position", position.id)
    note(actor=actor, deed=Deed(Action.POSITION_FROZEN, subject, facts), now=now)
    return Frozen(batch.id, cancelled, kept, in_parts=batch.left > 0)


def _begin(position: Position, actor: Actor, reason: str, now: datetime) -> Batch:
    """Open the batch; a long schedule is handed on in parts, a job each, for no request can wait for it."""
    ids = list(recruiting.interviews_on_schedule(position).order_by("id").values_list("id", flat=True))
    parts = [ids[start : start + PART] for start in range(0, len(ids), PART)] if len(ids) > AT_ONCE else []
    batch = Batch.objects.create(
        company_id=position.company_id,
        position=position,
        reason_code=reason,
        asked_by=actor.id,
        opened_at=now,
        left=len(parts),
    )
    for part in parts:
        defer(
            "cancellations.open_part",
            queue=BULK,
            company_id=str(position.company_id),
            batch_id=str(batch.id),
            interview_ids=[str(i) for i in part],
        )
    return batch


def _call_off(batch: Batch, position: Position, *, actor: Actor, now: datetime) -> tuple[int, int]:
    """Cancel a short schedule here and now, and have the vendors asked for all of it in one job."""
    company = Actor.company_rule(actor.company_id, actor.id)
    opened, kept = [], 0
    # Locked in the order every batch locks them in, so that two can't wait for each other.
    for interview in sorted(recruiting.interviews_on_schedule(position), key=lambda row: row.id):
        ask = Ask(reason=batch.reason_code, channel="freeze", batch_id=batch.id)
        try:
            opened.append(request_cancellation(interview_id=interview.id, actor=company, ask=ask, now=now))
        except errors.CancellationRefused:
            kept += 1
    # One that was called off before is no deed of the batch.
    mine = [c for c in opened if c.batch_id == batch.id]
    batch.cancelled, batch.kept = len(mine), kept
    batch.save(update_fields=["cancelled", "kept"])
    waiting = [c.id for c in mine if c.state == State.PROCESSING]
    if waiting:
        ask_vendor(actor.company_id, waiting)
    return len(mine), kept


def reopen_position(*, position_id: UUID, actor: Actor, now: datetime) -> Position:
    """Open a frozen position again; what was cancelled stays cancelled. Raises PositionNotFrozen."""
    demand(actor, Ability.FREEZE_POSITION)
    position = _lock_position(actor, position_id)
    if position.state != PositionState.FROZEN:
        raise PositionNotFrozen
    position.state = PositionState.OPEN
    position.save(update_fields=["state"])
    note(actor=actor, deed=Deed(Action.POSITION_REOPENED, Subject("position", position.id)), now=now)
    return position


def _lock_position(actor: Actor, position_id: UUID) -> Position:
    position = (
        Position.objects.select_for_update(no_key=True)
        .filter(company_id=actor.company_id, id=position_id)
        .first()
    )
    if position is None:
        raise NotFound
    return position
