"""取消审计: who cancelled, when, why and who reviewed; narrowed as one asks, and exported as it is narrowed."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import office_staff
from raincheck.cancellations.queries import reasons_by_code
from raincheck.console.audit_export import answer
from raincheck.console.audit_views import kept
from raincheck.console.frame import shown
from raincheck.insights import words
from raincheck.insights.filters import RequestFilters
from raincheck.insights.models import Listed, Request
from raincheck.insights.paging import Mark, Page, page_at
from raincheck.insights.queries import count_by_outcome, requests
from raincheck.insights.request_rows import RequestRow, request_rows
from raincheck.insights.typed import Typed
from raincheck.recruiting.queries import visible_departments, visible_positions
from raincheck.web.people import Visit, staff_page

#: How far back one looks unless other days are asked for.
DAYS = 30
_FIELDS = {
    "from": _("从"),
    "to": _("到"),
    "position": _("岗位"),
    "department": _("部门"),
    "school": _("学校"),
    "source": _("渠道"),
    "candidate": _("候选人"),
    "initiator": _("发起"),
    "reviewer": _("审核"),
    "reason": _("原因"),
    "outcome": _("结果"),
    "at": _("页码"),
    "action": _("操作"),
    "actor": _("操作者"),
    "about": _("编号"),
    "request": _("请求编号"),
}


@staff_page(Ability.VIEW_AUDIT)
@require_GET
def cancellations(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the requests for cancellation that fit, newest first, with how many of them ended how."""
    typed = as_typed(request)
    reading = reading_of(typed, visit)
    filters = RequestFilters.read(reading)
    found = requests(visit.actor, filters)
    page = page_at(found, mark_of(reading), lambda some: request_rows(some, visit.actor))
    counts = _counts(found, page)
    context = {
        "typed": typed,
        "page": page,
        "counts_by_outcome": [(code, words.OUTCOMES[code], n) for code, n in counts.items()],
        "total": sum(counts.values()),
        "outcomes": words.OUTCOMES.items(),
        "initiators": words.INITIATORS.items(),
        "reviewers": words.REVIEWERS.items(),
        "reasons": reasons_by_code(visit.company.id).items(),
        "positions": visible_positions(visit.actor),
        "departments": visible_departments(visit.actor),
        **kept(visit, Listed.CANCELLATIONS),
        **around(typed, reading, visit),
    }
    return shown(request, visit, "audit.html", context)


@staff_page(Ability.EXPORT_AUDIT, fresh=True)
@require_POST
def export(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Answer with the requests that fit, all of them, as a file."""
    reading = reading_of(request.POST, visit)
    return answer(request, visit, RequestFilters.read(reading), unread=names_of_fields(reading.unread))


def _counts(found: "QuerySet[Request]", page: Page[RequestRow]) -> Mapping[str, int]:
    """Return how many ended how, in order; of one page alone that needs no second look at the database."""
    if page.newer or page.older:
        return count_by_outcome(found)
    seen = Counter(row.outcome_code for row in page.rows)
    return {code: seen[code] for code in words.OUTCOMES if code in seen}


def as_typed(request: HttpRequest) -> QueryDict:
    """Return what was typed; without any day, the last thirty are meant."""
    typed = request.GET.copy()
    if "from" not in typed:
        typed["from"] = (timezone.localdate() - timedelta(days=DAYS - 1)).isoformat()
    return typed


def reading_of(typed: QueryDict, visit: Visit) -> Typed:
    """Return what was typed for reading field by field, days in the reader's zone."""
    return Typed({name: str(typed.get(name, "")) for name in typed}, zone=visit.zone)


def mark_of(reading: Typed) -> Mark | None:
    """Return the place in the list that was asked for; None for its beginning."""
    text = reading.text("at")
    try:
        return Mark.read(text) if text else None
    except (ValueError, OverflowError):
        reading.unread.append("at")
        return None


def around(typed: QueryDict, reading: Typed, visit: Visit) -> dict[str, Any]:
    """Return what both pages of the audit share: spans of days, whom to choose from, what was ignored."""
    typed.pop("at", None)
    return {
        "spans": list(_spans(typed)),
        "staff": office_staff(visit.company.id),
        "unread": names_of_fields(reading.unread),
        "filtered": any(value for name, value in typed.items() if name not in {"from", "to"}),
    }


def names_of_fields(fields: list[str]) -> list[str]:
    """Say which fields these are."""
    return [str(_FIELDS[name]) for name in fields]


def _spans(typed: QueryDict) -> Any:
    """Yield the spans of days to choose from: its words, its query string, and whether it is the one in force."""
    today = timezone.localdate()
    for said, days in ((_("今天"), 1), (_("近7天"), 7), (_("近30天"), DAYS), (_("全部"), 0)):
        since = (today - timedelta(days=days - 1)).isoformat() if days else ""
        there = typed.copy()
        there["from"], there["to"] = since, ""
        current = typed.get("from", "") == since and not typed.get("to")
        yield said, there.urlencode(), current
