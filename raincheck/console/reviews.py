"""The review inbox: what waits for a decision while its clock runs, and deciding it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import names_of
from raincheck.cancellations import queries
from raincheck.cancellations.actions import NOTE_LIMIT, approve, reject
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.settling import complete_anyway
from raincheck.console.countdown import clock_of
from raincheck.console.forms import attempt
from raincheck.console.frame import fragment, shown
from raincheck.console.judgements import judged
from raincheck.console.mismatches import in_words
from raincheck.console.vocabulary import CHANNELS_ASKED_BY, INITIATORS, MISMATCHES, PROGRESS
from raincheck.core.errors import Invalid, RaincheckError
from raincheck.recruiting.sights import Page, note_view
from raincheck.web.people import Visit, staff_page
from raincheck.worklist.models import Kind
from raincheck.worklist.queries import details_of

PAST_SHOWN = 5


class NoDecision(Invalid):
    """Neither approve nor reject was chosen."""

    code = "no_decision"
    message = gettext_lazy("请选择您的决定")


@staff_page(Ability.VIEW_REVIEWS)
@require_GET
def inbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what waits for a reviewer, the clock that ends first on top."""
    return shown(request, visit, "reviews.html", _waiting(visit))


@staff_page(Ability.VIEW_REVIEWS)
@require_GET
def waiting(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Answer with the inbox's rows alone, for a page that refreshes itself."""
    return fragment(request, visit, "_reviews.html", _waiting(visit))


def _waiting(visit: Visit) -> dict[str, Any]:
    return {
        "in_review": _rows(queries.review_inbox(visit.actor), visit),
        "mismatched": _rows(queries.mismatches(visit.actor), visit),
    }


def _rows(found: Iterable[Cancellation], visit: Visit) -> list[dict[str, Any]]:
    waiting = list(found)
    earlier = queries.counts_of_past_requests(waiting)
    return [
        {
            "cancellation": cancellation,
            "clock": clock_of(cancellation, cancellation.interview, visit.now),
            "mismatch": MISMATCHES.get(cancellation.mismatch, ""),
            "earlier": earlier[cancellation.id],
        }
        for cancellation in waiting
    ]


@staff_page(Ability.REVIEW_CANCELLATION, looking=Ability.VIEW_REVIEWS)
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, visit: Visit, cancellation_id: UUID) -> HttpResponse:
    """Show one request as it was judged, and take the reviewer's decision."""
    if request.method == "GET":
        return _page(request, visit, cancellation_id)
    with attempt() as tried:
        decided = _decide(request, visit, cancellation_id)
    if tried.error is not None:
        return _page(request, visit, cancellation_id, error=tried.error)
    if decided.state == State.REJECTED:
        messages.success(request, _("已驳回，面试照常进行，正在通知候选人"))
    else:
        messages.success(request, _("已通过，正在与AI面试系统确认取消"))
    return redirect("console:interview", interview_id=decided.interview_id)


def _decide(request: HttpRequest, visit: Visit, cancellation_id: UUID) -> Cancellation:
    note = request.POST.get("decision_note", "")
    who_and_when: dict[str, Any] = {
        "cancellation_id": cancellation_id,
        "actor": visit.actor,
        "now": visit.now,
    }
    match request.POST.get("decision", ""):
        case "approve":
            return approve(decision_note=note, **who_and_when)
        case "reject":
            return reject(decision_note=note, **who_and_when)
        case "complete":
            return complete_anyway(**who_and_when)
    raise NoDecision(field="decision")


def _page(
    request: HttpRequest, visit: Visit, cancellation_id: UUID, *, error: RaincheckError | None = None
) -> HttpResponse:
    cancellation = queries.get_cancellation(visit.actor, cancellation_id)
    interview = cancellation.interview
    if request.method == "GET":
        whose = interview.application.candidate_id
        note_view(candidate_id=whose, actor=visit.actor, page=Page.REVIEW, now=visit.now)
    past = queries.past_requests(cancellation)
    decider = [cancellation.decided_by] if cancellation.decided_by else []
    context = {
        "cancellation": cancellation,
        "interview": interview,
        "who": INITIATORS[cancellation.initiator],
        "asked_by": CHANNELS_ASKED_BY.get(cancellation.channel, cancellation.channel),
        "judged": judged(cancellation),
        "clock": clock_of(cancellation, interview, visit.now),
        "open": _is_open(cancellation),
        "mismatch": _mismatch(cancellation, visit) if _is_open(cancellation) else "",
        "decided_by": next(iter(names_of(visit.company.id, decider).values()), ""),
        "progress": PROGRESS[interview.vendor_progress],
        "past": past[:PAST_SHOWN],
        "past_count": past.count(),
        "limit": NOTE_LIMIT,
        "typed": request.POST,
        "error": error,
    }
    return shown(request, visit, "review.html", context, status=error.status if error else 200)


def _mismatch(cancellation: Cancellation, visit: Visit) -> str:
    asked = details_of(visit.actor, cancellation.id, Kind.MISMATCH)
    return in_words(cancellation.mismatch, asked)


def _is_open(cancellation: Cancellation) -> bool:
    """Say whether a person can still decide: under review, stopped by a mismatch, or by a move that failed."""
    if cancellation.state == State.IN_REVIEW:
        return True
    stopped = bool(cancellation.mismatch) or cancellation.due_at is None
    return cancellation.state == State.PROCESSING and stopped
