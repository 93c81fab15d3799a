"""The talent pool, and one candidate's profile on one timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from raincheck.accounts.abilities import Ability
from raincheck.archive.models import EntryKind, ProfileEntry
from raincheck.archive.queries import entries_of, pool, profile_of
from raincheck.cancellations.queries import reasons_by_code
from raincheck.console.contacts import masked
from raincheck.console.frame import shown
from raincheck.notifications.queries import titles_of
from raincheck.recruiting.models import ApplicationState
from raincheck.recruiting.queries import applications_of
from raincheck.recruiting.sights import Page, Purpose, note_view
from raincheck.web.people import Visit, staff_page
from raincheck.web.templatetags.raincheck import label

PAGE = 50
_LOOKS = {
    EntryKind.CV: ("user", "neutral"),
    EntryKind.APPLICATION: ("briefcase", "info"),
    EntryKind.ASSESSMENT: ("list", "ok"),
    EntryKind.COMMUNICATION: ("mail", "info"),
    EntryKind.CANCELLATION: ("state-cancelled", "warn"),
}


@dataclass(frozen=True)
class Chapter:
    """One entry of a profile in words."""

    at: datetime
    icon: str
    tone: str
    kind: str
    text: str


@staff_page(Ability.VIEW_TALENT)
@require_GET
def people(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List who is in the pool, found by name, school or CV line."""
    text = request.GET.get("q", "").strip()[:80]
    page = Paginator(pool(visit.actor, text=text), PAGE).get_page(request.GET.get("page"))
    pages = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return shown(request, visit, "pool.html", {"text": text, "page": page, "pages": pages})


@staff_page(Ability.VIEW_TALENT)
@require_GET
def profile(request: HttpRequest, visit: Visit, candidate_id: UUID) -> HttpResponse:
    """Show all that is known of one candidate, newest first."""
    found = profile_of(visit.actor, candidate_id)
    note_view(candidate_id=candidate_id, actor=visit.actor, page=Page.PROFILE, now=visit.now)
    context = {
        "profile": found,
        "candidate": found.candidate,
        "contacts": masked(found.candidate, visit),
        "purposes": Purpose.choices,
        "applications": applications_of(found.candidate),
        "chapters": _chapters(list(entries_of(found)), visit),
    }
    return shown(request, visit, "profile.html", context)


def _chapters(entries: list[ProfileEntry], visit: Visit) -> list[Chapter]:
    reasons = {code: label(reason) for code, reason in reasons_by_code(visit.company.id).items()}
    sent = [entry.subject_id for entry in entries if entry.kind == EntryKind.COMMUNICATION]
    titles = titles_of(visit.company.id, sent)
    return [
        Chapter(entry.occurred_at, *_LOOKS[EntryKind(entry.kind)], str(EntryKind(entry.kind).label), text)
        for entry, text in ((entry, _text(entry, reasons, titles)) for entry in entries)
    ]


def _text(entry: ProfileEntry, reasons: dict[str, str], titles: dict[UUID, str]) -> str:
    data: dict[str, Any] = entry.data
    match entry.kind:
        case EntryKind.CV:
            return str(data.get("headline", ""))
        case EntryKind.APPLICATION:
            state = data.get("state", "")
            return str(ApplicationState(state).label) if state in ApplicationState.values else state
        case EntryKind.ASSESSMENT:
            scored = {"dimension": data["dimension"], "score": data["score"]}
            if data.get("partial"):
                return _("%(dimension)s：%(score)s分（未完成的面试）") % scored
            return _("%(dimension)s：%(score)s分") % scored
        case EntryKind.CANCELLATION:
            return reasons.get(data.get("reason", ""), "")
    return titles.get(entry.subject_id, "")
