"""Calendars by subscription: turning them on, replacing their addresses, turning them off."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console.forms import uuid_or_none
from raincheck.console.frame import shown
from raincheck.core.errors import NotFound
from raincheck.notifications.calendars import feeds
from raincheck.recruiting.queries import visible_departments
from raincheck.web.people import Visit, staff_page

OWN = gettext_lazy("我的面试")


@dataclass(frozen=True)
class Row:
    """A calendar that can be subscribed to; `address` is None while that is off."""

    title: str | Promise
    department_id: UUID | None
    address: feeds.Address | None


@staff_page(Ability.SUBSCRIBE_CALENDAR)
@require_GET
def subscriptions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List what the reader may subscribe to, with the addresses of what is on."""
    on = feeds.feeds_of(visit.actor)
    offered: list[tuple[str | Promise, UUID | None]] = [(OWN, None)]
    offered += [(department.name, department.id) for department in visible_departments(visit.actor)]
    rows = [
        Row(title, department_id, feeds.address_of(on[department_id]) if department_id in on else None)
        for title, department_id in offered
    ]
    return shown(request, visit, "calendars.html", {"rows": rows})


@staff_page(Ability.SUBSCRIBE_CALENDAR)
@require_POST
def renew(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Turn a subscription on, or give it a new address."""
    feeds.renew(actor=visit.actor, department_id=_department(request), now=visit.now)
    messages.success(request, _("订阅地址已生成；原地址（如有）即刻失效"))
    return redirect("console:calendars")


@staff_page(Ability.SUBSCRIBE_CALENDAR)
@require_POST
def off(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Turn a subscription off."""
    feeds.turn_off(actor=visit.actor, department_id=_department(request), now=visit.now)
    messages.success(request, _("订阅已关闭，地址即刻失效"))
    return redirect("console:calendars")


def _department(request: HttpRequest) -> UUID | None:
    """Return whose calendar is meant; none named: the reader's own. Raises NotFound for what is no id."""
    named = request.POST.get("department", "")
    found = uuid_or_none(named)
    if named and found is None:
        raise NotFound
    return found
