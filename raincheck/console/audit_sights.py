"""查看记录: who saw whose personal data, when, and what of it."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import SIGHTS, Action
from raincheck.console.audit import around, as_typed, mark_of, names_of_fields, reading_of
from raincheck.console.audit_export import answer
from raincheck.console.audit_views import kept
from raincheck.console.frame import shown
from raincheck.insights import words
from raincheck.insights.filters import SightFilters
from raincheck.insights.models import Listed
from raincheck.insights.paging import page_at
from raincheck.insights.queries import sights as seen_by
from raincheck.insights.sight_rows import sight_rows
from raincheck.web.people import Visit, staff_page


@staff_page(Ability.VIEW_AUDIT)
@require_GET
def sights(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List who saw what, newest first."""
    typed = as_typed(request)
    reading = reading_of(typed, visit)
    found = seen_by(visit.actor, SightFilters.read(reading))
    context = {
        "typed": typed,
        "page": page_at(found, mark_of(reading), lambda some: sight_rows(some, visit.actor)),
        "actions": [(code.value, code.label) for code in map(Action, SIGHTS)],
        "actors": words.ACTORS.items(),
        **kept(visit, Listed.SIGHTS),
        **around(typed, reading, visit),
    }
    return shown(request, visit, "audit_sights.html", context)


@staff_page(Ability.EXPORT_AUDIT, fresh=True)
@require_POST
def export(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Answer with the sights that fit, all of them, as a file."""
    reading = reading_of(request.POST, visit)
    return answer(request, visit, SightFilters.read(reading), unread=names_of_fields(reading.unread))
