"""Every write of the recruiting room: schedule, reschedule, and where an application stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, record
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotFound, TextTooLong
from raincheck.core.jobs import defer
from raincheck.recruiting import queries
from raincheck.recruiting.models import (
    ON_SCHEDULE,
    Application,
    ApplicationState,
    Candidate,
    Interview,
    Interviewer,
    InterviewKind,
    InterviewState,
    Position,
    PositionState,
)
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind

#: The reason code of what a person changed for reasons of their own.
BY_HAND = "by_hand"
LONGEST_SLOT = timedelta(hours=24)
FARTHEST = timedelta(days=3650)
_S = ApplicationState
#: From where to where an application may go; what isn't listed is refused.
APPLICATION_MOVES: dict[str, frozenset[ApplicationState]] = {
    _S.APPLIED: frozenset({_S.INTERVIEWING, _S.DECLINED, _S.WITHDRAWN, _S.POOLED}),
    _S.INTERVIEWING: frozenset({_S.INTERVIEWED, _S.TO_REBOOK, _S.DECLINED, _S.WITHDRAWN, _S.POOLED}),
    _S.INTERVIEWED: frozenset({_S.OFFERED, _S.DECLINED, _S.WITHDRAWN, _S.POOLED, _S.INTERVIEWING}),
    _S.TO_REBOOK: frozenset({_S.INTERVIEWING, _S.DECLINED, _S.WITHDRAWN, _S.POOLED}),
    _S.POOLED: frozenset({_S.INTERVIEWING, _S.APPLIED, _S.DECLINED, _S.WITHDRAWN}),
    _S.OFFERED: frozenset({_S.WITHDRAWN}),
    _S.DECLINED: frozenset({_S.APPLIED, _S.POOLED}),
    _S.WITHDRAWN: frozenset({_S.APPLIED}),
}


#: Where an application goes when nothing of it is expected any more.
CLOSING = frozenset({_S.DECLINED, _S.WITHDRAWN, _S.POOLED})


class BadTimes(Invalid):
    """The end isn't after the start, or the start lies in the past."""

    code = "bad_times"
    message = _("面试时间不正确")
    advice = _("开始时间须晚于现在，结束时间须晚于开始时间；固定时段不超过24小时，最远可约十年内")


class SlotTaken(Conflict):
    """An interviewer or the candidate is busy then."""

    code = "slot_taken"
    message = _("该时间段已被占用")
    advice = _("请选择其他时间，或更换面试官")


class PositionNotOpen(Conflict):
    """The position is frozen or closed."""

    code = "position_not_open"
    message = _("该岗位未开放，不能安排面试")
    advice = _("请先重新开放该岗位")


class CandidateErased(Conflict):
    """Their data were erased: nobody is there to be invited."""

    code = "candidate_erased"
    message = _("该候选人的个人信息已删除，不能再安排面试")
    advice = _("如其再次投递，请以新的候选人安排")


class NotReschedulable(Conflict):
    """Only an interview that is scheduled and not begun can be moved."""

    code = "not_reschedulable"
    message = _("该面试当前不能改期")
    advice = _("进行中、已提交或已取消的面试不能改期；如需重新安排，请新建面试")


class MoveForbidden(Conflict):
    """The application can't go there from where it stands."""

    code = "application_move_forbidden"
    message = _("投递状态不能这样变更")


class InterviewStanding(Conflict):
    """An interview of this application is still on the schedule."""

    code = "interview_standing"
    message = _("该投递仍有未结束的面试")
    advice = _("请先取消或完成该面试，再变更投递状态")


class ConsentMissing(Conflict):
    """The candidate hasn't agreed to be kept in the talent pool."""

    code = "pool_consent_missing"
    message = _("候选人未授权存入人才库")
    advice = _("候选人可在自助页面授权；也可选择其他状态")


class ReasonMissing(Invalid):
    """A change of state needs its reason."""

    code = "reason_missing"
    message = _("请填写原因")


