"""What follows when the AI interview system speaks first: news of an interview, whatever state it meets.

docs/reference/conflicts.md is the whole table of it: our state, the vendor's, what happens, who wins, who is told.
"""

from datetime import datetime
from uuid import UUID

from raincheck.accounts.abilities import Ability
from raincheck.archive.actions import link_late_scores
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations import begun
from raincheck.cancellations.actions import subject_of
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.cancellations.outcomes import (
    Told,
    Word,
    agreed,
    contradicted,
    handed_in,
    keep_word,
    needs_person,
    submitted,
)
from raincheck.cancellations.queries import is_moving
from raincheck.core.actor import Actor
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Assessment, Interview, InterviewState, Progress
from raincheck.worklist.actions import Need, close, open_task
from raincheck.worklist.models import Kind, Task
from raincheck.worklist.models import State as TaskState

#: Of an interview that lapsed here only the candidate's own doing is news.
_LAPSED = (InterviewState.NO_SHOW, InterviewState.EXPIRED)


def vendor_said(*, interview_id: UUID, word: Word, actor: Actor, now: datetime) -> bool:
    """Take in news from the vendor; False where it changes nothing. Raises NotFound."""
    interview = recruiting.lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    if word.version <= interview.vendor_version:
        _still_so(interview, word)
        return False
    news = (word.status, word.progress) != (interview.vendor_word, interview.vendor_progress)
    scored = _scored(interview, word)
    keep_word(interview, word)
    cancellation = _open_or_last(interview)
    if cancellation is None or cancellation.state in {State.REJECTED, State.WITHDRAWN}:
        return _follow(interview, word, news=news or scored, actor=actor, now=now)
    if cancellation.state == State.COMPLETED:
        _after_completion(cancellation, interview, word, news=news, actor=actor, now=now)
    else:
        _while_open(cancellation, interview, word, news=news or scored, actor=actor, now=now)
    return news or scored


def vendor_lost(*, interview_id: UUID, actor: Actor, now: datetime) -> None:
    """Take in that the vendor, asked for news, doesn't know the interview: of one that stands, HR is told.

    One that is being cancelled has an errand of its own, which finds out. Raises NotFound.
    """
    interview = recruiting.lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    if interview.state in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}:
        _differs(interview, "unknown", actor=actor, now=now)


def _still_so(interview: Interview, word: Word) -> None:
    """Note that what is known was so later, too: how fresh a word is, rules and people look at."""
    said_at = interview.vendor_said_at
    if word.version == interview.vendor_version and (said_at is None or said_at < word.said_at):
        interview.vendor_said_at = word.said_at
        interview.save(update_fields=["vendor_said_at"])


def _scored(interview: Interview, word: Word) -> bool:
    """Say whether the word brings a score that isn't here yet."""
    if not word.scores:
        return False
    kept = Assessment.objects.filter(interview=interview)
    known = set(kept.values_list("dimension", "score", "max_score", "partial"))
    return any((s.dimension, s.score, s.max_score, s.partial) not in known for s in word.scores)


def _open_or_last(interview: Interview) -> Cancellation | None:
    found = Cancellation.objects.filter(interview=interview).select_related("reason")
    return found.select_for_update(of=("self",), no_key=True).order_by("-requested_at", "-id").first()


def _follow(interview: Interview, word: Word, *, news: bool, actor: Actor, now: datetime) -> bool:
    """Let the interview be what the vendor says, for no cancellation is under way; False if it is so already."""
    before = interview.state
    interview.state = _as_said(interview, word)
    interview.save(update_fields=["state"])
    changed = interview.state != before
    handed = changed and interview.state == InterviewState.SUBMITTED
    if handed:
        handed_in(interview, actor=actor, now=now)
    mismatch = _difference(interview, word)
    there = word.times if mismatch == "other_time" else ""
    _differs(interview, mismatch, actor=actor, now=now, there=there)
    if changed or news:
        action = Action.INTERVIEW_SUBMITTED if handed else Action.VENDOR_PROGRESS
        subject = Subject("interview", interview.id, interview_id=interview.id)
        note(actor=actor, deed=Deed(action, subject, {"before": before, "word": word.status}), now=now)
    return changed or news


