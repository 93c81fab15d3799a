"""What follows from the AI interview system's word: completing, waiting, or asking a person.

Each function is one transaction on a locked interview and its cancellation. Whatever arrives late, twice
or out of order finds the state it meets here and does at most what that state allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from raincheck.accounts.abilities import Ability
from raincheck.archive.actions import Departure, MoveFailed, link_late_scores, move_out
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, announce, note
from raincheck.audit.models import Entry
from raincheck.cancellations import errors
from raincheck.cancellations.actions import (
    ask_vendor,
    end_without_cancel,
    lock,
    subject_of,
)
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.core.actor import Actor
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.actions import move_application
from raincheck.recruiting.models import (
    ApplicationState,
    Assessment,
    Interview,
    InterviewState,
    Progress,
)
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind

#: A person is asked if the vendor hasn't agreed this long before the interview.
LAST_WARNING = timedelta(hours=1)
#: How long HR has for a mismatch before the cancellation is completed all the same.
MISMATCH_LIMIT = timedelta(minutes=15)


class Answer(StrEnum):
    """What came of asking the vendor."""

    AGREED = "agreed"
    NOT_NEEDED = "not_needed"
    NEEDS_PERSON = "needs_person"
    UNKNOWN_THERE = "unknown"
    OTHER_TIME = "other_time"
    SUBMITTED = "submitted"
    SILENT = "silent"


@dataclass(frozen=True)
class Score:
    """One dimension's score as the vendor gave it."""

    dimension: str
    score: Decimal
    max_score: Decimal
    partial: bool


@dataclass(frozen=True)
class Word:
    """The vendor's word on one interview: its own status beside ours, and how new it is."""

    status: str
    progress: Progress
    version: int
    said_at: datetime
    cancelled: bool = False
    expired: bool = False
    scores: Sequence[Score] = ()


@dataclass(frozen=True)
class VendorAnswer:
    """The end of one errand. `again_at` is when to ask again after SILENT."""

    cancellation_id: UUID
    answer: Answer
    word: Word | None = None
    detail: str = ""
    again_at: datetime | None = None


@dataclass
class Told:
    """Entries recorded by a batch of settlements, told in one job at the end."""

    entries: list[UUID] = field(default_factory=list)

    def announce(self, company_id: UUID) -> None:
        """Defer the telling, if there is anything to tell."""
        if self.entries:
            announce(company_id=company_id, entry_ids=self.entries)


def settle(*, answers: Sequence[VendorAnswer], actor: Actor, now: datetime) -> None:
    """Bring each answer home; one job then tells everyone of all of them."""
    told = Told()
    for answer in answers:
        _settle_one(answer, actor=actor, told=told, now=now)
    told.announce(actor.company_id)


def _settle_one(answer: VendorAnswer, *, actor: Actor, told: Told, now: datetime) -> None:
    cancellation, interview = lock(actor, answer.cancellation_id, Ability.CANCEL_INTERVIEW)
    waiting = cancellation.state == State.PROCESSING
    late = cancellation.state == State.COMPLETED and cancellation.agreement == Agreement.PENDING
    if not waiting and not late:
        return
    if answer.word is not None:
        _note_word(interview, answer.word)
    if late:
        link_late_scores(interview=interview)
    cancellation.attempts += 1
    cancellation.next_attempt_at = None
    match answer.answer:
        case Answer.AGREED | Answer.NOT_NEEDED:
            agreement = Agreement.AGREED if answer.answer is Answer.AGREED else Agreement.NOT_NEEDED
            _agreed(cancellation, interview, agreement, actor=actor, told=told, now=now)
        case Answer.SUBMITTED if waiting:
            submitted(cancellation, interview, actor=actor, now=now)
        case Answer.SUBMITTED:
            _contradicted(cancellation, interview, actor=actor, now=now)
        case Answer.SILENT:
            _silent(cancellation, interview, answer, actor=actor, told=told, now=now)
        case Answer.NEEDS_PERSON:
            _needs_person(cancellation, interview, answer.detail, actor=actor, told=told, now=now)
        case Answer.UNKNOWN_THERE | Answer.OTHER_TIME:
            _mismatch(cancellation, answer, actor=actor, now=now)


