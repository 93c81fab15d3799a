"""操作记录: every entry of the trail, in the words of the timelines, found by who, what, when and about what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry, Leaf
from raincheck.cancellations.queries import reasons_by_code
from raincheck.console.audit import around, as_typed, mark_of, names_of_fields, reading_of
from raincheck.console.audit_export import answer
from raincheck.console.audit_views import kept
from raincheck.console.deeds import Background, Telling, telling_of
from raincheck.console.frame import shown
from raincheck.insights import words
from raincheck.insights.filters import TrailFilters
from raincheck.insights.models import Listed
from raincheck.insights.paging import page_at
from raincheck.insights.queries import trail as entries_of
from raincheck.insights.trail_rows import names_in
from raincheck.web.people import Visit, staff_page


@dataclass(frozen=True)
class Line:
    """One entry in words; `facts` are its facts as recorded, value by value; `sealed` has a proof."""

    at: datetime
    id: UUID
    entry: Entry
    telling: Telling
    who: str
    kind: str
    facts: list[tuple[str, str]]
    sealed: bool


@staff_page(Ability.VIEW_AUDIT)
@require_GET
def trail(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the entries that fit, newest first."""
    typed = as_typed(request)
    reading = reading_of(typed, visit)
    found = entries_of(visit.actor, TrailFilters.read(reading))
    context = {
        "typed": typed,
        "page": page_at(found, mark_of(reading), lambda some: _lines(some, visit)),
        "actions": Action.choices,
        "actors": words.ACTORS.items(),
        **kept(visit, Listed.TRAIL),
        **around(typed, reading, visit),
    }
    return shown(request, visit, "audit_trail.html", context)


@staff_page(Ability.EXPORT_AUDIT, fresh=True)
@require_POST
def export(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Answer with the entries that fit, all of them, as a file."""
    reading = reading_of(request.POST, visit)
    return answer(request, visit, TrailFilters.read(reading), unread=names_of_fields(reading.unread))


def _lines(found: "QuerySet[Entry]", visit: Visit) -> Iterator[list[Line]]:
    """Put one page of entries into words; what people wrote stays on the interview's own page."""
    entries = list(found)
    names = names_in(visit.company.id, entries)
    mine = Leaf.objects.filter(entry_id__in=[entry.id for entry in entries])
    sealed = set(mine.values_list("entry_id", flat=True))
    background = Background(cancellations={}, reasons=reasons_by_code(visit.company.id), with_notes=False)
    yield [
        Line(
            at=entry.at,
            id=entry.id,
            entry=entry,
            telling=telling_of(entry, background),
            who=names.get(entry.actor_id, "") if entry.actor_id else "",
            kind=str(words.ACTORS.get(entry.actor_kind, entry.actor_kind)),
            facts=[(name, _plain(value)) for name, value in sorted(entry.facts.items())],
            sealed=entry.id in sealed,
        )
        for entry in entries
    ]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
