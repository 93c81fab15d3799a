"""The simulated vendor's wire format (docs/reference/simulated-vendor.md).

JSON over HTTP, an API key, an idempotency key on every change, webhooks signed as Standard Webhooks.
"""

import base64
import hmac
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from raincheck.core import http
from raincheck.vendors.adapters.base import (
    BadSignature,
    Booking,
    CallRecord,
    Capabilities,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    Status,
    VendorScore,
    View,
)

SKEW = timedelta(minutes=5)
_STATUS = {
    "invited": Status.INVITED,
    "in_progress": Status.IN_PROGRESS,
    "submitted": Status.SUBMITTED,
    "cancelled": Status.CANCELLED,
    "expired": Status.EXPIRED,
}
_NOT_FOUND, _GONE, _TOO_MANY, _SERVER, _NOT_IMPLEMENTED = 404, 410, 429, 500, 501
_REFUSED, _NO_SUCCESS = 400, 300
_CODE = re.compile(r"[a-z0-9_.-]{1,40}")


class Simulated:
    """云面 (simulated)."""

    name = "simulated"
    can = Capabilities(cancel="revoke", webhook_signature="standard-webhooks", verified_against_live=False)

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
        return _view(_good(_call(line, "invite", "POST", "/v1/interviews", key=key, body=body)))

    def read(self, line: Line, ref: str) -> View | None:
        """GET /v1/interviews/{id}; None on 404."""
        answer = _call(line, "read", "GET", f"/v1/interviews/{ref}")
        return None if answer.status == _NOT_FOUND else _view(_good(answer))

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """POST /v1/interviews/{id}/cancel, taking half-finished ones with their scores; None on 410."""
        body = {"reason": reason, "accept_partial": True}
        answer = _call(line, "cancel", "POST", f"/v1/interviews/{ref}/cancel", key=key, body=body)
        if answer.status in {_GONE, _NOT_FOUND}:
            return None
        if answer.status == _NOT_IMPLEMENTED:
            raise NeedsPerson("revoke the candidate's link in the vendor's own console")
        return _view(_good(answer))

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """PATCH /v1/interviews/{id}."""
        body = {"starts_at": _z(starts_at), "ends_at": _z(ends_at)}
        return _view(_good(_call(line, "reschedule", "PATCH", f"/v1/interviews/{ref}", key=key, body=body)))

    def receive(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Inbound:
        """Verify `webhook-id`, `-timestamp` and `-signature` over the raw bytes, then read."""
        event_id, at = _verified(headers, body, secret, now)
        try:
            event = json.loads(body)
            data = event["data"]
            return Inbound(event_id, str(event["type"]), str(data["external_id"]), _view(data), at)
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
            raise Permanent("not the documented shape") from error


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
    started = time.perf_counter()
    outcome, detail = "unreachable", ""
    try:
        answer = http.call(method, f"{line.base_url}{path}", headers=headers, json=body)
        outcome = "ok" if answer.status < _REFUSED else "refused"
        detail = f"{answer.status} {_code(answer)}".strip()
    except http.Unreachable as error:
        detail = str(error)
        raise Retry(f"unreachable ({error})") from error
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000)
        line.calls.append(CallRecord(operation, key, outcome, detail[:200], milliseconds))
    return answer


def _code(answer: http.Answer) -> str:
    """Return the vendor's error code, if it looks like one: free text might name somebody."""
    code = str((answer.json or {}).get("error", ""))
    return code if _CODE.fullmatch(code) else ""


def _good(answer: http.Answer) -> dict[str, Any]:
    """Return a 2xx answer's object; anything else is one of the three ways to fail."""
    if answer.status == _TOO_MANY:
        said = answer.headers.get("retry-after", "")
        raise Retry("rate limit", after=float(said) if said.isdigit() else 5.0)
    if answer.status >= _SERVER:
        raise Retry(f"answered {answer.status}")
    if answer.status >= _NO_SUCCESS or answer.json is None:
        raise Permanent(f"answered {answer.status} {_code(answer)}".strip())
    return answer.json


def _view(data: Mapping[str, Any]) -> View:
    """Read an interview. Raises Permanent where the vendor doesn't keep to its own shape."""
    try:
        return _as_documented(data)
    except (KeyError, ValueError, TypeError, ArithmeticError) as error:
        raise Permanent("not the documented shape") from error


def _as_documented(data: Mapping[str, Any]) -> View:
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
    )


def _verified(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> tuple[str, datetime]:
    event_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if not event_id or not stamp.isdigit() or not secret:
        raise BadSignature("headers missing")
    try:
        at = datetime.fromtimestamp(int(stamp), UTC)
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except (ValueError, OverflowError, OSError) as error:
        raise BadSignature("timestamp or secret unusable") from error
    if abs(now - at) > SKEW:
        raise BadSignature("too old")
    signed = b".".join([event_id.encode(), stamp.encode(), body])
    right = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    given = headers.get("webhook-signature", "").encode().split(b" ")
    if not any(hmac.compare_digest(right, one) for one in given):
        raise BadSignature("signature differs")
    return event_id, at


def _z(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
