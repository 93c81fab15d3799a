"""What every page of the portal is drawn with, and where a person may be sent on to."""

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse

from raincheck.accounts.models import Company
from raincheck.notifications.channels.web_push.keys import public_key
from raincheck.notifications.queries import unread_count
from raincheck.web.errors import with_wait
from raincheck.web.people import Visit

Context = dict[str, Any]


def address(company: Company, name: str, **where: Any) -> str:
    """Return the path of a page of this company's portal."""
    return reverse(f"portal:{name}", kwargs={"slug": company.slug, **where})


def doorway(
    request: HttpRequest, company: Company, template: str, context: Context, *, status: int = 200
) -> HttpResponse:
    """Draw a page that needs nobody to be signed in."""
    answer = render(request, template, {"company": company, **context}, status=status)
    return with_wait(answer, context.get("error"))


def page(
    request: HttpRequest, visit: Visit, template: str, context: Context, *, status: int = 200
) -> HttpResponse:
    """Draw a page of a signed-in candidate, with their unread messages counted on the bell."""
    known = {
        "push_key": public_key(),
        "signed_in": True,
        "unread": unread_count(visit.actor),
        "now": visit.now,
    }
    return doorway(request, visit.company, template, {**known, **context}, status=status)


def way_on(company: Company, wanted: str) -> str:
    """Return the wanted path if it is a page of this company's portal, else its first page."""
    home = address(company, "home")
    try:
        parts = urlsplit(wanted)
    except ValueError:
        # `//[`: half an IPv6 address.
        return home
    if parts.scheme or parts.netloc or not parts.path.startswith(home):
        return home
    try:
        match = resolve(parts.path)
    except Http404:
        return home
    return parts.path if match.namespace == "portal" and match.kwargs.get("slug") == company.slug else home


def typed(request: HttpRequest, field: str) -> str:
    """Return what was typed: line ends counted once, as the browser does."""
    return request.POST.get(field, "").replace("\r\n", "\n")