def _as_said(interview: Interview, word: Word) -> str:
    """Return the state that follows from the word: what was handed in stays so, a called-off link is HR's to judge."""
    if interview.state == InterviewState.SUBMITTED or word.cancelled:
        return interview.state
    taken = word.progress in {Progress.PARTLY_RECORDED, Progress.SUBMITTED}
    if interview.state in _LAPSED and not taken:
        return interview.state
    return InterviewState.EXPIRED if word.expired else interview.state_as_vendor_said


def _difference(interview: Interview, word: Word) -> str:
    """Name what our record and the vendor's don't agree in, of an interview that stands here; `""` for nothing."""
    if interview.state not in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}:
        return ""
    if word.cancelled:
        return "cancelled_there"
    elsewhen = interview.state == InterviewState.SCHEDULED and not word.is_at(
        interview.starts_at, interview.ends_at
    )
    return "other_time" if elsewhen and not is_moving(interview.id) else ""


def _differs(interview: Interview, mismatch: str, *, actor: Actor, now: datetime, there: str = "") -> None:
    """Have HR told of a difference, and take back what they were told of one that is none any more.

    `there`: start and end at the vendor, where that is the difference.
    """
    details = {"mismatch": mismatch} | ({"there": there} if there else {})
    told = Task.objects.select_for_update(no_key=True).filter(
        company_id=interview.company_id, kind=Kind.MISMATCH, subject_id=interview.id, state=TaskState.OPEN
    )
    for task in told:
        if task.details != details:
            close(task=task, actor=actor, resolution=mismatch or "vendor agrees", now=now)
    if mismatch:
        need = Need(Kind.MISMATCH, "interview", interview.id, interview.id, details=details)
        open_task(need=need, actor=actor, now=now)


def _while_open(
    cancellation: Cancellation,
    interview: Interview,
    word: Word,
    *,
    news: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """End the request on a hand-in, take a dead link for agreement, have a person decide on what has begun."""
    if word.progress == Progress.SUBMITTED and not word.gone:
        submitted(cancellation, interview, actor=actor, now=now)
        return
    if news:
        facts = {"word": word.status, "progress": word.progress}
        note(actor=actor, deed=Deed(Action.VENDOR_PROGRESS, subject_of(cancellation), facts), now=now)
    told = Told()
    if word.gone and cancellation.state == State.PROCESSING:
        agreed(cancellation, interview, Agreement.AGREED, actor=actor, told=told, now=now)
    elif word.cancelled:
        _differs(interview, "cancelled_there", actor=actor, now=now)
    elif begun.unsaid(cancellation, interview) and cancellation.state == State.PROCESSING:
        begun.back_to_review(cancellation, interview, actor=actor, told=told, now=now)
    elif interview.begun and cancellation.state == State.IN_REVIEW:
        begun.never_by_silence(cancellation)
    told.announce(cancellation.company_id)


def _since(cancellation: Cancellation, word: Word) -> bool:
    """Say whether a word is from after the agreement: one that was asked for meanwhile may still be of before."""
    return cancellation.agreed_at is not None and word.said_at > cancellation.agreed_at


def _after_completion(
    cancellation: Cancellation,
    interview: Interview,
    word: Word,
    *,
    news: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Take late agreement for agreement, and a start or a hand-in for a contradiction.

    An interview that had agreed and is open there again is a person's to close: the vendor has broken its word.
    """
    link_late_scores(interview=interview)
    if word.gone:
        if cancellation.agreement in {Agreement.PENDING, Agreement.PERSON}:
            agreed(cancellation, interview, Agreement.AGREED, actor=actor, told=Told(), now=now)
        return
    taken = word.progress in {Progress.PARTLY_RECORDED, Progress.SUBMITTED}
    if news and taken:
        contradicted(cancellation, interview, actor=actor, now=now)
    elif word.awaited and cancellation.agreement == Agreement.AGREED and _since(cancellation, word):
        needs_person(cancellation, interview, "alive_there", actor=actor, told=Told(), now=now)
