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
from raincheck.cancellations.models import Cancellation, Reason, State
from raincheck.cancellations.queries import foresee, live_cancellation
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.ids import new_id
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Interview, Position, PositionState


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
    batch_id = new_id()
    company = Actor.company_rule(actor.company_id, actor.id)
    opened, kept = [], 0
    # Locked in the order every batch locks them in, so that two can't wait for each other.
    for interview in sorted(recruiting.interviews_on_schedule(position), key=lambda row: row.id):
        ask = Ask(reason=reason, channel="freeze", batch_id=batch_id)
        try:
            opened.append(request_cancellation(interview_id=interview.id, actor=company, ask=ask, now=now))
        except errors.CancellationRefused:
            kept += 1
    facts = {"batch": str(batch_id), "cancelled": len(opened), "kept": kept, "reason": reason}
    subject = Subject("position", position.id)
    note(actor=actor, deed=Deed(Action.POSITION_FROZEN, subject, facts), now=now)
    _ask_for_all(actor.company_id, [c for c in opened if c.batch_id == batch_id])
    return Frozen(batch_id, len(opened), kept)


def _ask_for_all(company_id: UUID, opened: list[Cancellation]) -> None:
    mine = [c.id for c in opened if c.state == State.PROCESSING]
    if mine:
        ask_vendor(company_id, mine)


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
