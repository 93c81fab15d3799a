"""What happens when nobody decides and nobody answers: the clocks of a cancellation run out.

One column, `due_at`, is whichever clock runs now; one sweep finds those that have ended.
"""

from datetime import datetime
from uuid import UUID

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import is_working_time
from raincheck.audit.catalogue import Action
from raincheck.audit.log import record
from raincheck.cancellations import begun
from raincheck.cancellations.actions import (
    approve_by_rule,
    end_without_cancel,
    lock,
    subject_of,
)
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.outcomes import Told, go_ahead_without_vendor
from raincheck.cancellations.policy import Default, ReviewPlan
from raincheck.cancellations.settling import finish_mismatch
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Interview
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind


def run_clock(*, cancellation_id: UUID, actor: Actor, now: datetime) -> None:
    """Do what the ended clock leads to; nothing if somebody was faster or it still runs."""
    cancellation, interview = lock(actor, cancellation_id, Ability.REVIEW_CANCELLATION)
    if cancellation.due_at is None or cancellation.due_at > now:
        return
    if cancellation.state == State.IN_REVIEW:
        _review_ended(cancellation, interview, actor=actor, now=now)
    elif cancellation.state == State.PROCESSING and begun.unsaid(cancellation, interview):
        told = Told()
        begun.back_to_review(cancellation, interview, actor=actor, told=told, now=now)
        told.announce(cancellation.company_id)
    elif cancellation.state == State.PROCESSING and cancellation.mismatch:
        finish_mismatch(cancellation, interview, actor=actor, now=now)
    elif cancellation.state == State.PROCESSING:
        told = Told()
        go_ahead_without_vendor(cancellation, interview, actor=actor, told=told, now=now)
        told.announce(cancellation.company_id)
    else:
        _vendor_still_pending(cancellation, interview, actor=actor, now=now)


def _review_ended(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    plan = ReviewPlan.from_json(cancellation.review)
    step = _next_step(cancellation, interview, plan, now)
    if step is Default.APPROVE:
        approve_by_rule(cancellation, interview, actor=actor, now=now)
    elif step is Default.REJECT:
        end_without_cancel(cancellation, interview, state=State.REJECTED, actor=actor, now=now, why="rule")
    else:
        _escalate(cancellation, interview, actor=actor, now=now)


def foreseen_step(cancellation: Cancellation, interview: Interview) -> Default | None:
    """Return what the clock that runs now will lead to if nobody decides; None where none is under review."""
    if cancellation.state != State.IN_REVIEW or cancellation.due_at is None:
        return None
    plan = ReviewPlan.from_json(cancellation.review)
    return _next_step(cancellation, interview, plan, cancellation.due_at)


def _next_step(cancellation: Cancellation, interview: Interview, plan: ReviewPlan, now: datetime) -> Default:
    """First clock: what the rule says; where it escalates to a clock that has ended too, the final default."""
    final = cancellation.escalated_at is not None or (cancellation.final_due_at or now) <= now
    step = plan.after_first(working_hours=is_working_time(interview.company, now))
    return plan.finally_ if final and (cancellation.escalated_at or step is Default.ESCALATE) else step


def _escalate(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    cancellation.escalated_at = now
    cancellation.due_at = cancellation.final_due_at
    cancellation.save(update_fields=["escalated_at", "due_at"])
    record(
        actor=actor,
        action=Action.ESCALATED,
        subject=subject_of(cancellation),
        now=now,
        rule=cancellation.rule,
    )
    need = Need(
        Kind.REVIEW_ESCALATED,
        "cancellation",
        cancellation.id,
        interview.id,
        due_at=cancellation.due_at,
        tell=False,
    )
    open_task(need=need, actor=actor, now=now)


def _vendor_still_pending(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime
) -> None:
    """Ask a person, for an hour is left and the vendor hasn't agreed."""
    cancellation.due_at = None
    cancellation.save(update_fields=["due_at"])
    need = Need(
        Kind.VENDOR_PENDING, "cancellation", cancellation.id, interview.id, due_at=interview.key_instant
    )
    open_task(need=need, actor=actor, now=now)
