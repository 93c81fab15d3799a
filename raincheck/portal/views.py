"""The candidate's pages: what is coming, one interview, and calling it off in three steps."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.archive.actions import set_pool_consent
from raincheck.cancellations import actions
from raincheck.cancellations import queries as cancellations
from raincheck.cancellations.errors import InterviewMoved
from raincheck.cancellations.policy import Outcome
from raincheck.core.errors import Invalid
from raincheck.notifications.actions import mark_all_read
from raincheck.notifications.queries import inbox
from raincheck.portal.forms import CancelForm
from raincheck.portal.page import address, page, typed, way_on
from raincheck.portal.story import mark_of, story_of
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Interview, InterviewState
from raincheck.web.language import is_spoken, remember
from raincheck.web.people import Visit, candidate_page

asks = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@candidate_page(Ability.VIEW_INTERVIEWS)
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    """我的面试: what lies ahead, then what is over."""
    coming, past = recruiting.coming_and_past(visit.actor, now=visit.now)
    last = cancellations.latest_by_interview(interview.id for interview in coming + past)
    shown = {
        "candidate": recruiting.own_record(visit.actor),
        "coming": [(interview, last.get(interview.id)) for interview in coming],
        "standing": sum(interview.state != InterviewState.CANCELLING for interview in coming),
        "past": [(interview, last.get(interview.id)) for interview in past],
    }
    return page(request, visit, "portal/home.html", shown)


@require_safe
@candidate_page(Ability.VIEW_INTERVIEWS)
def interview(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """One interview, whatever its state: step one shows the rule before one commits."""
    return page(request, visit, "portal/interview.html", {"story": story_of(visit, interview_id)})


@require_safe
@candidate_page(Ability.VIEW_INTERVIEWS)
def status(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Answer the waiting page: nothing while nothing changed (the rain goes on), else the page's inside."""
    if request.GET.get("seen") == mark_of(visit, recruiting.get_interview(visit.actor, interview_id)):
        return HttpResponse(status=204)
    shown = {"story": story_of(visit, interview_id), "polled": True}
    return page(request, visit, "portal/_interview.html", shown)


@asks
@candidate_page(Ability.CANCEL_INTERVIEW)
def cancel(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Step two asks for the reason (GET); the last step asks for the cancellation (POST)."""
    if request.method != "POST":
        interview = recruiting.get_interview(visit.actor, interview_id)
        return _reason_page(request, visit, interview, CancelForm.fresh())
    form = CancelForm.sent(request)
    try:
        actions.request_cancellation(
            interview_id=interview_id, actor=visit.actor, ask=form.ask(interview_id), now=visit.now
        )
    except Invalid as error:
        interview = recruiting.get_interview(visit.actor, interview_id)
        return _reason_page(request, visit, interview, form, error=error)
    except InterviewMoved as moved:
        # What they were shown is true no more: the last step is shown anew, with what is.
        return _confirm_page(request, visit, interview_id, form, moved=moved)
    if form.consent:
        set_pool_consent(actor=visit.actor, consent=True, now=visit.now)
    return HttpResponseRedirect(address(visit.company, "interview", interview_id=interview_id))


@asks
@candidate_page(Ability.CANCEL_INTERVIEW)
def confirm(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Step three shows all of it once more; `edit` leads back with what was typed. Nothing changes here."""
    if request.method != "POST":
        return HttpResponseRedirect(address(visit.company, "cancel", interview_id=interview_id))
    form = CancelForm.sent(request)
    language = typed(request, "language")
    if is_spoken(language):
        # The step they are at, in the other language, with all that was typed.
        with override(language):
            answer = _step(request, visit, interview_id, form, back="choosing" in request.POST)
        remember(answer, language)
        return answer
    return _step(request, visit, interview_id, form, back="edit" in request.POST)


def _step(
    request: HttpRequest, visit: Visit, interview_id: UUID, form: CancelForm, *, back: bool
) -> HttpResponse:
    if back:
        return _reason_page(request, visit, recruiting.get_interview(visit.actor, interview_id), form)
    return _confirm_page(request, visit, interview_id, form)


def _confirm_page(
    request: HttpRequest,
    visit: Visit,
    interview_id: UUID,
    form: CancelForm,
    *,
    moved: InterviewMoved | None = None,
) -> HttpResponse:
    interview = recruiting.get_interview(visit.actor, interview_id)
    try:
        known = cancellations.get_reason(visit.actor, form.reason)
        reason = actions.check_ask(visit.actor, form.ask(interview_id), known)
    except Invalid as error:
        return _reason_page(request, visit, interview, form, error=error)
    if not _may_go_on(visit, interview):
        return HttpResponseRedirect(address(visit.company, "interview", interview_id=interview_id))
    shown = {
        "interview": interview,
        "form": form,
        "reason": reason,
        "outlook": cancellations.forecast(interview=interview, actor=visit.actor, now=visit.now),
        "candidate": recruiting.own_record(visit.actor),
        "moved": moved,
    }
    return page(request, visit, "portal/confirm.html", shown, status=moved.status if moved else 200)


def _reason_page(
    request: HttpRequest,
    visit: Visit,
    interview: Interview,
    form: CancelForm,
    *,
    error: Invalid | None = None,
) -> HttpResponse:
    if not _may_go_on(visit, interview):
        return HttpResponseRedirect(address(visit.company, "interview", interview_id=interview.id))
    reasons = cancellations.reasons_for(visit.actor)
    shown = {
        "interview": interview,
        "reasons": reasons,
        "form": form,
        "error": error,
        "limit": actions.NOTE_LIMIT,
    }
    return page(request, visit, "portal/reason.html", shown, status=error.status if error else 200)


def _may_go_on(visit: Visit, interview: Interview) -> bool:
    """Say whether there is anything to ask for; if not, the interview's own page says why and whom to reach."""
    if cancellations.live_cancellation(interview) is not None:
        return False
    verdict = cancellations.foresee(interview=interview, actor=visit.actor, now=visit.now)
    return verdict.outcome is not Outcome.REFUSE


@require_POST
@candidate_page(Ability.WITHDRAW_CANCELLATION)
def withdraw(_request: HttpRequest, visit: Visit, cancellation_id: UUID) -> HttpResponse:
    """Take the request back; the interview's page then says that it stands."""
    withdrawn = actions.withdraw(cancellation_id=cancellation_id, actor=visit.actor, now=visit.now)
    return HttpResponseRedirect(address(visit.company, "interview", interview_id=withdrawn.interview_id))


@require_POST
@candidate_page(Ability.GIVE_CONSENT)
def pool(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Join the talent pool, or leave it."""
    joins = request.POST.get("consent") == "yes"
    set_pool_consent(actor=visit.actor, consent=joins, now=visit.now)
    flash.success(request, gettext("已同意存入人才库，谢谢您。") if joins else gettext("已从人才库移出。"))
    return HttpResponseRedirect(way_on(visit.company, request.POST.get("next", "")))


@require_safe
@candidate_page(Ability.READ_MESSAGES)
def messages(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the candidate's messages; looking doesn't mark them read."""
    return page(request, visit, "portal/messages.html", {"inbox": inbox(visit.actor)})


@require_POST
@candidate_page(Ability.READ_MESSAGES)
def read_messages(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Mark all messages read."""
    mark_all_read(actor=visit.actor, now=visit.now)
    return HttpResponseRedirect(address(visit.company, "messages"))
