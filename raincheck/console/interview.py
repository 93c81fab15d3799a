"""One interview with all that ever happened to it, and what can be done about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability, reach
from raincheck.cancellations.applications import change_application
from raincheck.cancellations.models import LIVE, Agreement, Cancellation, State
from raincheck.cancellations.policy import IMPORTED
from raincheck.cancellations.queries import latest_cancellation, past_requests
from raincheck.cancellations.rebooking import is_restorable
from raincheck.console.contacts import masked
from raincheck.console.countdown import clock_of
from raincheck.console.forms import attempt
from raincheck.console.frame import fragment, shown
from raincheck.console.history_card import card_of, link_for
from raincheck.console.judgements import judged
from raincheck.console.original import original_of
from raincheck.console.timeline import story_of
from raincheck.console.vocabulary import AGREEMENT_TONES, INITIATORS, MISMATCHES, dimension
from raincheck.core.errors import RaincheckError
from raincheck.recruiting import queries
from raincheck.recruiting.actions import APPLICATION_MOVES
from raincheck.recruiting.models import ApplicationState, Interview, InterviewState
from raincheck.recruiting.sights import Page, Purpose, note_view
from raincheck.reminders.queries import answer_of
from raincheck.vendors.queries import account_names
from raincheck.web.people import Visit, staff_page

#: Messages are still going out for a while after the deed; so long the timeline keeps itself fresh.
AFTERMATH = timedelta(seconds=40)


@staff_page(Ability.VIEW_INTERVIEWS)
@require_GET
def interview(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Show one interview with its whole timeline, and what the reader may do about it."""
    found = queries.get_interview(visit.actor, interview_id)
    whose = found.application.candidate_id
    note_view(candidate_id=whose, actor=visit.actor, page=Page.INTERVIEW, now=visit.now)
    return shown(request, visit, "interview.html", _page(found, visit))


def _page(found: Interview, visit: Visit) -> dict[str, Any]:
    cancellation = latest_cancellation(found)
    application = found.application
    moves = sorted(APPLICATION_MOVES[application.state])
    return {
        "interview": found,
        "candidate": application.candidate,
        "contacts": masked(application.candidate, visit),
        "purposes": Purpose.choices,
        "panel": queries.panel_of(found),
        "scores": [(dimension(one.dimension), one) for one in found.assessments.order_by("dimension")],
        "history": card_of(found, cancellation, visit),
        "original": original_of(found, visit),
        "answer": answer_of(found),
        "successor": queries.successor_of(found),
        "link": link_for(found, visit),
        "vendor": account_names(visit.company.id).get(found.vendor_account_id or UUID(int=0), ""),
        "card": _card(cancellation, found, visit),
        "offers": _offers(found, cancellation, visit),
        "moves": [(state, ApplicationState(state).label) for state in moves],
        **_live_part(found, cancellation, visit),
    }


def _card(cancellation: Cancellation | None, found: Interview, visit: Visit) -> dict[str, Any] | None:
    """Gather what the cancellation's card says."""
    if cancellation is None:
        return None
    cancellation.interview = found
    # When it was asked for elsewhere and when a file brought it here is no length of time.
    imported = cancellation.rule == IMPORTED
    ended = None if imported else cancellation.completed_at or cancellation.decided_at
    return {
        "cancellation": cancellation,
        "who": INITIATORS[cancellation.initiator],
        "judged": judged(cancellation),
        "clock": clock_of(cancellation, found, visit.now),
        "agreement": Agreement(cancellation.agreement).label,
        "agreement_tone": AGREEMENT_TONES[Agreement(cancellation.agreement)],
        "shows_agreement": cancellation.state in {State.PROCESSING, State.COMPLETED},
        "mismatch": MISMATCHES.get(cancellation.mismatch, ""),
        "took": ended - cancellation.requested_at if ended else None,
        "earlier": past_requests(cancellation).count(),
    }


