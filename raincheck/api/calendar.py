"""A calendar by subscription, for calendar programs."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from raincheck.notifications.calendars.feeds import subscription
from raincheck.web.people import public_page


@public_page(
    "calendar programs can't sign in: whoever has the address, which its owner can replace, may read"
)
@require_safe
def feed(request: HttpRequest, address: str) -> HttpResponse:
    """Answer with the calendar, or 304 where the program has it already. Raises NotFound."""
    body = subscription(address).encode()
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer.headers["ETag"] = f'"{sha256(body).hexdigest()[:32]}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = 'inline; filename="interviews.ics"'
    return get_conditional_response(request, etag=answer.headers["ETag"], response=answer) or answer
