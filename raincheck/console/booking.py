"""Booking: a new interview, another time, or a new one in place of one that was cancelled."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import staff_with_role
from raincheck.cancellations.errors import NotRestorable
from raincheck.cancellations.models import Cancellation
from raincheck.cancellations.policy import Initiator
from raincheck.cancellations.queries import active_policy, latest_cancellation
from raincheck.cancellations.rebooking import accept_contradicted
from raincheck.cancellations.rebooking import rebook as rebook_cancelled
from raincheck.cancellations.rebooking import restore as restore_cancelled
from raincheck.console.forms import attempt, local_instant, uuid_or_none, wall_clock
from raincheck.console.frame import shown
from raincheck.console.rule_words import in_words
from raincheck.core.actor import Role
from raincheck.core.errors import Invalid, RaincheckError
from raincheck.recruiting import actions, queries
from raincheck.recruiting.models import Interview, InterviewKind
from raincheck.vendors.queries import accounts, demand_open, get_account
from raincheck.web.people import Visit, staff_page

#: As many applications as a list to choose from bears; more are found by searching.
CHOICES = 50


class NoApplication(Invalid):
    """Nobody was chosen to be interviewed."""

    code = "no_application"
    message = gettext_lazy("请选择一份投递")
    advice = gettext_lazy("可按姓名、学校或岗位搜索")


@staff_page(Ability.SCHEDULE_INTERVIEW)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Book an interview for an application found by searching."""
    if request.method == "GET":
        return _new_form(request, visit, typed=request.GET)
    with attempt() as tried:
        booking = _booking(request, visit)
        booked = actions.schedule(booking=booking, actor=visit.actor, now=visit.now)
    if tried.error is not None:
        return _new_form(request, visit, typed=request.POST, error=tried.error)
    messages.success(request, _("面试已安排，邀请正在发送"))
    return redirect("console:interview", interview_id=booked.id)


def _booking(request: HttpRequest, visit: Visit) -> actions.Booking:
    application_id = uuid_or_none(request.POST.get("application", ""))
    if application_id is None:
        raise NoApplication(field="application")
    vendor_id = uuid_or_none(request.POST.get("vendor", ""))
    return actions.Booking(
        application_id=application_id,
        times=_times(request, visit),
        interviewer_ids=tuple(filter(None, map(uuid_or_none, request.POST.getlist("interviewers")))),
        vendor_account_id=get_account(visit.actor, vendor_id).id if vendor_id else None,
    )


def _times(request: HttpRequest, visit: Visit) -> actions.Times:
    """Read when, in the viewer's zone. Raises BadMoment, SkippedMoment, BadTimes."""
    kind = request.POST.get("kind", "")
    if kind not in InterviewKind.values:
        raise actions.BadTimes(field="starts_at")
    starts_at, ends_at = (
        local_instant(request.POST.get(field, ""), zone=visit.zone, field=field)
        for field in ("starts_at", "ends_at")
    )
    return actions.Times(kind=kind, starts_at=starts_at, ends_at=ends_at)


def _new_form(
    request: HttpRequest, visit: Visit, *, typed: QueryDict, error: RaincheckError | None = None
) -> HttpResponse:
    text = typed.get("q", "").strip()[:80]
    found = queries.bookable_applications(visit.actor, text=text)
    rules = [
        r for r in active_policy(visit.company.id).rules if Initiator.CANDIDATE in (r.initiators or Initiator)
    ]
    context = {
        "typed": typed,
        "error": error,
        "text": text,
        "applications": found[:CHOICES],
        "more": max(0, found.count() - CHOICES),
        "interviewers": staff_with_role(visit.company.id, Role.INTERVIEWER),
        "chosen": typed.getlist("interviewers"),
        "vendors": accounts(visit.actor),
        "kinds": InterviewKind,
        "rules": in_words(rules, {}),
    }
    return shown(request, visit, "schedule.html", context, status=error.status if error else 200)


@staff_page(Ability.SCHEDULE_INTERVIEW)
@require_http_methods(["GET", "POST"])
def reschedule(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Give an interview that hasn't begun another time."""
    interview = queries.get_interview(visit.actor, interview_id, ability=Ability.SCHEDULE_INTERVIEW)
    if request.method == "GET":
        return _times_form(request, visit, interview, rebooks=False)
    with attempt() as tried:
        actions.reschedule(
            interview_id=interview_id, times=_times(request, visit), actor=visit.actor, now=visit.now
        )
    if tried.error is not None:
        return _times_form(request, visit, interview, rebooks=False, error=tried.error)
    messages.success(request, _("已改期，正在通知候选人、面试官和AI面试系统"))
    return redirect("console:interview", interview_id=interview_id)


@staff_page(Ability.SCHEDULE_INTERVIEW)
@require_http_methods(["GET", "POST"])
def rebook(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Book a new interview, at another time, in place of one that was cancelled."""
    interview = queries.get_interview(visit.actor, interview_id, ability=Ability.SCHEDULE_INTERVIEW)
    cancellation = _cancelled(interview)
    demand_open(visit.actor, interview.vendor_account_id)
    if request.method == "GET":
        return _times_form(request, visit, interview, rebooks=True)
    with attempt() as tried:
        booked = rebook_cancelled(
            cancellation_id=cancellation.id, times=_times(request, visit), actor=visit.actor, now=visit.now
        )
    if tried.error is not None:
        return _times_form(request, visit, interview, rebooks=True, error=tried.error)
    messages.success(request, _("已重新安排为一场新的面试，邀请正在发送"))
    return redirect("console:interview", interview_id=booked.id)


@staff_page(Ability.SCHEDULE_INTERVIEW)
@require_POST
def restore(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Book a cancelled interview anew at its old time."""
    interview = queries.get_interview(visit.actor, interview_id, ability=Ability.SCHEDULE_INTERVIEW)
    demand_open(visit.actor, interview.vendor_account_id)
    booked = restore_cancelled(cancellation_id=_cancelled(interview).id, actor=visit.actor, now=visit.now)
    messages.success(request, _("已按原时间恢复为一场新的面试，新邀请正在发送（旧链接已失效）"))
    return redirect("console:interview", interview_id=booked.id)


@staff_page(Ability.SCHEDULE_INTERVIEW)
@require_POST
def accept(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Take what a candidate recorded after the cancellation as a new, linked interview."""
    interview = queries.get_interview(visit.actor, interview_id, ability=Ability.SCHEDULE_INTERVIEW)
    accepted = accept_contradicted(cancellation_id=_cancelled(interview).id, actor=visit.actor, now=visit.now)
    messages.success(request, _("已采纳为一场新的关联面试"))
    return redirect("console:interview", interview_id=accepted.id)


def _cancelled(interview: Interview) -> Cancellation:
    cancellation = latest_cancellation(interview)
    if cancellation is None:
        raise NotRestorable
    return cancellation


def _times_form(
    request: HttpRequest,
    visit: Visit,
    interview: Interview,
    *,
    rebooks: bool,
    error: RaincheckError | None = None,
) -> HttpResponse:
    now_set = {
        "kind": interview.kind,
        "starts_at": wall_clock(interview.starts_at, visit.zone),
        "ends_at": wall_clock(interview.ends_at, visit.zone),
    }
    context = {
        "interview": interview,
        "cancellation": latest_cancellation(interview),
        "rebooks": rebooks,
        "panel": queries.panel_of(interview, here=rebooks),
        "kinds": InterviewKind,
        "typed": request.POST if request.method == "POST" else now_set,
        "error": error,
    }
    return shown(request, visit, "times.html", context, status=error.status if error else 200)
