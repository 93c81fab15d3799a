"""What follows from asking the AI interview system: completing, waiting, or asking a person.

Whatever arrives late, twice or out of order finds the state it meets under the lock, and does at most what
that state allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.db import OperationalError, transaction

from raincheck.accounts.abilities import Ability
from raincheck.archive.actions import link_late_scores
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, note
from raincheck.cancellations import begun, errors
from raincheck.cancellations.actions import ask_vendor, lock, subject_of
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.cancellations.outcomes import (
    LAST_WARNING,
    Told,
    Word,
    agreed,
    ask_person,
    asked_entries,
    complete,
    contradicted,
    go_ahead_without_vendor,
    keep_word,
    needs_person,
    submitted,
)
from raincheck.cancellations.policy import LAST_SAFE, SHORTEST_REVIEW
from raincheck.core.actor import Actor
from raincheck.recruiting.actions import invite
from raincheck.recruiting.models import Interview
from raincheck.worklist.models import Kind

log = structlog.get_logger(__name__)
#: How long HR has for a mismatch before the cancellation is completed all the same.
MISMATCH_LIMIT = timedelta(minutes=15)
#: When an answer that could not be brought home is asked for again.
TRY_AGAIN = timedelta(minutes=5)


class Answer(StrEnum):
    """What came of asking the vendor."""

    AGREED = "agreed"
    NOT_NEEDED = "not_needed"
    NEEDS_PERSON = "needs_person"
    UNKNOWN_THERE = "unknown"
    OTHER_TIME = "other_time"
    SUBMITTED = "submitted"
    BEGUN = "begun"
    SILENT = "silent"


#: Whatever else is known of the interview, after these it is over there.
_CERTAIN = (Answer.AGREED, Answer.SUBMITTED)


@dataclass(frozen=True)
class VendorAnswer:
    """The end of one errand. `again_at` is when to ask again after SILENT; not `asked`: it wasn't even tried."""

    cancellation_id: UUID
    answer: Answer
    word: Word | None = None
    detail: str = ""
    again_at: datetime | None = None
    asked: bool = True


def settle(*, answers: Sequence[VendorAnswer], actor: Actor, now: datetime) -> None:
    """Bring each answer home, one that fails without the others; one job then tells everyone of all."""
    told = Told()
    for answer in answers:
        try:
            with transaction.atomic():
                told.entries += _settle_one(answer, actor=actor, now=now).entries
        except OperationalError:
            # The database's trouble is everybody's: the whole job is tried again.
            raise
        except Exception:
            log.exception("an answer could not be settled", cancellation_id=str(answer.cancellation_id))
            failed = Cancellation.objects.filter(id=answer.cancellation_id)
            failed.update(next_attempt_at=now + TRY_AGAIN)
    told.announce(actor.company_id)


def _settle_one(answer: VendorAnswer, *, actor: Actor, now: datetime) -> Told:
    told = Told()
    cancellation, interview = lock(actor, answer.cancellation_id, Ability.CANCEL_INTERVIEW)
    waiting = cancellation.state == State.PROCESSING
    late = cancellation.state == State.COMPLETED and cancellation.agreement == Agreement.PENDING
    if not waiting and not late:
        return told
    if answer.word is not None:
        keep_word(interview, answer.word)
    if late:
        link_late_scores(interview=interview)
    cancellation.attempts += answer.asked
    cancellation.next_attempt_at = None
    if answer.answer is Answer.BEGUN or (
        waiting and answer.answer not in _CERTAIN and begun.unsaid(cancellation, interview)
    ):
        _begun(cancellation, interview, answer, actor=actor, told=told, now=now)
    else:
        _follow(cancellation, interview, answer, actor=actor, told=told, now=now)
    return told


def _begun(
    cancellation: Cancellation,
    interview: Interview,
    answer: VendorAnswer,
    *,
    actor: Actor,
    told: Told,
    now: datetime,
) -> None:
    """Have a person decide; what was completed while the vendor was silent, it contradicts."""
    if cancellation.though_begun:
        # A person has spoken since the vendor was asked.
        again = replace(answer, again_at=now)
        _silent(cancellation, interview, again, actor=actor, told=told, now=now)
    elif cancellation.state == State.PROCESSING:
        begun.back_to_review(cancellation, interview, actor=actor, told=told, now=now)
    else:
        contradicted(cancellation, interview, actor=actor, now=now)


