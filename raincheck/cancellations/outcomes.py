"""How a cancellation ends: agreed, completed, completed without the vendor, overtaken by a hand-in, contradicted.

Every function works on an interview and a cancellation that the caller has locked, interview first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from raincheck.archive.actions import Departure, MoveFailed, link_late_scores, move_out
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, announce, note
from raincheck.audit.models import Entry
from raincheck.cancellations.actions import end_without_cancel, subject_of
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.core.actor import Actor
from raincheck.recruiting.actions import move_application
from raincheck.recruiting.models import (
    Application,
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


@dataclass(frozen=True)
class Score:
    """One dimension's score as the vendor gave it."""

    dimension: str
    score: Decimal
    max_score: Decimal
    partial: bool


def _at_any_time(starts_at: datetime, ends_at: datetime) -> bool:
    return True


@dataclass(frozen=True)
class Word:
    """The vendor's word on one interview: its own status beside ours, and how new it is."""

    status: str
    progress: Progress
    version: int
    said_at: datetime
    begun: bool = False
    cancelled: bool = False
    expired: bool = False
    #: The candidate may still begin.
    awaited: bool = False
    scores: Sequence[Score] = ()
    #: Whether the vendor has it at these times (start, end), as far as it keeps times at all.
    is_at: Callable[[datetime, datetime], bool] = field(default=_at_any_time, compare=False)
    #: Those times, as ISO 8601 with a stroke between; a person is told of them.
    times: str = field(default="", compare=False)

    @property
    def gone(self) -> bool:
        """Say whether the candidate's link is dead there, for whatever reason."""
        return self.cancelled or self.expired


@dataclass
class Told:
    """Entries recorded by a batch of settlements, told in one job at the end."""

    entries: list[UUID] = field(default_factory=list)

    def announce(self, company_id: UUID) -> None:
        """Defer the telling, if there is anything to tell."""
        if self.entries:
            announce(company_id=company_id, entry_ids=self.entries)


def keep_word(interview: Interview, word: Word) -> None:
    """Keep the vendor's word in the interview's row, and its scores beside it; an older word changes nothing."""
    if word.version < interview.vendor_version:
        return
    interview.vendor_word, interview.vendor_version = word.status, word.version
    interview.vendor_said_at = word.said_at
    if word.progress != Progress.UNKNOWN:
        # A word we can't place takes nothing back that was certain.
        interview.vendor_progress = word.progress
    interview.save(update_fields=["vendor_word", "vendor_version", "vendor_progress", "vendor_said_at"])
    Assessment.objects.bulk_create(
        [
            Assessment(
                company_id=interview.company_id, interview=interview, scored_at=word.said_at, **vars(score)
            )
            for score in word.scores
        ],
        update_conflicts=True,
        unique_fields=["interview", "dimension"],
        update_fields=["score", "max_score", "partial", "scored_at"],
    )


def agreed(
    cancellation: Cancellation,
    interview: Interview,
    agreement: Agreement,
    *,
    actor: Actor,
    told: Told,
    now: datetime,
) -> None:
    """Take in that the vendor agrees or isn't involved: completes what waited for it."""
    cancellation.agreement, cancellation.agreed_at = agreement, now
    cancellation.mismatch, cancellation.next_attempt_at = "", None
    note(actor=actor, deed=Deed(Action.AGREED, subject_of(cancellation), {"agreement": agreement}), now=now)
    kinds = [Kind.VENDOR_PENDING, Kind.MISMATCH, Kind.REVOKE_BY_HAND]
    close_for_subject(
        subject_id=cancellation.id, kinds=kinds, actor=actor, resolution="vendor agreed", now=now
    )
    if cancellation.state == State.PROCESSING:
        complete(cancellation, interview, actor=actor, told=told, now=now)
        return
    cancellation.due_at = None
    cancellation.save()


def go_ahead_without_vendor(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, told: Told, now: datetime
) -> None:
    """Complete while the vendor is silent; its word stays pending and is asked for until it comes."""
    facts = {"attempts": cancellation.attempts}
    note(actor=actor, deed=Deed(Action.VENDOR_SILENT, subject_of(cancellation), facts), now=now)
    cancellation.agreement = Agreement.PENDING
    complete(cancellation, interview, actor=actor, told=told, now=now)


def needs_person(
    cancellation: Cancellation, interview: Interview, detail: str, *, actor: Actor, told: Told, now: datetime
) -> None:
    """Go ahead where the vendor can't: somebody has to revoke the link there by hand."""
    cancellation.agreement = Agreement.PERSON
    cancellation.due_at = cancellation.next_attempt_at = None
    note(actor=actor, deed=Deed(Action.NEEDS_PERSON, subject_of(cancellation), {"detail": detail}), now=now)
    if cancellation.state == State.PROCESSING:
        complete(cancellation, interview, actor=actor, told=told, now=now)
    else:
        cancellation.save()
    due = max(now, interview.key_instant - LAST_WARNING)
    ask_person(Kind.REVOKE_BY_HAND, cancellation, actor=actor, now=now, due_at=due, detail=detail)


