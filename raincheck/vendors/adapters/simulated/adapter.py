"""The simulated vendor's wire format (docs/reference/simulated-vendor.md).

JSON over HTTP, an API key, an idempotency key on every change, webhooks signed as Standard Webhooks.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from raincheck.core import http
from raincheck.vendors.adapters.base import (
    Booking,
    Cancel,
    Capabilities,
    Inbound,
    Line,
    NeedsPerson,
    Status,
    VendorScore,
    View,
)
from raincheck.vendors.adapters.signatures import standard_webhook
from raincheck.vendors.adapters.wire import Request, as_documented, ask, good

_STATUS = {
    "invited": Status.INVITED,
    "in_progress": Status.IN_PROGRESS,
    "submitted": Status.SUBMITTED,
    "cancelled": Status.CANCELLED,
    "expired": Status.EXPIRED,
}
_NOT_FOUND, _GONE, _NOT_IMPLEMENTED = 404, 410, 501
_PER_PAGE = 1000


class Simulated:
    """云面 (simulated)."""

    name = "simulated"
    title = "云面（模拟）"
    can = Capabilities(
        cancel=Cancel.REVOKE,
        webhook_signature="standard-webhooks",
        lists=True,
        reschedules=True,
        idempotent=True,
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """POST /v1/interviews."""
        body = {
            "external_id": str(booking.external_id),
            "kind": booking.kind,
            "starts_at": _z(booking.starts_at),
            "ends_at": _z(booking.ends_at),
            "title": booking.title,
            "candidate": {"name": booking.candidate_name, "locale": booking.language},
        }
        return _view(_call(line, "invite", "POST", "/v1/interviews", key=key, body=body))

    def read(self, line: Line, ref: str) -> View | None:
        """GET /v1/interviews/{id}; None on 404."""
        answer = _call(line, "read", "GET", f"/v1/interviews/{ref}")
        return None if answer.status == _NOT_FOUND else _view(answer)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """GET /v1/interviews, in the order they were booked."""
        page, pages = 1, 1
        while page <= pages:
            path = f"/v1/interviews?page={page}&per_page={_PER_PAGE}"
            found = good(_call(line, "list", "GET", path))
            pages = as_documented(lambda data: int(data["pages"]), found)
            yield as_documented(lambda data: [view_of(item) for item in data["items"]], found)
            page += 1

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """POST /v1/interviews/{id}/cancel, taking half-finished ones with their scores; None on 410."""
        body = {"reason": reason, "accept_partial": True}
        answer = _call(line, "cancel", "POST", f"/v1/interviews/{ref}/cancel", key=key, body=body)
        if answer.status == _NOT_IMPLEMENTED:
            raise NeedsPerson("revoke the candidate's link in the vendor's own console")
        return None if answer.status in {_GONE, _NOT_FOUND} else _view(answer)

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """PATCH /v1/interviews/{id}."""
        body = {"starts_at": _z(starts_at), "ends_at": _z(ends_at)}
        return _view(_call(line, "reschedule", "PATCH", f"/v1/interviews/{ref}", key=key, body=body))

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verify `webhook-id`, `-timestamp` and `-signature` over the raw bytes, then read."""
        event_id, at = standard_webhook(headers, body, line.webhook_secret, now)
        return as_documented(lambda raw: _event(json.loads(raw), event_id, at), body)

    def health(self, line: Line) -> None:
        """GET the shortest page."""
        good(_call(line, "health", "GET", "/v1/interviews?page=1&per_page=1"))


def _call(
    line: Line,
    operation: str,
    method: str,
    path: str,
    *,
    key: str = "",
    body: Mapping[str, Any] | None = None,
) -> http.Answer:
    headers = {"X-Api-Key": line.api_key, **({"Idempotency-Key": key} if key else {})}
    return ask(line, Request(operation, method, path, headers=headers, json=body, key=key), code=_code)


def _code(answer: Mapping[str, Any]) -> object:
    return answer["error"]


def _view(answer: http.Answer) -> View:
    return as_documented(view_of, good(answer, code=_code))


def _event(event: Mapping[str, Any], event_id: str, at: datetime) -> Inbound:
    data = event["data"]
    return Inbound(event_id, str(event["type"]), str(data["external_id"]), view_of(data), at)


def view_of(data: Mapping[str, Any]) -> View:
    """Read one interview as documented; raises KeyError, ValueError, TypeError, ArithmeticError where it isn't."""
    word = str(data["status"])
    return View(
        ref=str(data["id"]),
        word=word,
        status=_STATUS.get(word, Status.UNMAPPED),
        progress=str(data["progress"]),
        starts_at=datetime.fromisoformat(data["starts_at"]),
        ends_at=datetime.fromisoformat(data["ends_at"]),
        version=int(data["version"]),
        link=str(data.get("invite_url", "")),
        scores=[
            VendorScore(
                str(s["dimension"]), Decimal(str(s["score"])), Decimal(str(s["max"])), bool(s["partial"])
            )
            for s in data.get("scores", ())
        ],
        external_id=str(data.get("external_id", "")),
    )


def _z(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