def _follow(
    cancellation: Cancellation,
    interview: Interview,
    answer: VendorAnswer,
    *,
    actor: Actor,
    told: Told,
    now: datetime,
) -> None:
    """Do what the answer leads to."""
    match answer.answer:
        case Answer.AGREED | Answer.NOT_NEEDED:
            agreement = Agreement.AGREED if answer.answer is Answer.AGREED else Agreement.NOT_NEEDED
            agreed(cancellation, interview, agreement, actor=actor, told=told, now=now)
        case Answer.SUBMITTED if cancellation.state == State.PROCESSING:
            submitted(cancellation, interview, actor=actor, now=now)
        case Answer.SUBMITTED:
            contradicted(cancellation, interview, actor=actor, now=now)
        case Answer.SILENT:
            _silent(cancellation, interview, answer, actor=actor, told=told, now=now)
        case Answer.NEEDS_PERSON:
            needs_person(cancellation, interview, answer.detail, actor=actor, told=told, now=now)
        case Answer.UNKNOWN_THERE | Answer.OTHER_TIME:
            _mismatch(cancellation, interview, answer, actor=actor, told=told, now=now)


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
    processing = cancellation.state == State.PROCESSING
    if processing and cancellation.due_at and cancellation.due_at <= now:
        go_ahead_without_vendor(cancellation, interview, actor=actor, told=told, now=now)
    else:
        cancellation.save()
        # The acknowledgement can't wait for the vendor; telling twice is harmless.
        told.entries += asked_entries(cancellation) if processing else []
    ask_vendor(cancellation.company_id, [cancellation.id], at=again_at)


def _mismatch(
    cancellation: Cancellation,
    interview: Interview,
    answer: VendorAnswer,
    *,
    actor: Actor,
    told: Told,
    now: datetime,
) -> None:
    """Stop and ask HR. The clock makes sure that silence doesn't become the answer."""
    cancellation.mismatch = answer.answer
    # Never so late that the candidate would have to wait for the start itself to know.
    last_safe = max(interview.key_instant - LAST_SAFE, now + SHORTEST_REVIEW)
    cancellation.due_at = min(now + MISMATCH_LIMIT, last_safe)
    if cancellation.state == State.COMPLETED:
        cancellation.agreement, cancellation.due_at = Agreement.PERSON, None
    else:
        # Nor can it wait for HR.
        told.entries += asked_entries(cancellation)
    cancellation.save()
    deed = Deed(
        Action.MISMATCH, subject_of(cancellation), {"mismatch": answer.answer, "detail": answer.detail}
    )
    note(actor=actor, deed=deed, now=now)
    details = {"mismatch": str(answer.answer)}
    if answer.answer is Answer.OTHER_TIME:
        details["there"] = answer.detail
    ask_person(Kind.MISMATCH, cancellation, actor=actor, now=now, due_at=cancellation.due_at, **details)


def complete_anyway(*, cancellation_id: UUID, actor: Actor, now: datetime) -> Cancellation:
    """HR's word on a mismatch or a failed move: cancel all the same. Raises NotFound, NotAllowed, NoMismatch."""
    cancellation, interview = lock(actor, cancellation_id, Ability.REVIEW_CANCELLATION)
    if cancellation.state != State.PROCESSING or (not cancellation.mismatch and cancellation.due_at):
        raise errors.NoMismatch
    if cancellation.decided_at is None:
        # Approved by rule; that it went ahead all the same was this person's word.
        cancellation.decided_at, cancellation.decided_by = now, actor.id
    finish_mismatch(cancellation, interview, actor=actor, now=now)
    return cancellation


def finish_mismatch(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Complete a locked cancellation whose disagreement is over; the link there needs a person's look."""
    told = Told()
    if cancellation.mismatch:
        needs_person(cancellation, interview, cancellation.mismatch, actor=actor, told=told, now=now)
    else:
        complete(cancellation, interview, actor=actor, told=told, now=now)
    told.announce(actor.company_id)


def ask_again(*, cancellation_id: UUID, actor: Actor, now: datetime) -> bool:
    """Have the vendor asked about a completed cancellation it never agreed to; False where there is nothing to ask.

    Raises NotFound, NotAllowed.
    """
    cancellation, interview = lock(actor, cancellation_id, Ability.SETTLE_TASK)
    open_there = cancellation.agreement in {Agreement.PENDING, Agreement.PERSON}
    if cancellation.state != State.COMPLETED or not open_there:
        return False
    cancellation.agreement, cancellation.attempts = Agreement.PENDING, 0
    cancellation.next_attempt_at = now
    cancellation.save(update_fields=["agreement", "attempts", "next_attempt_at"])
    ask_vendor(cancellation.company_id, [cancellation.id])
    if interview.vendor_account_id and not interview.vendor_ref:
        # An invitation that may have been heard there is looked for first; any other stands back.
        invite(interview)
    return True


def invited_after_all(*, interview: Interview, now: datetime) -> None:
    """Have an invitation revoked that came home after its interview was cancelled; `interview` is locked."""
    done = Cancellation.objects.filter(interview=interview, state=State.COMPLETED)
    due_at = max(now, interview.key_instant - LAST_WARNING)
    if done.update(agreement=Agreement.PENDING, next_attempt_at=now, due_at=due_at):
        ask_vendor(interview.company_id, done.values_list("id", flat=True))


def invited_perhaps(*, interview: Interview, detail: str, now: datetime) -> None:
    """Have a person look for an invitation that may exist there; `interview` is cancelled, and locked."""
    done = Cancellation.objects.filter(interview=interview, state=State.COMPLETED)
    unsure = done.filter(agreement__in=[Agreement.PENDING, Agreement.NOT_NEEDED])
    actor = Actor.system(interview.company_id)
    for cancellation in unsure.select_for_update(no_key=True):
        needs_person(cancellation, interview, detail, actor=actor, told=Told(), now=now)