@dataclass(frozen=True)
class Offers:
    """What can be done with the interview as it stands, by a reader who may."""

    cancel: bool
    reschedule: bool
    rebook: bool
    restore: bool
    review: bool


def _offers(found: Interview, cancellation: Cancellation | None, visit: Visit) -> Offers:
    books = reach(visit.actor, Ability.SCHEDULE_INTERVIEW) is not None
    cancels = reach(visit.actor, Ability.CANCEL_INTERVIEW) is not None
    reviews = reach(visit.actor, Ability.REVIEW_CANCELLATION) is not None
    gone = cancellation is not None and cancellation.state == State.COMPLETED
    reachable = found.application.candidate.identity.data_key is not None
    rebook = books and gone and reachable and queries.successor_of(found) is None
    return Offers(
        cancel=cancels and found.state in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS},
        reschedule=books and found.state == InterviewState.SCHEDULED,
        rebook=rebook,
        restore=rebook and cancellation is not None and is_restorable(cancellation, found, visit.now),
        review=reviews and cancellation is not None and _awaits_a_person(cancellation),
    )


def _awaits_a_person(cancellation: Cancellation) -> bool:
    return cancellation.state == State.IN_REVIEW or (
        cancellation.state == State.PROCESSING and bool(cancellation.mismatch)
    )


@staff_page(Ability.VIEW_INTERVIEWS)
@require_GET
def timeline(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Answer with the timeline alone; once anything but the timeline has changed, with the whole page."""
    found = queries.get_interview(visit.actor, interview_id)
    part = _live_part(found, latest_cancellation(found), visit)
    response = fragment(request, visit, "_timeline.html", {"interview": found, **part})
    if request.GET.get("seen", part["stamp"]) != part["stamp"]:
        response.headers["HX-Refresh"] = "true"
    return response


def _live_part(found: Interview, cancellation: Cancellation | None, visit: Visit) -> dict[str, Any]:
    with_notes = reach(visit.actor, Ability.VIEW_REVIEWS) is not None
    marks = (cancellation.state, cancellation.agreement, cancellation.mismatch) if cancellation else ()
    return {
        "story": story_of(found, with_notes=with_notes),
        "awaited": cancellation is not None and _is_awaited(cancellation, visit.now),
        "waits_for_vendor": cancellation is not None
        and (cancellation.state == State.PROCESSING or _is_pending(cancellation)),
        "next_attempt_at": cancellation.next_attempt_at if cancellation else None,
        "stamp": ".".join((found.state, *marks)),
    }


def _is_pending(cancellation: Cancellation) -> bool:
    return cancellation.state == State.COMPLETED and cancellation.agreement == Agreement.PENDING


def _is_awaited(cancellation: Cancellation, now: datetime) -> bool:
    """Say whether something is about to happen that the reader of this page would want to see."""
    ended = cancellation.completed_at or cancellation.decided_at
    just_now = ended is not None and now - ended < AFTERMATH
    return cancellation.state in LIVE or _is_pending(cancellation) or just_now


@staff_page(Ability.CHANGE_APPLICATION)
@require_POST
def application(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Move the interview's application to another state, with a reason."""
    found = queries.get_interview(visit.actor, interview_id)
    with attempt() as tried:
        changed = change_application(
            application_id=found.application_id,
            to=request.POST.get("to", ""),
            actor=visit.actor,
            reason=request.POST.get("reason", ""),
            now=visit.now,
        )
        said = {"state": ApplicationState(changed.state).label}
        messages.success(request, _("投递状态已改为“%(state)s”") % said)
    if tried.error is not None:
        return _again(request, visit, found, tried.error)
    return redirect("console:interview", interview_id=interview_id)


def _again(request: HttpRequest, visit: Visit, found: Interview, error: RaincheckError) -> HttpResponse:
    context = {**_page(found, visit), "error": error, "typed": request.POST}
    return shown(request, visit, "interview.html", context, status=error.status)
