"""面试提醒: whom the company reminds, and how long before."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from raincheck.accounts.abilities import Ability
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.reminders.deciding import habit_of
from raincheck.reminders.habits import FURTHEST, set_habit
from raincheck.web.people import Visit, staff_page

#: What the page offers, in minutes; an action takes others, too, and the page shows them.
OFFERED = (7 * 1440, 3 * 1440, 2 * 1440, 1440, 720, 240, 120, 60, 30)


@staff_page(Ability.EDIT_REMINDERS, looking=Ability.VIEW_REMINDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show how the company reminds; change it."""
    habit, error = habit_of(visit.company.id), None
    if request.method == "POST":
        with attempt() as tried:
            set_habit(
                active=request.POST.get("active") == "yes",
                leads=_typed(request, "leads"),
                interviewer_leads=_typed(request, "interviewer_leads"),
                actor=visit.actor,
                now=visit.now,
            )
            messages.success(request, _("提醒设置已保存"))
        error = tried.error
        if error is None:
            return redirect("console:reminders")
    chosen = {name: _typed(request, name) if error else getattr(habit, name) for name in _LEADS}
    context = {
        "active": request.POST.get("active") == "yes" if error else habit.active,
        "leads": _offered(chosen["leads"]),
        "interviewer_leads": _offered(chosen["interviewer_leads"]),
        "error": error,
    }
    return shown(request, visit, "reminders.html", context, status=error.status if error else 200)


_LEADS = ("leads", "interviewer_leads")


def _typed(request: HttpRequest, name: str) -> list[int]:
    # Nine digits are far out of bounds already; of thousands Python makes no number.
    return [int(text[:9]) for text in request.POST.getlist(name) if text.isascii() and text.isdigit()]


def _offered(chosen: Iterable[int]) -> list[tuple[int, timedelta, bool]]:
    every = sorted({*OFFERED, *(lead for lead in chosen if lead <= FURTHEST)}, reverse=True)
    return [(lead, timedelta(minutes=lead), lead in chosen) for lead in every]
