"""Booking: a new interview, another time, or a new one in place of one that was cancelled."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import staff_with_role
from raincheck.cancellations.errors import NotRestorable
from raincheck.cancellations.models import Cancellation
from raincheck.cancellations.queries import active_policy, latest_cancellation
from raincheck.cancellations.rebooking import rebook as rebook_cancelled
from raincheck.cancellations.rebooking import restore as restore_cancelled
from raincheck.console.forms import attempt, local_instant, uuid_or_none, wall_clock
from raincheck.console.frame import shown
from raincheck.console.rule_words import in_words
from raincheck.core.actor import Role
from raincheck.core.errors import Invalid, RaincheckError
from raincheck.recruiting import actions, queries
from raincheck.recruiting.models import Interview, InterviewKind
from raincheck.vendors.queries import accounts, get_account
from raincheck.web.people import Visit, staff_page

#: As many applications as a list to choose from bears; more are found by searching.
CHOICES = 50


class NoApplication(Invalid):
    """Nobody was chosen to be interviewed."""

    code = "no_application"
    message = actions.gettext_lazy("请选择一份投递")


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
