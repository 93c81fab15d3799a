"""The in-app inbox of a member of staff."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console.frame import shown
from raincheck.notifications.actions import mark_all_read
from raincheck.notifications.queries import inbox as messages_of
from raincheck.notifications.queries import unread_count
from raincheck.web.people import Visit, staff_page


@staff_page(Ability.READ_MESSAGES)
@require_GET
def inbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the reader's messages; looking at them doesn't mark them read."""
    context = {"shown": messages_of(visit.actor), "unread": unread_count(visit.actor)}
    return shown(request, visit, "messages.html", context)


@staff_page(Ability.READ_MESSAGES)
@require_POST
def read(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Mark all of them read."""
    mark_all_read(actor=visit.actor, now=visit.now)
    return redirect("console:messages")
