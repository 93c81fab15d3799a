"""Undoing is booking anew: a revoked link can't be revived, so a new, linked interview is made."""

from datetime import datetime, timedelta
from uuid import UUID

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations import errors
from raincheck.cancellations.actions import lock
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.recruiting.actions import Booking, Times, lock_application, move_application, schedule
from raincheck.recruiting.models import ApplicationState, Assessment, Interview, Interviewer, InterviewState
from raincheck.recruiting.queries import panel_of
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind

GRACE = timedelta(hours=24)


def rebook(*, cancellation_id: UUID, times: Times, actor: Actor, now: datetime) -> Interview:
    """Book a new interview in place of a cancelled one, for the same people. Raises NotRestorable and schedule's.

    Interviewers who have left since stay behind: what was cancelled was handed to nobody.
    """
    cancellation, interview = lock(actor, cancellation_id, Ability.SCHEDULE_INTERVIEW)
    taken = Interview.objects.filter(previous_id=interview.id).exists()
    if cancellation.state != State.COMPLETED or taken:
        raise errors.NotRestorable
    booking = Booking(
        application_id=interview.application_id,
        times=times,
        interviewer_ids=tuple(panel_of(interview, here=True).values_list("staff_id", flat=True)),
        vendor_account_id=interview.vendor_account_id,
        previous_id=interview.id,
    )
    _come_back(interview, actor=actor, now=now)
    new = schedule(booking=booking, actor=actor, now=now)
    subject = Subject("cancellation", cancellation.id, interview.id, cancellation.id)
    note(actor=actor, deed=Deed(Action.RESTORED, subject, {"new_interview": str(new.id)}), now=now)
    return new


def accept_contradicted(*, cancellation_id: UUID, actor: Actor, now: datetime) -> Interview:
    """Take what was recorded after the cancellation as a new, linked interview; the cancelled one stays as it is.

    The vendor's reference moves to the new one, which from then on follows what the vendor says. Raises NotFound,
    NotAllowed, NotContradicted.
    """
    cancellation, interview = lock(actor, cancellation_id, Ability.SCHEDULE_INTERVIEW)
    taken = Interview.objects.filter(previous_id=interview.id).exists()
    if cancellation.agreement != Agreement.CONTRADICTED or taken:
        raise errors.NotContradicted
    new = _continued(interview)
    _come_back(interview, actor=actor, now=now)
    for state in (ApplicationState.INTERVIEWING, ApplicationState.INTERVIEWED):
        if state == ApplicationState.INTERVIEWING or new.state == InterviewState.SUBMITTED:
            move_application(
                interview.application, to=state, actor=actor, reason="contradicted_accepted", now=now
            )
    subject = Subject("cancellation", cancellation.id, interview.id, cancellation.id)
    facts = {"new_interview": str(new.id), "accepted": True}
    note(actor=actor, deed=Deed(Action.RESTORED, subject, facts), now=now)
    # The link that somebody was to revoke is the new interview's now.
    kinds = [Kind.CONTRADICTED, Kind.REVOKE_BY_HAND]
    close_for_subject(subject_id=cancellation.id, kinds=kinds, actor=actor, resolution="accepted", now=now)
    return new


def _continued(interview: Interview) -> Interview:
    """Copy a cancelled interview with its people and scores; the vendor's reference is unique, so it moves."""
    panel = list(interview.interviewers.all())
    scores = list(interview.assessments.all())
    values = {field.attname: getattr(interview, field.attname) for field in interview._meta.local_fields}
    Interview.objects.filter(id=interview.id).update(vendor_ref="", vendor_link="")
    new = Interview(**{**values, "id": new_id(), "previous_id": interview.id, "sequence": 0})
    new.state = new.state_as_vendor_said
    new.save(force_insert=True)
    for interviewer in panel:
        interviewer.id, interviewer.interview = new_id(), new
    for score in scores:
        score.id, score.interview = new_id(), new
    Interviewer.objects.bulk_create(panel)
    Assessment.objects.bulk_create(scores)
    return new


def _come_back(interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Take an application back that the cancellation had withdrawn; its position is locked before it."""
    interview.application = lock_application(actor, interview.application_id)
    if interview.application.state == ApplicationState.WITHDRAWN:
        to = ApplicationState.APPLIED
        move_application(interview.application, to=to, actor=actor, reason="rebooked", now=now)


def restore(*, cancellation_id: UUID, actor: Actor, now: datetime) -> Interview:
    """Undo within the grace time: the same times, a new invitation. Raises NotRestorable and schedule's."""
    cancellation, interview = lock(actor, cancellation_id, Ability.SCHEDULE_INTERVIEW)
    if not is_restorable(cancellation, interview, now):
        raise errors.NotRestorable
    times = Times(interview.kind, interview.starts_at, interview.ends_at, interview.precision)
    return rebook(cancellation_id=cancellation_id, times=times, actor=actor, now=now)


def is_restorable(cancellation: Cancellation, interview: Interview, now: datetime) -> bool:
    """Say whether the grace time still runs and the interview still lies ahead."""
    fresh = cancellation.completed_at is not None and now - cancellation.completed_at <= GRACE
    return fresh and interview.key_instant > now
