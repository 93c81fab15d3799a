"""双轨核对: another system's daily export beside what is here, row by row, until both agree; then the switch."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.audit.notes import signer
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.migration.dual_track import actions
from raincheck.migration.dual_track.models import DifferenceKind, DualTrack
from raincheck.recruiting.models import InterviewState
from raincheck.web.people import Visit, staff_page

PAGE = 50
#: Days shown of one take-over.
LAST = 30


@staff_page(Ability.MOVE_DATA, looking=Ability.VIEW_BATCHES)
@require_http_methods(["GET", "HEAD", "POST"])
def tracks(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the take-overs; begin another."""
    error: RaincheckError | None = None
    typed = {"name": request.POST.get("name", "")[:100], "needed": request.POST.get("needed", "5")[:4]}
    if request.method == "POST":
        needed = int(typed["needed"]) if typed["needed"].isascii() and typed["needed"].isdigit() else 0
        terms = actions.Terms(typed["name"], visit.company.timezone, needed)
        with attempt() as tried:
            made = actions.begin(terms=terms, actor=visit.actor, now=visit.now)
            return redirect("console:track", made.id)
        error = tried.error
    found = [(one, *_standing(one, visit.now)) for one in actions.tracks(visit.actor)]
    context = {"tracks": found, "error": error, "typed": typed}
    return shown(request, visit, "tracks.html", context, status=error.status if error else 200)


@staff_page(Ability.VIEW_BATCHES)
@require_safe
def track(request: HttpRequest, visit: Visit, track_id: UUID) -> HttpResponse:
    """Show one, day by day, and what differed on its last day, row by row."""
    return _shown(request, visit, actions.track(visit.actor, track_id))


@staff_page(Ability.MOVE_DATA)
@require_POST
def switch(request: HttpRequest, visit: Visit, track_id: UUID) -> HttpResponse:
    """Switch, once the tracks agreed long enough."""
    actions.switch(track_id=track_id, actor=visit.actor, now=visit.now)
    messages.success(request, _("已切换，签名报告可在此下载"))
    return redirect("console:track", track_id)


@staff_page(Ability.VIEW_BATCHES)
@require_safe
def report(request: HttpRequest, visit: Visit, track_id: UUID) -> HttpResponse:
    """Hand out the signed report. Raises NotFound before the switch."""
    one = actions.track(visit.actor, track_id)
    if not one.report:
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="raincheck-track-{one.id}.txt"'}
    return HttpResponse(one.report, content_type="text/plain; charset=utf-8", headers=headers)


def _standing(one: DualTrack, now: datetime) -> tuple[int, bool]:
    """Return how many days in a row agree, and whether it may be switched."""
    days = list(one.days.all())
    return len(actions.streak(days)), actions.may_switch(one, days, now)


def _shown(request: HttpRequest, visit: Visit, one: DualTrack) -> HttpResponse:
    days = list(one.days.order_by("-day")[:LAST])
    agreed, ready = _standing(one, visit.now)
    found = actions.differences(one, kind=request.GET.get("kind", ""))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "track": one,
        "days": [(day, _counted(day.counts)) for day in days],
        "last": days[0] if days else None,
        "agreed": agreed,
        "ready": ready,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "rows": [(row, _side(row.there), _side(row.here)) for row in page],
        "verifier": str(signer().verifier),
    }
    return shown(request, visit, "track.html", context)


def _counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(DifferenceKind(kind).label), many) for kind, many in sorted(counts.items())]


def _side(said: dict[str, str]) -> dict[str, object]:
    """Return what one side says of a row, ready to be shown."""
    if "starts_at" not in said:
        return dict(said)
    state = said["state"]
    known = "expired" if state == "lapsed" else state
    return {
        "position": said["position"],
        "starts_at": datetime.fromisoformat(said["starts_at"]),
        "ends_at": datetime.fromisoformat(said["ends_at"]),
        "state": known if known in InterviewState.values else "",
    }
