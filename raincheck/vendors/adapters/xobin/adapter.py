"""Xobin (docs/reference/vendors.md): AI interviews by a link, and a true revocation.

Documented: the calls, the revocation's four words, dates in GMT without saying so, the statuses Pending, Started and
Completed, the webhook. Guessed, and so marked [G] below: what the list says of a revoked one.

Our reference is `ai_interview_id/response_id`: invitations are listed by the one and revoked by the other.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

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
_FORBIDDEN, _NOT_FOUND, _NO_SUCCESS = 403, 404, 300
#: Who Xobin signs in as, where webhooks bear Basic credentials; the password is the webhook secret.
BASIC_USER = "raincheck"


_CAN = Capabilities(
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
        Setting(
            "ai_interviews",
            "参与对账的 AI 面试编号（逗号分隔，留空则不对账）",
            "numbers of the AI interviews to reconcile, separated by commas (empty: none)",
            needed=False,
        ),
    ),
)


class Xobin:
    """Xobin; the account's address is that of its API, such as https://app.xobin.com/api/v2."""

    name = "xobin"
    title = "Xobin"

    def __init__(self, *, lists: bool = False) -> None:
        self.can = replace(_CAN, lists=lists)

    def fitted(self, options: Mapping[str, str]) -> "Xobin":
        """Return one that lists where the account names its AI interviews: Xobin lists by them only."""
        return Xobin(lists=bool(_named(options)))

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST /ai-interviews/invite for a link that only we hand on: of one whose answer was lost nobody knows."""
        if not booking.email or not booking.template.isdecimal():
            raise NeedsPerson(
                "Xobin needs the candidate's e-mail and the number of an AI interview (template)"
            )
        body = {
            "candidate_name": booking.candidate_name,
            "candidate_email": booking.email,
            "ai_interview_id": int(booking.template),
            "invite_format": "getlink",
            "start_date": _gmt(booking.starts_at),
            "expiry_date": _gmt(booking.ends_at),
            "custom_field_id": str(booking.external_id),
        }
        answer = _call(line, Request("invite", "POST", "/ai-interviews/invite", json=body, key=key))
        if answer.status == _FORBIDDEN and (answer.json or {}).get("error") == "limit_exceed":
            raise NeedsPerson("Xobin has no invitations left (limit_exceed)")
        return as_documented(
            lambda data: View(
                ref=f"{int(booking.template)}/{int(data['response_id'])}",
                word=str(data["status"]),
                status=Status.INVITED,
                link=str(data["invite_link"]),
            ),
            good(answer, code=_code),
        )

    def read(self, line: Line, ref: str) -> View | None:
        """Look through the invitations of its AI interview: no call for a single one is documented."""
        views = _invited(line, "read", ref.partition("/")[0])
        return next((view for view in views if view.ref == ref), None)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """GET /ai-interviews/invited/{id}, a page an AI interview that the account names."""
        if not _named(line.options):
            raise NeedsPerson("Xobin lists by AI interview only: name them in the account's options")
        return (_invited(line, "list", number) for number in _named(line.options))

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """PATCH /ai-interviews/invite/revoke; the candidate hears of it from us."""
        response_id = as_documented(lambda ref: int(ref.partition("/")[2]), ref)
        body = {"response_id": response_id, "notify_candidate": False}
        answer = _call(line, Request("cancel", "PATCH", "/ai-interviews/invite/revoke", json=body, key=key))
        match (answer.json or {}).get("status"):
            case "REVOKED":
                return View(ref, "REVOKED", Status.CANCELLED)
            case "ALREADY_REVOKED":
                return None
            case "NOT_ALLOWED":
                raise Permanent(
                    "Xobin doesn't allow it to be revoked (NOT_ALLOWED): see there what can be done"
                )
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
        """Ask for the invitations of some AI interview: a list, or not found [G], shows that the key is right."""
        answer = _call(line, Request("health", "GET", "/ai-interviews/invited/1"))
        if answer.status != _NOT_FOUND or answer.json is None:
            _rows(answer)


def _call(line: Line, request: Request) -> http.Answer:
    return ask(line, replace(request, headers={"apiKey": line.api_key}), code=_code)


def _code(answer: Mapping[str, Any]) -> object:
    return answer.get("error") or answer["status"]


def _named(options: Mapping[str, str]) -> list[str]:
    return re.findall(r"[0-9]+", options.get("ai_interviews", ""))


def _invited(line: Line, operation: str, ai_interview_id: str) -> list[View]:
    number = as_documented(int, ai_interview_id)
    return _rows(_call(line, Request(operation, "GET", f"/ai-interviews/invited/{number}")))


def _rows(answer: http.Answer) -> list[View]:
    """Read a list, which is no JSON object."""
    if answer.status >= _NO_SUCCESS:
        good(answer, code=_code)
    return as_documented(lambda raw: [_view(data) for data in json.loads(raw)], answer.body)


def _view(data: Mapping[str, Any]) -> View:
    word = str(data["invite_status"])
    return View(_ref(data), word, _STATUS.get(word, Status.UNMAPPED))


def _ref(data: Mapping[str, Any]) -> str:
    return f"{int(data['ai_interview_id'])}/{int(data['response_id'])}"


def _event(event: Mapping[str, Any], now: datetime) -> Inbound:
    return Inbound("", str(event["invite_status"]), "", None, now, ref=_ref(event))


def _gmt(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
