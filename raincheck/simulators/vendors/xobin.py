"""Xobin, simulated. Documented: calls, fields, the revocation's words, the statuses Pending, Started, Completed.

Guessed: which fields may be left out, what reading one answers, “Revoked” and “Expired”, when revoking isn't allowed,
and the webhook's fields.
"""

from __future__ import annotations

import base64
import hmac
import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from raincheck.simulators.shapes import boolean, choice, optional, pattern, text
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json

_DATE = pattern(r"\d{4}-\d\d-\d\d \d\d:\d\d")
INVITE = {
    "candidate_name": text(100),
    "candidate_email": pattern(r"[^@\s]+@[^@\s]+"),
    "ai_interview_id": text(64),
    "invite_format": choice("getlink", "sendlink"),
    "start_date": _DATE,
    "expiry_date": _DATE,
    "custom_field_id": optional(text(64)),
}
REVOKE = {"response_id": text(64), "notify_candidate": boolean()}
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
    if said["expiry_date"] <= said["start_date"]:
        raise RefusedError(422, "invalid_dates", "it must expire later than it starts")
    invitation = Invitation(
        template=said["ai_interview_id"],
        email=said["candidate_email"],
        name=said["candidate_name"],
        starts_at=said["start_date"],
        ends_at=said["expiry_date"],
    )

    def do() -> Answer:
        row = desk.interviews.make(invitation)
        return Answer(
            {"response_id": row["id"], "invite_link": _link(desk, row), "status": WORDS[row["state"]]}
        )

    return Deed("invite", None, do)


async def read(desk: Desk, request: Request) -> Deed:
    """Understand GET /ai-interviews/invited/{id}."""
    _let_in(desk, request)
    interview_id = request.path_params["id"]

    def do() -> Answer:
        row = desk.interviews.find(interview_id)
        shown = {
            "response_id": row["id"],
            "invite_status": WORDS[row["state"]],
            "invite_link": _link(desk, row),
        }
        return Answer({**shown, "start_date": row["starts_at"], "expiry_date": row["ends_at"]})

    return Deed("read", interview_id, do)


async def revoke(desk: Desk, request: Request) -> Deed:
    """Understand PATCH /ai-interviews/invite/revoke."""
    _let_in(desk, request)
    interview_id = of_shape(REVOKE, await read_json(request))["response_id"]

    def do() -> Answer:
        row = desk.interviews.find(interview_id)
        if row["state"] in {"invited", "started"}:
            desk.interviews.cancel(interview_id)
            return Answer({"status": "REVOKED", "message": "revoked"})
        if row["state"] == "cancelled":
            return Answer({"status": "ALREADY_REVOKED", "message": "revoked before"})
        return Answer({"status": "NOT_ALLOWED", "message": "over"})

    return Deed("cancel", interview_id, do)


def _link(desk: Desk, row: sqlite3.Row) -> str:
    return f"{desk.base_url}/i/{row['id']}"


def _event(row: sqlite3.Row, state: str) -> Mapping[str, Any] | None:
    return {"response_id": row["id"], "invite_status": WORDS[state]} if state in TOLD else None


def sign(secret: str, _body: bytes, _at: int) -> Mapping[str, str]:
    """Sign in as the receiver wants it: Basic."""
    return {"Authorization": f"Basic {base64.b64encode(f'raincheck:{secret}'.encode()).decode()}"}


XOBIN = Vendor(
    name="xobin",
    routes=[
        ("POST", "/ai-interviews/invite", invite),
        ("GET", "/ai-interviews/invited/{id}", read),
        ("PATCH", "/ai-interviews/invite/revoke", revoke),
    ],
    refusal=lambda _status, code, _message: {"error": code},
    event=_event,
    sign=sign,
)
