"""Saved views of the audit's lists: keeping the filters one has, going back to them, forgetting them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from raincheck.accounts.abilities import Ability
from raincheck.insights.models import Listed
from raincheck.insights.saved_views import Wanted, forget_view, query_of, save_view, views_for
from raincheck.web.people import Visit, staff_page

ADDRESSES = {
    Listed.CANCELLATIONS: "console:audit",
    Listed.TRAIL: "console:audit_trail",
    Listed.SIGHTS: "console:audit_sights",
}


@dataclass(frozen=True)
class Kept:
    """A saved view as it is offered; `by` is empty for one's own."""

    id: UUID
    name: str
    query: str
    by: str
    shared: bool


def kept(visit: Visit, page: Listed) -> dict[str, Any]:
    """Return what a list shows of its saved views."""
    return {"views": list(_kept(visit, page)), "view_page": page.value}


def _kept(visit: Visit, page: Listed) -> Iterator[Kept]:
    today = timezone.localdate()
    for view in views_for(visit.actor, page):
        mine = view.staff_id == visit.person.id
        by = "" if mine else view.staff.name
        yield Kept(view.id, view.name, urlencode(query_of(view, today=today)), by, view.shared)


@staff_page(Ability.VIEW_AUDIT)
@require_POST
def save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep the filters of the list one comes from, and go back to it."""
    typed = {name: str(value) for name, value in request.POST.items()}
    wanted = Wanted(typed.get("page", ""), typed.get("name", ""), typed, shared=typed.get("shared") == "yes")
    view = save_view(actor=visit.actor, wanted=wanted, now=visit.now, today=timezone.localdate())
    messages.success(request, _("已保存视图“%(name)s”") % {"name": view.name})
    there = reverse(ADDRESSES[Listed(view.page)])
    return redirect(f"{there}?{urlencode(query_of(view, today=timezone.localdate()))}")


@staff_page(Ability.VIEW_AUDIT)
@require_POST
def forget(request: HttpRequest, visit: Visit, view_id: UUID) -> HttpResponse:
    """Forget one of one's own."""
    forget_view(actor=visit.actor, view_id=view_id)
    messages.success(request, _("已删除视图"))
    page = request.POST.get("page", "")
    return redirect(ADDRESSES[Listed(page)] if page in Listed.values else "console:audit")
