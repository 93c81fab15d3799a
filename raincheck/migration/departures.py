"""Imported interviews that were cancelled: a completed cancellation and its history record each, as ours have."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from raincheck.archive.actions import Departure, move_out
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, note_all
from raincheck.cancellations.actions import subject_of
from raincheck.cancellations.models import Agreement, Cancellation, Reason, State
from raincheck.cancellations.policy import IMPORTED, Facts, Initiator, Outcome, Progress
from raincheck.core.actor import Actor
from raincheck.migration.rows import Draft
from raincheck.migration.states import Cancelled
from raincheck.recruiting.models import Application, ApplicationState, Interview


def cancel_all(
    pairs: Iterable[tuple[Draft, Interview]],
    *,
    reasons: Mapping[str, Reason],
    moves: Callable[[Application], bool],
    now: datetime,
) -> None:
    """Write what belongs to those of these stored interviews that were cancelled.

    `moves` says whether an application follows. Raises archive.actions.MoveFailed.
    """
    for draft, interview in pairs:
        how = draft.standing.cancelled
        if how is not None:
            _cancel(interview, how, reason=reasons[how.reason], now=now)
            if moves(interview.application):
                _follow(interview.application, reasons[how.reason])


def _cancel(interview: Interview, how: Cancelled, *, reason: Reason, now: datetime) -> None:
    cancellation = Cancellation.objects.create(
        company_id=interview.company_id,
        interview=interview,
        state=State.COMPLETED,
        initiator=how.initiator,
        requested_at=how.at,
        completed_at=how.at,
        channel="import",
        reason=reason,
        note=how.note,
        outcome=Outcome.AUTO,
        rule=IMPORTED,
        policy_version=0,
        facts=_facts(interview, how).as_json(),
        agreement=Agreement.NOT_NEEDED,
    )
    departure = Departure(
        cancellation_id=cancellation.id,
        reason_code=reason.code,
        initiator=how.initiator,
        requested_at=how.at,
        note_given=bool(how.note),
    )
    actor = Actor.system(interview.company_id)
    move_out(interview=interview, departure=departure, actor=actor, now=now)
    note_all(actor=actor, deeds=_deeds(cancellation, interview), now=now)


def _deeds(cancellation: Cancellation, interview: Interview) -> list[Deed]:
    """Return request and completion as the trail has ours: recorded now, for the trail isn't back-dated."""
    asked_at = cancellation.requested_at.isoformat()
    application = interview.application
    facts = {
        "reason": cancellation.reason.code,
        "note_given": bool(cancellation.note),
        "initiator": cancellation.initiator,
        "channel": cancellation.channel,
        "outcome": cancellation.outcome,
        "rule": cancellation.rule,
        "policy_version": cancellation.policy_version,
        "position": str(application.position_id),
        "department": str(application.position.department_id),
        "school": application.candidate.school,
        "source": application.source,
        "asked_at": asked_at,
    }
    subject = subject_of(cancellation)
    ended = {
        "agreement": cancellation.agreement,
        "reason": cancellation.reason.code,
        "sequence": interview.sequence,
    }
    return [Deed(Action.REQUESTED, subject, facts), Deed(Action.COMPLETED, subject, ended)]


def _facts(interview: Interview, how: Cancelled) -> Facts:
    """Return what was the case at the cancellation, as far as the file says."""
    position = interview.application.position
    return Facts(
        initiator=Initiator(how.initiator),
        now=how.at,
        interview_kind=interview.kind,
        interview_state="scheduled",
        starts_at=interview.starts_at,
        ends_at=interview.ends_at,
        progress=Progress.UNKNOWN,
        vendor_said_at=None,
        recent_cancellations=(),
        position_state=position.state,
        department=str(position.department_id),
        vendor=None,
        working_hours=False,
    )


def _follow(application: Application, reason: Reason) -> None:
    """Let the application go where the reason leads; into the pool only with the candidate's consent."""
    to = ApplicationState(reason.leads_to)
    pooled = to == ApplicationState.POOLED and not application.candidate.pool_consent
    application.state = ApplicationState.TO_REBOOK if pooled else to
    application.save(update_fields=["state"])
