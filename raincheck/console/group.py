"""集团: a company lets its parent look, or doesn't; and the parent's people go to look."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts import guests
from raincheck.accounts.abilities import Ability
from raincheck.accounts.models import Staff
from raincheck.accounts.queries import subsidiaries
from raincheck.console.frame import shown
from raincheck.core.scope import company_scope
from raincheck.web.people import Visit, own_page, staff_page


@staff_page(Ability.VIEW_GROUP, at_home=True, calls_out=True)
@require_GET
def group(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the subsidiaries that let us look, and whether our parent may look at us."""
    below = subsidiaries(visit.company.id)
    with company_scope(visit.company.id):
        return shown(request, visit, "group.html", {"subsidiaries": below})


@staff_page(Ability.VIEW_GROUP, at_home=True, calls_out=True)
@require_POST
def enter(request: HttpRequest, visit: Visit, company_id: UUID) -> HttpResponse:
    """Begin to look at a subsidiary."""
    staff = visit.person
    if isinstance(staff, Staff):
        guests.enter(actor=visit.actor, staff=staff, host=company_id, session=request.session)
    return redirect("console:home")


@own_page("whoever went to look at a subsidiary can come home")
@require_POST
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Go home."""
    guests.leave(request.session)
    return redirect("console:home")


@staff_page(Ability.GRANT_PARENT, fresh=True, at_home=True)
@require_POST
def grant(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Let the parent company look, or no longer."""
    allowed = request.POST.get("allowed") == "yes"
    guests.let_parent_look(actor=visit.actor, allowed=allowed, now=visit.now)
    messages.success(request, _("已允许总部查看") if allowed else _("已关闭总部查看，立即生效"))
    return redirect("console:group")
