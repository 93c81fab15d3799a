"""Xobin (docs/reference/vendors.md): AI interviews by a link, and a true revocation.

Documented: the calls, the revocation's four words, dates in GMT without saying so, the statuses Pending, Started and
Completed. Guessed, and so marked [G] below: that `invited/{id}` takes the response's id, the fields of its answer,
what it says of a revoked one, and a webhook's fields.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from raincheck.core import http
from raincheck.vendors.adapters.base import (
    Booking,
    Cancel,
    Capabilities,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    Setting,
    Status,
    View,
)
from raincheck.vendors.adapters.signatures import same
from raincheck.vendors.adapters.wire import Request, as_documented, ask, good

_STATUS = {
    "Pending": Status.INVITED,
    "Started": Status.IN_PROGRESS,
    "Completed": Status.SUBMITTED,
    "Revoked": Status.CANCELLED,  # [G]
}
_NOT_FOUND, _FORBIDDEN = 404, 403
_WRITTEN = "%Y-%m-%d %H:%M"
_COARSE = timedelta(minutes=1)
#: Who Xobin signs in as, where webhooks bear Basic credentials; the password is the webhook secret.
BASIC_USER = "raincheck"


class Xobin:
    """Xobin; the account's address is that of its API, as app.xobin.com/api/docs gives it."""

    name = "xobin"
    title = "Xobin"
    can = Capabilities(
        cancel=Cancel.REVOKE,
        webhook_signature="shared-word",
        needs_contacts=True,
        options=(
            Setting(
                "webhook_header",
                "Webhook 自定义请求头名称（留空则用 Basic 认证，用户名 raincheck）",
                "name of the webhook's custom header (empty: Basic, as user raincheck)",
                needed=False,
            ),
        ),
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST /ai-interviews/invite for a link that only we hand on: of one whose answer was lost nobody knows."""
        if not booking.email or not booking.template:
            raise NeedsPerson("Xobin needs the candidate's e-mail and the account's AI interview (template)")
        body = {
            "candidate_name": booking.candidate_name,
            "candidate_email": booking.email,
            "ai_interview_id": booking.template,
            "invite_format": "getlink",
            "start_date": _gmt(booking.starts_at),
            "expiry_date": _gmt(booking.ends_at),
        }
        answer = _call(line, "invite", "POST", "/ai-interviews/invite", body=body, key=key)
        if answer.status == _FORBIDDEN and (answer.json or {}).get("error") == "limit_exceed":
            raise NeedsPerson("Xobin has no invitations left (limit_exceed)")
        times = (booking.starts_at, booking.ends_at)
        return as_documented(
            lambda data: View(
                str(data["response_id"]),
                str(data["status"]),
                Status.INVITED,
                "",
                *times,
                link=str(data["invite_link"]),
                tolerance=_COARSE,
            ),
            good(answer, code=_code),
        )

    def read(self, line: Line, ref: str) -> View | None:
        """GET /ai-interviews/invited/{id} [G]; None on a 404 of Xobin's own."""
        answer = _call(line, "read", "GET", f"/ai-interviews/invited/{quote(ref, safe='')}")
        if answer.status == _NOT_FOUND and "error" in (answer.json or {}):
            return None
        return as_documented(_view, good(answer, code=_code))

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """Refuse: no list is documented."""
        raise NeedsPerson("Xobin documents no list of invitations: compare in its console")

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """PATCH /ai-interviews/invite/revoke; the candidate hears of it from us."""
        body = {"response_id": ref, "notify_candidate": False}
        answer = _call(line, "cancel", "PATCH", "/ai-interviews/invite/revoke", body=body, key=key)
        match (answer.json or {}).get("status"):
            case "REVOKED":
                return View(ref, "REVOKED", Status.CANCELLED)
            case "ALREADY_REVOKED":
                return None
            case "NOT_ALLOWED":
                raise Permanent("Xobin does not allow it to be revoked (NOT_ALLOWED)")
            case "FAILED":
                raise Retry("Xobin failed to revoke it (FAILED)")
        good(answer, code=_code)
        raise Permanent("not the documented shape")

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Refuse: no such call is documented."""
        raise NeedsPerson("Xobin documents no way to move an invitation: change its dates in its console")

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Check the shared word, the only proof there is: nothing covers the body. So ask what is now."""
        secret, header = line.webhook_secret, line.options.get("webhook_header", "").lower()
        basic = base64.b64encode(f"{BASIC_USER}:{secret}".encode()).decode()
        right = secret if header else f"Basic {basic}"
        same(right if secret else "", headers.get(header or "authorization", ""))
        return as_documented(lambda raw: _event(json.loads(raw), now), body)

    def health(self, line: Line) -> None:
        """Ask for an invitation that can't be there: address and key are right if the answer is none."""
        self.read(line, "raincheck")


def _call(
    line: Line,
    operation: str,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    key: str = "",
) -> http.Answer:
    request = Request(operation, method, path, {"apiKey": line.api_key}, json=body, key=key)
    return ask(line, request, code=_code)


def _code(answer: Mapping[str, Any]) -> object:
    return answer.get("error") or answer["status"]


def _view(data: Mapping[str, Any]) -> View:
    word = str(data["invite_status"])
    return View(
        ref=str(data["response_id"]),
        word=word,
        status=_STATUS.get(word, Status.UNMAPPED),
        starts_at=_instant(data["start_date"]),
        ends_at=_instant(data["expiry_date"]),
        link=str(data["invite_link"]),
        tolerance=_COARSE,
    )


def _event(event: Mapping[str, Any], now: datetime) -> Inbound:
    return Inbound("", str(event["invite_status"]), "", None, now, ref=str(event["response_id"]))


def _gmt(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(_WRITTEN)


def _instant(written: str) -> datetime:
    return datetime.strptime(written, _WRITTEN).replace(tzinfo=UTC)
