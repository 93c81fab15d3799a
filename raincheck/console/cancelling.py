"""HR calls an interview off."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from raincheck.accounts.abilities import Ability
from raincheck.cancellations.actions import NOTE_LIMIT, Ask, request_cancellation
from raincheck.cancellations.errors import REFUSALS, CancellationRefused
from raincheck.cancellations.policy import Outcome
from raincheck.cancellations.queries import foresee, latest_cancellation, reasons_for
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.core.errors import RaincheckError
from raincheck.recruiting import queries
from raincheck.web.people import Visit, staff_page


@staff_page(Ability.CANCEL_INTERVIEW)
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Ask for reason and note, then cancel."""
    if request.method == "GET":
        return _form(request, visit, interview_id)
    ask = Ask(reason=request.POST.get("reason", ""), note=request.POST.get("note", ""), channel="console")
    with attempt() as tried:
        request_cancellation(interview_id=interview_id, actor=visit.actor, ask=ask, now=visit.now)
    if tried.error is not None:
        return _form(request, visit, interview_id, error=tried.error)
    messages.success(request, _("取消已开始：正在与AI面试系统确认，完成后会通知所有相关人员"))
    return redirect("console:interview", interview_id=interview_id)


def _form(
    request: HttpRequest, visit: Visit, interview_id: UUID, *, error: RaincheckError | None = None
) -> HttpResponse:
    interview = queries.get_interview(visit.actor, interview_id, ability=Ability.CANCEL_INTERVIEW)
    verdict = foresee(interview=interview, actor=visit.actor, now=visit.now)
    if verdict.outcome is Outcome.REFUSE and error is None:
        raise REFUSALS.get(verdict.refusal, CancellationRefused)(contact=visit.company.contact)
    context = {
        "interview": interview,
        "reasons": reasons_for(visit.actor),
        "cancellation": latest_cancellation(interview),
        "limit": NOTE_LIMIT,
        "typed": request.POST,
        "error": error,
    }
    return shown(request, visit, "cancel.html", context, status=error.status if error else 200)