@dataclass(frozen=True)
class Times:
    """When: a slot's start and end, or a window's opening and deadline; aware instants."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    precision: str = "minute"


@dataclass(frozen=True)
class Booking:
    """An interview to be scheduled."""

    application_id: UUID
    times: Times
    interviewer_ids: Sequence[UUID] = ()
    vendor_account_id: UUID | None = None
    previous_id: UUID | None = None


def schedule(*, booking: Booking, actor: Actor, now: datetime) -> Interview:
    """Book an interview, have the vendor invite, and tell everyone.

    Raises NotAllowed, NotFound, PositionNotOpen, BadTimes, CandidateErased, SlotTaken, MoveForbidden.
    """
    demand(actor, Ability.SCHEDULE_INTERVIEW)
    application = lock_application(actor, booking.application_id)
    if application.position.state != PositionState.OPEN:
        raise PositionNotOpen
    _check_times(booking.times, now)
    # Their identity is read once the lock is held: an erasure that came first is seen.
    if _lock_candidate(application).identity.data_key is None:
        raise CandidateErased
    panel = _lock_panel(actor, booking.interviewer_ids)
    _check_free(booking.times, panel=panel, application=application, ignore=None)
    interview = Interview.objects.create(
        company_id=actor.company_id,
        application=application,
        vendor_account_id=booking.vendor_account_id,
        previous_id=booking.previous_id,
        **vars(booking.times),
    )
    Interviewer.objects.bulk_create(
        Interviewer(company_id=actor.company_id, interview=interview, staff=staff) for staff in panel
    )
    if application.state != ApplicationState.INTERVIEWING:
        _move(
            application, to=ApplicationState.INTERVIEWING, actor=actor, reason="interview_scheduled", now=now
        )
    _record(interview, Action.INTERVIEW_SCHEDULED, actor=actor, now=now, rebook_of=booking.previous_id)
    if interview.vendor_account_id:
        invite(interview)
    return interview


def lock_application(actor: Actor, application_id: UUID) -> Application:
    """Lock an application and, before it, its position, so that a freeze meanwhile is seen. Raises NotFound."""
    mine = Application.objects.filter(company_id=actor.company_id, id=application_id)
    positions = Position.objects.select_for_update(no_key=True).filter(id__in=mine.values("position_id"))
    if positions.first() is None:
        raise NotFound
    return mine.select_for_update(of=("self",), no_key=True).select_related("position").get()


def invite(interview: Interview) -> None:
    """Defer the vendor's invitation. By name: the vendors' room lies above this one.

    Its times go with it: the vendor takes one body a key, so a new time follows as a move of its own.
    """
    defer(
        "vendors.invite",
        queue="vendors",
        company_id=str(interview.company_id),
        interview_id=str(interview.id),
        starts_at=interview.starts_at.isoformat(),
        ends_at=interview.ends_at.isoformat(),
    )


def reschedule(*, interview_id: UUID, times: Times, actor: Actor, now: datetime) -> Interview:
    """Move an interview that hasn't begun; the vendor, interviewers and department are told.

    Raises NotAllowed, NotFound, NotReschedulable, BadTimes, SlotTaken.
    """
    interview = queries.lock_interview(actor, interview_id, ability=Ability.SCHEDULE_INTERVIEW)
    if interview.state != InterviewState.SCHEDULED:
        raise NotReschedulable
    _check_times(times, now)
    _lock_candidate(interview.application)
    panel = _lock_panel(actor, interview.interviewers.values_list("staff_id", flat=True))
    _check_free(times, panel=panel, application=interview.application, ignore=interview.id)
    kind_before, before = interview.kind, (interview.starts_at, interview.ends_at)
    interview.kind, interview.precision = times.kind, times.precision
    interview.starts_at, interview.ends_at = times.starts_at, times.ends_at
    interview.sequence += 1
    interview.save(update_fields=["kind", "precision", "starts_at", "ends_at", "sequence"])
    _record(
        interview,
        Action.INTERVIEW_RESCHEDULED,
        actor=actor,
        now=now,
        kind_before=kind_before,
        starts_before=before[0].isoformat(),
        ends_before=before[1].isoformat(),
    )
    close_for_subject(
        subject_id=interview.id,
        kinds=[Kind.OTHER_TIME_WANTED],
        actor=actor,
        resolution="rescheduled",
        now=now,
    )
    if interview.vendor_account_id and _had_given_up(interview, actor=actor, now=now):
        invite(interview)
    elif interview.vendor_account_id:
        defer(
            "vendors.reschedule",
            queue="vendors",
            company_id=str(actor.company_id),
            interview_id=str(interview.id),
            sequence=interview.sequence,
        )
    return interview


def _had_given_up(interview: Interview, *, actor: Actor, now: datetime) -> bool:
    """Close the task of an invitation that failed for good, if there is one: the new time invites anew."""
    closed = close_for_subject(
        subject_id=interview.id, kinds=[Kind.INVITE_FAILED], actor=actor, resolution="invited anew", now=now
    )
    return closed > 0


def change_application(
    *, application_id: UUID, to: str, actor: Actor, reason: str, now: datetime
) -> Application:
    """Move an application to another state.

    The reason is free text, so it stays with the application: the audit trail, which nothing can be erased
    from, only says that a person gave one. Raises NotAllowed, NotFound, ReasonMissing, TextTooLong, MoveForbidden.
    """
    demand(actor, Ability.CHANGE_APPLICATION)
    note = TextTooLong.check(reason, field="reason")
    if not note:
        raise ReasonMissing(field="reason")
    application = (
        Application.objects.select_for_update(no_key=True)
        .filter(company_id=actor.company_id, id=application_id)
        .first()
    )
    if application is None:
        raise NotFound
    _check_closing(application, to)
    application.state_note = note
    _move(application, to=to, actor=actor, reason=BY_HAND, now=now)
    return application


def _check_closing(application: Application, to: str) -> None:
    """Refuse to close an application over a standing interview, and to pool somebody who hasn't agreed."""
    standing = application.interviews.filter(state__in=[InterviewState.SCHEDULED, InterviewState.IN_PROGRESS])
    if to in CLOSING and standing.exists():
        raise InterviewStanding
    if to == ApplicationState.POOLED and not application.candidate.pool_consent:
        raise ConsentMissing


