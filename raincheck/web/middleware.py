"""What happens around every request."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils import translation

from raincheck.core.errors import RaincheckError
from raincheck.core.outages import is_outage
from raincheck.core.scope import Purpose, system_scope
from raincheck.web.errors import Garbled, not_allowed, out_of_reach, refusal_response

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponseBase]
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: The parts of an address that are as good as a key.
_KEYS = {"token", "address", "link", "ticket"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)


class RequestId:
    """Give each request an id that follows it into logs, audit entries, jobs and vendor calls."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take a proxy's id if it looks like one, else make one."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        # Left in place afterwards, for Django logs 4xx and 5xx on its way out; the next request replaces it.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        log.info("request", method=request.method, path=_loggable(request), status=response.status_code)
        response.headers["X-Request-Id"] = request_id
        return response


def _loggable(request: HttpRequest) -> str:
    """Return the path, or the route where the path itself lets whoever reads it in."""
    match = request.resolver_match
    return str(match.route) if match is not None and _KEYS & match.kwargs.keys() else request.path


class ContentSecurityPolicy:
    """Only our own scripts and styles, none of them inline."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the header, and keep personal pages out of shared caches."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Static files come with how long they may be kept; no other answer may be.
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class Language:
    """Speak the language of the person's cookie, else their browser's; Chinese where neither says."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate it for the length of the request."""
        with translation.override(translation.get_language_from_request(request)):
            return self.get_response(request)


class StaffSignIn:
    """Let allauth's pages look people up before their company is known; nothing else is under /staff/."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Open the system scope around sign-in pages only."""
        if not request.path.startswith("/staff/"):
            return self.get_response(request)
        with system_scope(Purpose.SIGN_IN):
            return self.get_response(request)


class Refusals:
    """Turn a RaincheckError, wherever it was raised, into the one page that says no; refuse what no one types."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; an address that isn't asked this way says so like everything else."""
        response = self.get_response(request)
        return not_allowed(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Stop a NUL at the door: no column holds one, and no keyboard has it."""
        # What programs send is read raw by its view, and can be read once only.
        form = [] if getattr(view, "csrf_exempt", False) else request.POST.lists()
        typed = [*request.GET.lists(), *form]
        garbled = any("\x00" in text for name, values in typed for text in (name, *values))
        return refusal_response(request, Garbled()) if garbled else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render ours, and say so where the database is out of reach; leave bugs to the 500 page."""
        if isinstance(error, RaincheckError):
            return refusal_response(request, error)
        return out_of_reach(request, error) if is_outage(error) else None