def _agreed(
    cancellation: Cancellation, interview: Interview, agreement: Agreement, *, actor: Actor, told: Told, now: datetime
) -> None:
    cancellation.agreement, cancellation.agreed_at = agreement, now
    cancellation.mismatch = ""
    note(actor=actor, deed=Deed(Action.AGREED, subject_of(cancellation), {"agreement": agreement}), now=now)
    if cancellation.state == State.PROCESSING:
        complete(cancellation, interview, actor=actor, told=told, now=now)
        return
    cancellation.due_at = None
    cancellation.save()
    kinds = [Kind.VENDOR_PENDING, Kind.MISMATCH, Kind.REVOKE_BY_HAND]
    close_for_subject(subject_id=cancellation.id, kinds=kinds, actor=actor, resolution="vendor agreed", now=now)


def complete(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, told: Told, now: datetime
) -> None:
    """Cancel the interview and move its record; a failed check undoes the move whole and asks a person."""
    try:
        with transaction.atomic():
            entry = _complete(cancellation, interview, actor=actor, now=now)
    except MoveFailed as failure:
        _move_failed(cancellation.id, failure, actor=actor, now=now)
        return
    told.entries.append(entry)


def _complete(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> UUID:
    interview.state = InterviewState.CANCELLED
    interview.sequence += 1
    interview.save(update_fields=["state", "sequence"])
    move_application(
        interview.application,
        to=ApplicationState(cancellation.reason.leads_to),
        actor=actor,
        reason=cancellation.reason.code,
        now=now,
    )
    cancellation.state = State.COMPLETED
    cancellation.completed_at = now
    cancellation.due_at = None
    if cancellation.agreement == Agreement.PENDING:
        cancellation.due_at = max(now, interview.key_instant - LAST_WARNING)
    cancellation.save()
    departure = Departure(
        cancellation_id=cancellation.id,
        reason_code=cancellation.reason.code,
        initiator=cancellation.initiator,
        requested_at=cancellation.requested_at,
        note_given=bool(cancellation.note),
    )
    move_out(interview=interview, departure=departure, actor=actor, now=now)
    facts = {"agreement": cancellation.agreement, "reason": cancellation.reason.code, "sequence": interview.sequence}
    return note(actor=actor, deed=Deed(Action.COMPLETED, subject_of(cancellation), facts), now=now).id


def _move_failed(cancellation_id: UUID, failure: MoveFailed, *, actor: Actor, now: datetime) -> None:
    """Leave the cancellation in processing, its clocks stopped, with a task that says which check failed."""
    cancellation = Cancellation.objects.get(id=cancellation_id)
    cancellation.due_at = cancellation.next_attempt_at = None
    cancellation.save(update_fields=["due_at", "next_attempt_at"])
    deed = Deed(Action.MOVE_FAILED, subject_of(cancellation), {"check": failure.check})
    note(actor=actor, deed=deed, now=now)
    _open(Kind.MOVE_FAILED, cancellation, actor=actor, now=now, check=failure.check)


def submitted(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    """The candidate has handed in meanwhile: the request is rejected by the system, nothing is lost."""
    interview.vendor_progress = Progress.SUBMITTED
    interview.save(update_fields=["vendor_progress"])
    end_without_cancel(cancellation, interview, state=State.REJECTED, actor=actor, now=now, why="submitted")


def _contradicted(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    link_late_scores(interview=interview)
    cancellation.agreement = Agreement.CONTRADICTED
    cancellation.due_at = cancellation.next_attempt_at = None
    cancellation.save()
    facts = {"progress": interview.vendor_progress, "word": interview.vendor_word}
    note(actor=actor, deed=Deed(Action.CONTRADICTED, subject_of(cancellation), facts), now=now)
    _open(Kind.CONTRADICTED, cancellation, actor=actor, now=now, progress=interview.vendor_progress)


def _silent(
    cancellation: Cancellation,
    interview: Interview,
    answer: VendorAnswer,
    *,
    actor: Actor,
    told: Told,
    now: datetime,
) -> None:
    """Ask again later; past the limit, go ahead without the vendor and keep asking."""
    again_at = answer.again_at or now + timedelta(seconds=30)
    cancellation.next_attempt_at = again_at
    if cancellation.state == State.PROCESSING and cancellation.due_at and cancellation.due_at <= now:
        go_ahead_without_vendor(cancellation, interview, actor=actor, told=told, now=now)
    else:
        cancellation.save()
        # The acknowledgement can't wait for the vendor; telling twice is harmless.
        told.entries += asked_entries(cancellation)
    ask_vendor(cancellation.company_id, [cancellation.id], at=again_at)


def asked_entries(cancellation: Cancellation) -> list[UUID]:
    """Return the audit entry of the request, as the one to be told."""
    asked = Entry.objects.filter(cancellation_id=cancellation.id, action=Action.REQUESTED)
    return list(asked.values_list("id", flat=True))


def go_ahead_without_vendor(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, told: Told, now: datetime
) -> None:
    """Complete while the vendor is silent; its word stays pending and is asked for until it comes."""
    facts = {"attempts": cancellation.attempts}
    note(actor=actor, deed=Deed(Action.VENDOR_SILENT, subject_of(cancellation), facts), now=now)
    cancellation.agreement = Agreement.PENDING
    complete(cancellation, interview, actor=actor, told=told, now=now)


def _needs_person(
    cancellation: Cancellation, interview: Interview, detail: str, *, actor: Actor, told: Told, now: datetime
) -> None:
    cancellation.agreement = Agreement.PERSON
    cancellation.due_at = None
    note(actor=actor, deed=Deed(Action.NEEDS_PERSON, subject_of(cancellation), {"detail": detail}), now=now)
    if cancellation.state == State.PROCESSING:
        complete(cancellation, interview, actor=actor, told=told, now=now)
    else:
        cancellation.save()
    due = interview.key_instant - LAST_WARNING
    _open(Kind.REVOKE_BY_HAND, cancellation, actor=actor, now=now, due_at=max(due, now), detail=detail)


def _mismatch(cancellation: Cancellation, answer: VendorAnswer, *, actor: Actor, now: datetime) -> None:
    """Stop and ask HR. The clock makes sure that silence doesn't become the answer."""
    cancellation.mismatch = answer.answer
    cancellation.due_at = now + MISMATCH_LIMIT
    if cancellation.state == State.COMPLETED:
        cancellation.agreement, cancellation.due_at = Agreement.PERSON, None
    cancellation.save()
    deed = Deed(Action.MISMATCH, subject_of(cancellation), {"mismatch": answer.answer, "detail": answer.detail})
    note(actor=actor, deed=deed, now=now)
    _open(Kind.MISMATCH, cancellation, actor=actor, now=now, due_at=cancellation.due_at, mismatch=answer.answer)


def complete_anyway(*, cancellation_id: UUID, actor: Actor, now: datetime) -> Cancellation:
    """HR's word on a mismatch or a failed move: cancel all the same. Raises NotFound, NotAllowed, NoMismatch."""
    cancellation, interview = lock(actor, cancellation_id, Ability.REVIEW_CANCELLATION)
    if cancellation.state != State.PROCESSING or (not cancellation.mismatch and cancellation.due_at):
        raise errors.NoMismatch
    finish_mismatch(cancellation, interview, actor=actor, now=now)
    return cancellation


def finish_mismatch(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Complete a locked cancellation whose disagreement is over; the link there needs a person's look."""
    told = Told()
    resolution = f"completed despite {cancellation.mismatch or 'failed move'}"
    if cancellation.mismatch:
        _needs_person(cancellation, interview, cancellation.mismatch, actor=actor, told=told, now=now)
    else:
        complete(cancellation, interview, actor=actor, told=told, now=now)
    if told.entries:
        kinds = [Kind.MISMATCH, Kind.MOVE_FAILED]
        close_for_subject(subject_id=cancellation.id, kinds=kinds, actor=actor, resolution=resolution, now=now)
    told.announce(actor.company_id)


def vendor_said(*, interview_id: UUID, word: Word, actor: Actor, now: datetime) -> bool:
    """Take in news from the vendor; False when it is older than what is known already. Raises NotFound."""
    interview = recruiting.lock_interview(actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    if word.version <= interview.vendor_version:
        return False
    progressed = word.progress != interview.vendor_progress
    _note_word(interview, word)
    cancellation = _open_or_last(interview)
    if cancellation is None or cancellation.state in {State.REJECTED, State.WITHDRAWN}:
        _follow(interview, word, actor=actor, now=now)
    elif cancellation.state == State.COMPLETED:
        _after_completion(cancellation, interview, word, progressed=progressed, actor=actor, now=now)
    else:
        _while_open(cancellation, interview, word, actor=actor, now=now)
    return True


def _open_or_last(interview: Interview) -> Cancellation | None:
    found = Cancellation.objects.filter(interview=interview).select_related("reason")
    return found.select_for_update(of=("self",), no_key=True).order_by("-requested_at").first()


def _follow(interview: Interview, word: Word, *, actor: Actor, now: datetime) -> None:
    """No cancellation is under way: the interview simply is what the vendor says."""
    before = interview.state
    if word.cancelled and interview.state != InterviewState.CANCELLED:
        details = {"mismatch": "cancelled_there"}
        need = Need(Kind.MISMATCH, "interview", interview.id, interview.id, details=details)
        open_task(need=need, actor=actor, now=now)
    elif word.expired:
        interview.state = InterviewState.EXPIRED
    else:
        interview.state = interview.state_as_vendor_said
    interview.save(update_fields=["state"])
    if interview.state == InterviewState.SUBMITTED:
        state = ApplicationState.INTERVIEWED
        move_application(interview.application, to=state, actor=actor, reason="interview_submitted", now=now)
    action = Action.INTERVIEW_SUBMITTED if interview.state == InterviewState.SUBMITTED else Action.VENDOR_PROGRESS
    deed = Deed(action, _interview_subject(interview), {"before": before, "word": word.status})
    note(actor=actor, deed=deed, now=now)


def _while_open(
    cancellation: Cancellation, interview: Interview, word: Word, *, actor: Actor, now: datetime
) -> None:
    if word.progress == Progress.SUBMITTED:
        submitted(cancellation, interview, actor=actor, now=now)
        return
    deed = Deed(Action.VENDOR_PROGRESS, subject_of(cancellation), {"word": word.status, "progress": word.progress})
    note(actor=actor, deed=deed, now=now)
    if word.cancelled and cancellation.state == State.PROCESSING:
        told = Told()
        _agreed(cancellation, interview, Agreement.AGREED, actor=actor, told=told, now=now)
        told.announce(actor.company_id)


def _after_completion(
    cancellation: Cancellation, interview: Interview, word: Word, *, progressed: bool, actor: Actor, now: datetime
) -> None:
    """Agreement that comes late is agreement; a start or a hand-in after the cancel contradicts it."""
    if word.cancelled:
        if cancellation.agreement in {Agreement.PENDING, Agreement.PERSON}:
            _agreed(cancellation, interview, Agreement.AGREED, actor=actor, told=Told(), now=now)
        return
    if progressed and word.progress in {Progress.PARTLY_RECORDED, Progress.SUBMITTED}:
        _contradicted(cancellation, interview, actor=actor, now=now)


def _note_word(interview: Interview, word: Word) -> None:
    """Keep the vendor's word in the interview's row, and its scores beside it."""
    if word.version < interview.vendor_version:
        return
    interview.vendor_word, interview.vendor_version = word.status, word.version
    interview.vendor_progress, interview.vendor_said_at = word.progress, word.said_at
    interview.save(update_fields=["vendor_word", "vendor_version", "vendor_progress", "vendor_said_at"])
    Assessment.objects.bulk_create(
        [
            Assessment(company_id=interview.company_id, interview=interview, scored_at=word.said_at, **vars(score))
            for score in word.scores
        ],
        update_conflicts=True,
        unique_fields=["interview", "dimension"],
        update_fields=["score", "max_score", "partial", "scored_at"],
    )


def _interview_subject(interview: Interview) -> Subject:
    return Subject("interview", interview.id, interview_id=interview.id)


def _open(
    kind: Kind,
    cancellation: Cancellation,
    *,
    actor: Actor,
    now: datetime,
    due_at: datetime | None = None,
    **details: str,
) -> None:
    need = Need(
        kind, "cancellation", cancellation.id, cancellation.interview_id, due_at=due_at, details=dict(details)
    )
    open_task(need=need, actor=actor, now=now)