def _move(application: Application, *, to: str, actor: Actor, reason: str, now: datetime) -> None:
    if to not in APPLICATION_MOVES[application.state]:
        raise MoveForbidden(detail=f"{application.state} → {to}")
    before, application.state = application.state, to
    application.save(update_fields=["state", "state_note"])
    subject = Subject("application", application.id)
    record(
        actor=actor,
        action=Action.APPLICATION_CHANGED,
        subject=subject,
        now=now,
        before=before,
        after=to,
        reason=reason,
    )


def move_application(
    application: Application, *, to: ApplicationState, actor: Actor, reason: str, now: datetime
) -> None:
    """Move a locked application as part of a larger deed, where the way is open; else leave it."""
    if to in APPLICATION_MOVES[application.state]:
        _move(application, to=to, actor=actor, reason=reason, now=now)


def move_applications(
    ways: Sequence[tuple[Application, ApplicationState]], *, actor: Actor, reason: str, now: datetime
) -> list[Deed]:
    """Move many locked applications at once, where the way is open; returns what is to be recorded of it."""
    moved = [(row, row.state, to) for row, to in ways if to in APPLICATION_MOVES[row.state]]
    deeds = []
    for application, before, to in moved:
        application.state = to
        facts = {"before": before, "after": to, "reason": reason}
        deeds.append(Deed(Action.APPLICATION_CHANGED, Subject("application", application.id), facts))
    for state in {goes for row, before, goes in moved}:
        ids = [row.id for row, before, goes in moved if goes == state]
        Application.objects.filter(id__in=ids).update(state=state)
    return deeds


def _check_times(times: Times, now: datetime) -> None:
    key_instant = times.starts_at if times.kind == InterviewKind.SLOT else times.ends_at
    too_long = times.kind == InterviewKind.SLOT and times.ends_at - times.starts_at > LONGEST_SLOT
    too_far = times.ends_at - now > FARTHEST
    if times.ends_at <= times.starts_at or key_instant <= now or too_long or too_far:
        raise BadTimes(field="starts_at")


def _lock_candidate(application: Application) -> Candidate:
    """Keep two bookings of one candidate, or a booking and their erasure, from missing each other."""
    return Candidate.objects.select_for_update(no_key=True).get(id=application.candidate_id)


def _lock_panel(actor: Actor, staff_ids: Iterable[UUID]) -> list[Staff]:
    """Lock the interviewers' rows in id order, so that two bookings can't take one slot of theirs."""
    wanted = set(staff_ids)
    panel = list(
        Staff.objects.select_for_update(no_key=True)
        .filter(company_id=actor.company_id, is_active=True, id__in=wanted)
        .order_by("id")
    )
    if len(panel) != len(wanted):
        raise NotFound(field="interviewers")
    return panel


def _check_free(
    times: Times, *, panel: Sequence[Staff], application: Application, ignore: UUID | None
) -> None:
    """Refuse a slot that overlaps another of an interviewer or of the candidate; windows never clash."""
    if times.kind != InterviewKind.SLOT:
        return
    clashing = Interview.objects.filter(
        company_id=application.company_id,
        kind=InterviewKind.SLOT,
        state__in=ON_SCHEDULE,
        starts_at__lt=times.ends_at,
        ends_at__gt=times.starts_at,
    )
    if ignore is not None:
        clashing = clashing.exclude(id=ignore)
    busy = clashing.filter(interviewers__staff__in=[staff.id for staff in panel]).exists()
    if busy or clashing.filter(application__candidate_id=application.candidate_id).exists():
        raise SlotTaken(field="starts_at")


def _record(interview: Interview, action: Action, *, actor: Actor, now: datetime, **facts: object) -> None:
    position = interview.application.position
    record(
        actor=actor,
        action=action,
        subject=Subject("interview", interview.id, interview_id=interview.id),
        now=now,
        kind=interview.kind,
        starts_at=interview.starts_at.isoformat(),
        ends_at=interview.ends_at.isoformat(),
        sequence=interview.sequence,
        position=str(position.id),
        department=str(position.department_id),
        **{name: str(value) if isinstance(value, UUID) else value for name, value in facts.items()},
    )
