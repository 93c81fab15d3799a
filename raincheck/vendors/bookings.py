"""Telling an AI interview system of a new interview, or of a new time."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from raincheck.accounts.identities import Contacts, open_contacts
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations.outcomes import Word
from raincheck.cancellations.settling import invited_after_all, invited_perhaps
from raincheck.core.actor import Actor
from raincheck.core.jobs import defer, job
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import ON_SCHEDULE, Interview, InterviewState
from raincheck.vendors.adapters.base import Adapter, Booking, Held, Line, NeedsPerson, Permanent, Retry, View
from raincheck.vendors.lines import adapter_of, keep_calls, line_to, perhaps_heard, storable, word_of
from raincheck.vendors.models import VendorAccount
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind

ATTEMPTS = 8


@dataclass(frozen=True)
class _Errand:
    """What a call to the vendor needs, no row held."""

    company_id: UUID
    interview_id: UUID
    adapter: Adapter | None
    line: Line
    booking: Booking
    ref: str
    sequence: int
    state: InterviewState
    #: The vendor may have made an invitation that we have no reference of.
    asked: bool


@dataclass(frozen=True)
class _Came:
    """What came of a call: the vendor's view, or why not and whether to try again."""

    asked_at: datetime
    view: View | None = None
    failure: str = ""
    retry_after: float | None = None
    untried: bool = False


@job("vendors.invite", queue="vendors", tells_repeats=True)
def invite(
    *,
    company_id: str,
    interview_id: str,
    starts_at: str,
    ends_at: str,
    attempt: int = 1,
    repeat: bool = False,
) -> None:
    """Have the vendor invite, unless the interview was called off or invited already.

    A repeat runs even then: the first attempt may have reached the vendor and lost its answer, or the life of
    its worker, and what isn't known can't be revoked.
    """
    # A repeat stays one, whatever job goes on with it.
    attempt = max(attempt, 1 + repeat)
    states = (InterviewState.SCHEDULED, InterviewState.CANCELLING, InterviewState.CANCELLED)
    errand = _prepare(UUID(company_id), UUID(interview_id), states)
    if errand is None or errand.ref:
        return
    again = attempt > 1 or errand.asked
    if errand.state != InterviewState.SCHEDULED and not again:
        return
    begins, ends = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
    booking = replace(errand.booking, starts_at=begins, ends_at=ends, again=again)
    key = f"invite-{errand.interview_id}"
    came = _try(errand.line, lambda: _adapter(errand).invite(errand.line, booking, key=key))
    with company_scope(errand.company_id) as now:
        _keep(errand, now, attempt)
        if came.view is not None:
            _store_invitation(errand, came.view, word_of(came.view, came.asked_at), now)
        elif not _again(
            "vendors.invite", errand, came, attempt=attempt, now=now, starts_at=starts_at, ends_at=ends_at
        ):
            _give_up(errand, Kind.INVITE_FAILED, Action.INVITE_FAILED, came, now)


@job("vendors.reschedule", queue="vendors")
def reschedule(
    *, company_id: str, interview_id: str, sequence: int, attempt: int = 1, after: int = 0
) -> None:
    """Have the vendor move the interview, unless a later change overtook this one.

    `after`: the change whose call may have come to the vendor last, though this one is newer.
    """
    # Also once it has begun, for its end moves too; and while a cancellation is open, which may come to nothing.
    errand = _prepare(UUID(company_id), UUID(interview_id), ON_SCHEDULE)
    if errand is None or errand.sequence != sequence:
        return
    came = _try(errand.line, lambda: _move(errand, after))
    with company_scope(errand.company_id) as now:
        _keep(errand, now, attempt)
        if _overtaken(errand):
            return
        if came.view is not None:
            note(actor=_system(errand), deed=Deed(Action.RESCHEDULE_AGREED, _subject(errand)), now=now)
            _mended(errand, Kind.RESCHEDULE_FAILED, now)
        elif not _again(
            "vendors.reschedule", errand, came, attempt=attempt, now=now, sequence=sequence, after=after
        ):
            _give_up(errand, Kind.RESCHEDULE_FAILED, Action.RESCHEDULE_FAILED, came, now)


def _prepare(company_id: UUID, interview_id: UUID, states: Sequence[InterviewState]) -> _Errand | None:
    """Load what a call needs; None where there is no vendor or nothing left to tell it."""
    with company_scope(company_id):
        interview = (
            Interview.objects.select_related("application__candidate__identity", "application__position")
            .filter(id=interview_id, state__in=states)
            .first()
        )
        if interview is None or interview.vendor_account_id is None:
            return None
        account = VendorAccount.objects.get(id=interview.vendor_account_id)
        candidate = interview.application.candidate
        adapter, line = adapter_of(account), line_to(account)
        contacts = open_contacts(candidate.identity) if adapter and adapter.can.needs_contacts else Contacts()
        position_id = str(interview.application.position_id)
        booking = Booking(
            external_id=interview.id,
            kind=interview.kind,
            starts_at=interview.starts_at,
            ends_at=interview.ends_at,
            title=interview.application.position.title,
            candidate_name=candidate.name,
            language=candidate.identity.language,
            email=contacts.email,
            phone=contacts.phone,
            template=account.templates.get(position_id, account.template),
        )
        return _Errand(
            company_id,
            interview.id,
            adapter,
            line,
            booking,
            ref=interview.vendor_ref,
            sequence=interview.sequence,
            state=InterviewState(interview.state),
            asked=not interview.vendor_ref and asked_to_invite(interview.id),
        )


