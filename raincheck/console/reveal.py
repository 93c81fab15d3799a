"""A candidate's contacts in the clear: asked for by POST, shown once, recorded."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console.frame import fragment, shown
from raincheck.recruiting.sights import reveal_contacts
from raincheck.web.people import Visit, staff_page


@staff_page(Ability.REVEAL_CONTACTS)
@require_POST
def reveal(request: HttpRequest, visit: Visit, candidate_id: UUID) -> HttpResponse:
    """Answer with the contacts in the place of their masks, or as a page where there is no script."""
    purpose = request.POST.get("purpose", "")
    candidate, contacts = reveal_contacts(
        candidate_id=candidate_id, actor=visit.actor, purpose=purpose, now=visit.now
    )
    context = {"candidate": candidate, "revealed": contacts}
    if "HX-Request" in request.headers:
        return fragment(request, visit, "_contacts.html", context)
    return shown(request, visit, "reveal.html", context)
