"""What follows when the AI interview system speaks first: news of an interview, whatever state it meets."""

from datetime import datetime
from uuid import UUID

from raincheck.accounts.abilities import Ability
from raincheck.archive.actions import link_late_scores
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations.actions import subject_of
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.cancellations.outcomes import (
    Told,
    Word,
    agreed,
    contradicted,
    handed_in,
    keep_word,
    submitted,
)
from raincheck.core.actor import Actor
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Interview, InterviewState, Progress
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind


def vendor_said(*, interview_id: UUID, word: Word, actor: Actor, now: datetime) -> bool:
    """Take in news from the vendor; False when it is older than what is known already. Raises NotFound."""
    interview = recruiting.lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    if word.version <= interview.vendor_version:
        return False
    news = (word.status, word.progress) != (interview.vendor_word, interview.vendor_progress)
    keep_word(interview, word)
    cancellation = _open_or_last(interview)
    if cancellation is None or cancellation.state in {State.REJECTED, State.WITHDRAWN}:
        _follow(interview, word, actor=actor, now=now)
    elif cancellation.state == State.COMPLETED:
        _after_completion(cancellation, interview, word, news=news, actor=actor, now=now)
    else:
        _while_open(cancellation, interview, word, actor=actor, now=now)
    return True


def _open_or_last(interview: Interview) -> Cancellation | None:
    found = Cancellation.objects.filter(interview=interview).select_related("reason")
    return found.select_for_update(of=("self",), no_key=True).order_by("-requested_at", "-id").first()


def _follow(interview: Interview, word: Word, *, actor: Actor, now: datetime) -> None:
    """Let the interview be what the vendor says, for no cancellation is under way."""
    before = interview.state
    if word.cancelled:
        _cancelled_there(interview, actor=actor, now=now)
    elif interview.state != InterviewState.SUBMITTED:
        interview.state = InterviewState.EXPIRED if word.expired else interview.state_as_vendor_said
    interview.save(update_fields=["state"])
    handed = interview.state == InterviewState.SUBMITTED
    if handed:
        handed_in(interview, actor=actor, now=now)
    action = Action.INTERVIEW_SUBMITTED if handed else Action.VENDOR_PROGRESS
    subject = Subject("interview", interview.id, interview_id=interview.id)
    note(actor=actor, deed=Deed(action, subject, {"before": before, "word": word.status}), now=now)


def _while_open(
    cancellation: Cancellation, interview: Interview, word: Word, *, actor: Actor, now: datetime
) -> None:
    """End the request on a hand-in, take a dead link for agreement; of all else the reviewer hears."""
    if word.progress == Progress.SUBMITTED and not word.gone:
        submitted(cancellation, interview, actor=actor, now=now)
        return
    facts = {"word": word.status, "progress": word.progress}
    note(actor=actor, deed=Deed(Action.VENDOR_PROGRESS, subject_of(cancellation), facts), now=now)
    if word.gone and cancellation.state == State.PROCESSING:
        told = Told()
        agreed(cancellation, interview, Agreement.AGREED, actor=actor, told=told, now=now)
        told.announce(actor.company_id)
    elif word.cancelled:
        _cancelled_there(interview, actor=actor, now=now)


def _after_completion(
    cancellation: Cancellation,
    interview: Interview,
    word: Word,
    *,
    news: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Take late agreement for agreement, and a start or a hand-in for a contradiction."""
    link_late_scores(interview=interview)
    if word.gone:
        if cancellation.agreement in {Agreement.PENDING, Agreement.PERSON}:
            agreed(cancellation, interview, Agreement.AGREED, actor=actor, told=Told(), now=now)
        return
    taken = word.begun or word.progress in {Progress.PARTLY_RECORDED, Progress.SUBMITTED}
    if news and taken:
        contradicted(cancellation, interview, actor=actor, now=now)


def _cancelled_there(interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Tell HR that the vendor called off what stands here: the candidate's link is dead."""
    details = {"mismatch": "cancelled_there"}
    need = Need(Kind.MISMATCH, "interview", interview.id, interview.id, details=details)
    open_task(need=need, actor=actor, now=now)
