"""双轨核对: another system's daily export beside what is here, row by row, until both agree; then the switch."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.audit.notes import signer
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.import_words import sentence
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.migration.dual_track import actions
from raincheck.migration.dual_track.models import DifferenceKind, DualTrack
from raincheck.recruiting.models import InterviewState
from raincheck.web.people import Visit, staff_page
from raincheck.web.templatetags.raincheck import between

PAGE = 50
#: How each kind of difference is settled.
ADVICE = {
    DifferenceKind.OTHER_TIME: _(
        "在本平台改期，或在旧系统更正。请先处理这一类：改了时间的行再导入会成为另一场面试"
    ),
    DifferenceKind.OTHER_STATE: _(
        "在一边取消。已举行的由AI面试系统告知本平台；没有接入的，请从以后的日期起核对"
    ),
    DifferenceKind.MISSING_HERE: _("把同一份导出再导入一次：已有的行不变，缺的补上"),
    DifferenceKind.MISSING_THERE: _("在本平台取消，或在旧系统补上；已取消的不必再出现在对方的导出里"),
    DifferenceKind.UNREADABLE: _("在旧系统更正所说的一格，再导出一次"),
}
#: Days shown of one take-over.
LAST = 30


@staff_page(Ability.MOVE_DATA, looking=Ability.VIEW_BATCHES)
@require_http_methods(["GET", "HEAD", "POST"])
def tracks(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the take-overs; begin another."""
    error: RaincheckError | None = None
    asked = request.POST
    typed = {
        "name": asked.get("name", "")[:100],
        "needed": asked.get("needed", "5")[:4],
        "since": asked.get("since", "")[:10],
    }
    if request.method == "POST":
        with attempt() as tried:
            made = actions.begin(terms=_terms(visit, typed), actor=visit.actor, now=visit.now)
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
    messages.success(request, gettext("已切换，签名报告可在此下载"))
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


def _terms(visit: Visit, typed: dict[str, str]) -> actions.Terms:
    """Read what was typed, days by the company's zone. Raises BadSince."""
    needed = int(typed["needed"]) if typed["needed"].isascii() and typed["needed"].isdigit() else 0
    timezone = visit.company.timezone
    return actions.Terms(typed["name"], timezone, needed, actions.first_day(typed["since"], timezone))


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
        "since": one.since.astimezone(ZoneInfo(one.timezone)).date() if one.since else None,
        "agreed": agreed,
        "ready": ready,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "kinds": _kinds(days[0].counts) if days else [],
        "kind": request.GET.get("kind", ""),
        "rows": [(row, _side(row.there), _side(row.here)) for row in page],
        "verifier": str(signer().verifier),
    }
    return shown(request, visit, "track.html", context)


def _counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(DifferenceKind(kind).label), many) for kind, many in sorted(counts.items())]


def _kinds(counts: dict[str, int]) -> list[tuple[DifferenceKind, int, Promise]]:
    """Return the kinds that differ, each with how many, and how it is settled, in the order to do that in."""
    return [(kind, counts[kind], advice) for kind, advice in ADVICE.items() if counts.get(kind)]


def _side(said: dict[str, str]) -> dict[str, object]:
    """Return what one side says of a row, ready to be shown."""
    if "starts_at" not in said:
        return {**said, "words": sentence(said) if "zh" in said else ""}
    state = said["state"]
    known = "expired" if state == "lapsed" else state
    return {
        "position": said["position"],
        "times": between(datetime.fromisoformat(said["starts_at"]), datetime.fromisoformat(said["ends_at"])),
        "state": known if known in InterviewState.values else "",
    }