def complete(
    cancellation: Cancellation, interview: Interview, *, actor: Actor, told: Told, now: datetime
) -> None:
    """Cancel the interview and move its record; a failed check undoes the move whole and asks a person."""
    try:
        with transaction.atomic():
            entry = _complete(cancellation, interview, actor=actor, now=now)
    except MoveFailed as failure:
        check = failure.check
    except (IntegrityError, DataError) as refusal:
        check = f"database_{type(refusal).__name__}"
    else:
        told.entries.append(entry)
        return
    _move_failed(cancellation, interview, check, actor=actor, now=now)
    told.entries += asked_entries(cancellation)


def _complete(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> UUID:
    interview.state = InterviewState.CANCELLED
    interview.sequence += 1
    interview.save(update_fields=["state", "sequence"])
    lock_application(interview)
    move_application(
        interview.application,
        to=leads_to(cancellation, interview),
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
    _close_what_is_over(cancellation, actor=actor, now=now)
    facts = {
        "agreement": cancellation.agreement,
        "reason": cancellation.reason.code,
        "sequence": interview.sequence,
    }
    return note(actor=actor, deed=Deed(Action.COMPLETED, subject_of(cancellation), facts), now=now).id


def leads_to(cancellation: Cancellation, interview: Interview) -> ApplicationState:
    """Return where the application goes; into the pool only with the candidate's consent."""
    to = ApplicationState(cancellation.reason.leads_to)
    pooled = to == ApplicationState.POOLED and not interview.application.candidate.pool_consent
    return ApplicationState.TO_REBOOK if pooled else to


def _close_what_is_over(cancellation: Cancellation, *, actor: Actor, now: datetime) -> None:
    """Close the tasks that a completed cancellation leaves without an object."""
    of_request = [Kind.MISMATCH, Kind.MOVE_FAILED]
    of_interview = [Kind.MISMATCH, Kind.INVITE_FAILED, Kind.RESCHEDULE_FAILED, Kind.OTHER_TIME_WANTED]
    for subject_id, kinds in ((cancellation.id, of_request), (cancellation.interview_id, of_interview)):
        close_for_subject(subject_id=subject_id, kinds=kinds, actor=actor, resolution="completed", now=now)


def _move_failed(
    cancellation: Cancellation, interview: Interview, check: str, *, actor: Actor, now: datetime
) -> None:
    """Leave the cancellation in processing, its clock stopped, with a task that says which check failed.

    What the vendor said stays known; the move alone is undone.
    """
    interview.refresh_from_db(fields=["state", "sequence"])
    interview.application.refresh_from_db(fields=["state"])
    cancellation.refresh_from_db(fields=["state", "completed_at"])
    cancellation.due_at = None
    cancellation.save()
    note(actor=actor, deed=Deed(Action.MOVE_FAILED, subject_of(cancellation), {"check": check}), now=now)
    ask_person(Kind.MOVE_FAILED, cancellation, actor=actor, now=now, check=check)


def submitted(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Reject by the system, for the candidate has handed in meanwhile; nothing is lost."""
    interview.vendor_progress = Progress.SUBMITTED
    interview.save(update_fields=["vendor_progress"])
    end_without_cancel(cancellation, interview, state=State.REJECTED, actor=actor, now=now, why="submitted")
    handed_in(interview, actor=actor, now=now)


def handed_in(interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Let the application follow an interview that was handed in."""
    lock_application(interview)
    state = ApplicationState.INTERVIEWED
    move_application(interview.application, to=state, actor=actor, reason="interview_submitted", now=now)


def contradicted(cancellation: Cancellation, interview: Interview, *, actor: Actor, now: datetime) -> None:
    """Note that the interview was taken after its cancellation: keep the scores, ask a person."""
    link_late_scores(interview=interview)
    cancellation.agreement = Agreement.CONTRADICTED
    cancellation.due_at = cancellation.next_attempt_at = None
    cancellation.save()
    facts = {"progress": interview.vendor_progress, "word": interview.vendor_word}
    note(actor=actor, deed=Deed(Action.CONTRADICTED, subject_of(cancellation), facts), now=now)
    used_up = interview.vendor_progress == Progress.SUBMITTED
    # Nobody needs the vendor's word any more; nor, once it was used to the end, the link's revocation.
    over = [Kind.VENDOR_PENDING, *([Kind.REVOKE_BY_HAND] if used_up else [])]
    close_for_subject(subject_id=cancellation.id, kinds=over, actor=actor, resolution="contradicted", now=now)
    ask_person(Kind.CONTRADICTED, cancellation, actor=actor, now=now, progress=interview.vendor_progress)


def asked_entries(cancellation: Cancellation) -> list[UUID]:
    """Return the audit entry of the request, as the one to be told."""
    asked = Entry.objects.filter(cancellation_id=cancellation.id, action=Action.REQUESTED)
    return list(asked.values_list("id", flat=True))


def ask_person(
    kind: Kind,
    cancellation: Cancellation,
    *,
    actor: Actor,
    now: datetime,
    due_at: datetime | None = None,
    **details: str,
) -> None:
    """Open a task about a cancellation."""
    need = Need(
        kind, "cancellation", cancellation.id, cancellation.interview_id, due_at=due_at, details=dict(details)
    )
    open_task(need=need, actor=actor, now=now)


def lock_application(interview: Interview) -> None:
    """Lock the application and read its state anew: HR may have moved it since the interview was loaded."""
    locked = Application.objects.select_for_update(no_key=True)
    interview.application.refresh_from_db(fields=["state"], from_queryset=locked)
