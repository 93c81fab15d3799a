"""The talent pool, and one candidate's whole portrait on one line of time."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from raincheck.accounts.abilities import Ability
from raincheck.archive.holds import is_held
from raincheck.archive.queries import pool
from raincheck.console.contacts import masked
from raincheck.console.frame import shown
from raincheck.console.original import originals_about
from raincheck.console.portrait import chapters_of, counts
from raincheck.insights.portrait import portrait_of
from raincheck.recruiting.sights import Page, Purpose, note_view
from raincheck.web.people import Visit, staff_page

PAGE = 50


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
    """Show all that happened with one candidate, newest first; in the pool or not."""
    portrait = portrait_of(visit.actor, candidate_id)
    note_view(candidate_id=candidate_id, actor=visit.actor, page=Page.PROFILE, now=visit.now)
    candidate, chapters = portrait.candidate, chapters_of(portrait)
    context = {
        "in_pool": portrait.in_pool,
        "candidate": candidate,
        "contacts": masked(candidate, visit),
        "purposes": Purpose.choices,
        "applications": portrait.applications,
        "chapters": chapters,
        "counts_of": counts(chapters),
        "held": is_held(candidate),
        "originals": originals_about(candidate, visit),
    }
    return shown(request, visit, "profile.html", context)