def _overtaken(errand: _Errand) -> bool:
    """Say whether a later change was made while this one was told; then that one is told once more.

    Whose call came to the vendor last nobody knows.
    """
    now_at = Interview.objects.values_list("sequence", flat=True).get(id=errand.interview_id)
    still_there = Interview.objects.filter(id=errand.interview_id, state__in=ON_SCHEDULE).exists()
    if now_at == errand.sequence:
        return False
    if still_there:
        defer(
            "vendors.reschedule",
            queue="vendors",
            company_id=str(errand.company_id),
            interview_id=str(errand.interview_id),
            sequence=now_at,
            after=errand.sequence,
        )
    return True


def asked_to_invite(interview_id: UUID) -> bool:
    """Say whether the vendor may have made an invitation that we have no reference of."""
    return perhaps_heard(interview_id, "invite").exists()


def is_inviting(interview_id: UUID) -> bool:
    """Say whether a job to invite has yet to end well: what it has done already, the ledger may never have heard."""
    jobs = ProcrastinateJob.objects.filter(task_name="vendors.invite", args__interview_id=str(interview_id))
    return jobs.filter(status__in=["todo", "doing", "failed"]).exists()


def _move(errand: _Errand, after: int) -> View:
    if not errand.ref:
        raise Retry("invitation under way", after=2.0)
    return _adapter(errand).reschedule(
        errand.line,
        errand.ref,
        starts_at=errand.booking.starts_at,
        ends_at=errand.booking.ends_at,
        # A key of its own where it is told once more: the answer kept under the first would be all that comes.
        key=f"move-{errand.interview_id}-{errand.sequence}" + (f"-after-{after}" if after else ""),
    )


def _adapter(errand: _Errand) -> Adapter:
    if errand.adapter is None:
        raise NeedsPerson("no adapter is installed for this vendor")
    return errand.adapter


def _try(line: Line, call: Callable[[], View]) -> _Came:
    asked_at = timezone.now()
    try:
        return _Came(asked_at, view=call())
    except Retry as retry:
        untried = isinstance(retry, Held) and not line.calls
        return _Came(asked_at, failure=str(retry), retry_after=retry.after, untried=untried)
    except (NeedsPerson, Permanent) as error:
        return _Came(asked_at, failure=str(error))


def _keep(errand: _Errand, now: datetime, attempt: int) -> None:
    keep_calls(errand.line, errand.company_id, errand.interview_id, None, now, attempt=attempt)


def _again(name: str, errand: _Errand, came: _Came, *, attempt: int, now: datetime, **arguments: Any) -> bool:
    """Defer another attempt after a wait that doubles, with jitter; False when there is none left.

    One that wasn't even tried uses up none, as long as the interview isn't over.
    """
    untried = came.untried and now < errand.booking.ends_at
    if came.retry_after is None or (attempt >= ATTEMPTS and not untried):
        return False
    wait = came.retry_after * (1 if untried else 2 ** (attempt - 1)) * random.uniform(1.0, 1.3)  # noqa: S311
    arguments |= {"company_id": str(errand.company_id), "interview_id": str(errand.interview_id)}
    following = attempt if untried else attempt + 1
    defer(name, queue="vendors", at=now + timedelta(seconds=wait), attempt=following, **arguments)
    return True


def _store_invitation(errand: _Errand, view: View, word: Word, now: datetime) -> None:
    """Keep the vendor's reference. If the interview was called off meanwhile, have that revoked at once."""
    interview = Interview.objects.select_for_update(no_key=True).get(id=errand.interview_id)
    if interview.vendor_ref:
        # Another attempt was faster, and the vendor may have said more since.
        return
    interview.vendor_ref, interview.vendor_link = storable(view.ref, 128), storable(view.link, 500)
    interview.vendor_word, interview.vendor_version = word.status, word.version
    interview.vendor_progress, interview.vendor_said_at = word.progress, word.said_at
    interview.save(
        update_fields=[
            "vendor_ref",
            "vendor_link",
            "vendor_word",
            "vendor_version",
            "vendor_progress",
            "vendor_said_at",
        ]
    )
    note(actor=_system(errand), deed=Deed(Action.INTERVIEW_INVITED, _subject(errand)), now=now)
    _mended(errand, Kind.INVITE_FAILED, now)
    if interview.state == InterviewState.CANCELLED:
        invited_after_all(interview=interview, now=now)


def _give_up(errand: _Errand, kind: Kind, action: Action, came: _Came, now: datetime) -> None:
    """Ask a person; of an interview called off meanwhile only if the vendor may hold a link nobody can revoke."""
    interview = Interview.objects.select_for_update(no_key=True).get(id=errand.interview_id)
    failure = came.failure[:200]
    called_off = interview.state not in ON_SCHEDULE
    if called_off and (kind != Kind.INVITE_FAILED or not asked_to_invite(interview.id)):
        return
    note(actor=_system(errand), deed=Deed(action, _subject(errand), {"failure": failure}), now=now)
    if called_off:
        invited_perhaps(interview=interview, detail=failure, now=now)
        return
    need = Need(kind, "interview", errand.interview_id, errand.interview_id, details={"failure": failure})
    open_task(need=need, actor=_system(errand), now=now)


def _mended(errand: _Errand, kind: Kind, now: datetime) -> None:
    """Close the task that an earlier failure opened."""
    close_for_subject(
        subject_id=errand.interview_id, kinds=[kind], actor=_system(errand), resolution="done", now=now
    )


def _subject(errand: _Errand) -> Subject:
    return Subject("interview", errand.interview_id, interview_id=errand.interview_id)


def _system(errand: _Errand) -> Actor:
    return Actor.system(errand.company_id)
