"""What somebody typed into a form that came after their proof of who they are was too old.

It is kept on our side while they prove it, and stands in the form again when they come back; only their own click sends
it. It lies sealed in a session row of its own, which ends by itself: a session proper lives for hours, and is read with
every page.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from raincheck.accounts.backends import is_fresh
from raincheck.accounts.models import Staff
from raincheck.core import crypto
from raincheck.web.refill import refilled

GetResponse = Callable[[HttpRequest], HttpResponseBase]
#: The most that is kept of one form, in bytes.
MOST = 64_000
_POINTER, _SEALED = "unsent", "sealed"
#: Secrets, by the names fields have here; a test walks them.
_SECRET = re.compile(r"pass|secret|credential|token|(?:^|[._-])(?:key|code|pin)$", re.IGNORECASE)
#: Nothing anybody typed; and that one has looked is to be said of what the page shows now.
_OURS = frozenset({"csrfmiddlewaretoken", "confirm", "confirmed"})


@dataclass(frozen=True)
class Unsent:
    """A form that wasn't carried out: where it leads, what was typed, and what of it isn't kept."""

    target: str
    typed: dict[str, list[str]]
    secrets: bool
    files: bool


def is_kept(name: str) -> bool:
    """Say whether what is typed into a field of this name may be kept."""
    return _SECRET.search(name) is None


def keep(request: HttpRequest) -> bool:
    """Keep what was typed into the form that is sent, in the place of what was kept before; False if it is too long."""
    drop(request)
    sent = {name: values for name, values in request.POST.lists() if any(values) and name not in _OURS}
    typed = {name: values for name, values in sent.items() if is_kept(name)}
    if not typed or not isinstance(request.user, Staff):
        return True
    said = json.dumps([request.get_full_path(), typed, len(sent) > len(typed), bool(request.FILES)])
    if len(said.encode()) > MOST:
        return False
    store = SessionStore()
    store[_SEALED] = crypto.seal_secret(_name(request.user), said).hex()
    store.set_expiry(settings.RAINCHECK_FRESH_MINUTES * 60)
    store.save()
    request.session[_POINTER] = store.session_key
    return True


def kept(request: HttpRequest) -> Unsent | None:
    """Return what was kept for this person, if it hasn't ended yet."""
    key = request.session.get(_POINTER)
    if key is None or not isinstance(request.user, Staff):
        return None
    sealed = SessionStore(key).get(_SEALED)
    if sealed is None:
        return None
    try:
        said = json.loads(crypto.open_secret(_name(request.user), bytes.fromhex(sealed)))
    except InvalidTag:
        return None  # somebody else's, or the key it was sealed by is gone
    return Unsent(*said)


def drop(request: HttpRequest) -> None:
    """Forget what was kept, if anything was."""
    if key := request.session.pop(_POINTER, None):
        SessionStore(key).delete()


class Refill:
    """Put what was kept into its form wherever the console shows it, and forget it once it was carried out."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look at pages of whoever has something kept; at no other."""
        answer = self.get_response(request)
        if not request.path.startswith("/console/") or _POINTER not in request.session:
            return answer
        if request.method == "GET" and isinstance(answer, HttpResponse):
            _refill(request, answer)
        elif request.method == "POST" and answer.status_code < HttpResponse(status=400).status_code:
            unsent = kept(request)
            if is_fresh(request) and (unsent is None or unsent.target == request.get_full_path()):
                drop(request)
        return answer


def _refill(request: HttpRequest, answer: HttpResponse) -> None:
    is_page = answer.status_code == HttpResponse().status_code and "html" in answer.headers["Content-Type"]
    unsent = kept(request) if is_page else None
    if unsent is None:
        return
    page = refilled(
        answer.content.decode(),
        page=request.get_full_path(),
        target=unsent.target,
        typed=unsent.typed,
        note=render_to_string("web/unsent.html", {"unsent": unsent}, request),
    )
    if page is not None:
        answer.content = page.encode()


def _name(staff: Staff) -> str:
    return f"unsent:{staff.pk}"
