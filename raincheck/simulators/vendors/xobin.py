"""Xobin, simulated. Documented: calls, fields, the revocation's words, Pending, Started, Completed, the webhook.

Guessed: “Revoked” and “Expired”, what revoking says of one that is over, the form of other refusals than the one for
exhausted invitations.
"""

from __future__ import annotations

import base64
import hmac
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request

from raincheck.simulators.shapes import boolean, choice, optional, pattern, text, whole
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json

_DATE = pattern(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_ID = whole(1, 2**31)
INVITE = {
    "candidate_name": text(100),
    "candidate_email": pattern(r"[^@\s]+@[^@\s]+"),
    "ai_interview_id": _ID,
    "invite_format": choice("getlink", "sendlink"),
    "start_date": optional(_DATE, ""),
    "expiry_date": optional(_DATE, ""),
    "custom_field_id": optional(text(64), ""),
}
REVOKE = {"response_id": _ID, "notify_candidate": optional(boolean(), default=False)}
WORDS = {
    "invited": "Pending",
    "started": "Started",
    "submitted": "Completed",
    "cancelled": "Revoked",
    "expired": "Expired",
}
#: What is told of: starts and submissions.
TOLD = {"started", "submitted"}


def _let_in(desk: Desk, request: Request) -> None:
    if not hmac.compare_digest(request.headers.get("apikey", "").encode(), desk.key.encode()):
        raise RefusedError(401, "unauthorized", "send the key as apiKey")
    no_query(request)


async def invite(desk: Desk, request: Request) -> Deed:
    """Understand POST /ai-interviews/invite."""
    _let_in(desk, request)
    said = of_shape(INVITE, await read_json(request))
    if said["expiry_date"] and said["expiry_date"] <= said["start_date"]:
        raise RefusedError(422, "invalid_dates", "it must expire later than it starts")
    invitation = Invitation(
        external_id=said["custom_field_id"],
        template=str(said["ai_interview_id"]),
        email=said["candidate_email"],
        name=said["candidate_name"],
        starts_at=said["start_date"],
        ends_at=said["expiry_date"],
    )
    return Deed("invite", None, lambda: Answer(_invited(desk, desk.interviews.make(invitation))))


def _invited(desk: Desk, row: sqlite3.Row) -> Mapping[str, Any]:
    return {
        "email": row["email"],
        "name": row["name"],
        "ai_interview_id": int(row["template"]),
        "ai_interview_name": "示例岗位",
        "response_id": row["seq"],
        "invite_link": f"{desk.base_url}/i/{row['seq']}",
        "status": WORDS[row["state"]],
        "custom_field_id": row["external_id"],
    }


async def invited(desk: Desk, request: Request) -> Deed:
    """Understand GET /ai-interviews/invited/{ai_interview_id}, a list."""
    _let_in(desk, request)
    template = str(request.path_params["ai_interview_id"])
    return Deed(
        "read", None, lambda: Answer([_listed(row) for row in desk.interviews.all("template = ?", template)])
    )


def _listed(row: sqlite3.Row) -> Mapping[str, Any]:
    changed_at = datetime.fromtimestamp((row["ended_ms"] or row["created_ms"]) // 1000, UTC)
    return {
        "ai_interview_id": int(row["template"]),
        "candidate_id": row["seq"],
        "invite_status": WORDS[row["state"]],
        "last_updated_at": format_datetime(changed_at, usegmt=True),
        "response_id": row["seq"],
    }


async def revoke(desk: Desk, request: Request) -> Deed:
    """Understand PATCH /ai-interviews/invite/revoke."""
    _let_in(desk, request)
    response_id = of_shape(REVOKE, await read_json(request))["response_id"]
    subject = desk.interviews.one("seq = ?", response_id)["id"]

    def do() -> Answer:
        state = desk.interviews.find(subject)["state"]
        if state in {"invited", "started"}:
            desk.interviews.cancel(subject)
            return Answer({"status": "REVOKED", "message": "revoked"})
        if state == "cancelled":
            return Answer({"status": "ALREADY_REVOKED", "message": "revoked before"})
        return Answer({"status": "NOT_ALLOWED", "message": "over"})

    return Deed("cancel", subject, do)


def _event(row: sqlite3.Row, state: str) -> Mapping[str, Any] | None:
    if state not in TOLD:
        return None
    return {
        "ai_interview_id": int(row["template"]),
        "ai_interview_name": "示例岗位",
        "candidate_email": row["email"],
        "candidate_id": row["seq"],
        "candidate_name": row["name"],
        "invite_status": WORDS[state],
        "response_id": row["seq"],
    }


def sign(secret: str, _body: bytes, _at: int) -> Mapping[str, str]:
    """Sign in as the receiver wants it: Basic."""
    return {"Authorization": f"Basic {base64.b64encode(f'raincheck:{secret}'.encode()).decode()}"}


XOBIN = Vendor(
    name="xobin",
    account_path="/api/v2",
    routes=[
        ("POST", "/api/v2/ai-interviews/invite", invite),
        ("GET", "/api/v2/ai-interviews/invited/{ai_interview_id:int}", invited),
        ("PATCH", "/api/v2/ai-interviews/invite/revoke", revoke),
    ],
    refusal=lambda _status, code, _message: {"error": code},
    event=_event,
    sign=sign,
    # An invitation goes by two numbers there: a list is of one AI interview, a revocation of one response.
    name_of=lambda row: f"{row['template']}/{row['seq']}",
)
