"""Spark Hire v1, simulated.

Documented: the key as Basic user, the path, `one_way`, DELETE, 410, the limit's header; by somebody's working code the
webhook's signature and headers. Guessed: a body's fields, the words for a status, the list as a JSON array.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request

from raincheck.simulators.shapes import choice, optional, pattern, text
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json

INVITE = {
    "type": choice("one_way"),
    "job_uuid": text(100),
    "candidate_first_name": text(100),
    "candidate_last_name": text(100),
    "candidate_email": pattern(r"[^@\s]{1,64}@[^@\s]{1,190}"),
    "question_set_uuid": optional(text(100)),
}
STATUS = {"invited": "created", "started": "accepted", "submitted": "completed", "expired": "expired"}
DELETED = "deleted"
EVENTS = {
    "created": "InterviewCreated",
    "accepted": "InterviewAccepted",
    "completed": "InterviewCompleted",
    "expired": "InterviewExpired",
    DELETED: "InterviewDeleted",
}
RANGE = re.compile(r"([1-9]\d{0,8})-([1-9]\d{0,8})")


async def invite(desk: Desk, request: Request) -> Deed:
    """POST /interviews."""
    _let_in(desk, request)
    no_query(request)
    said = of_shape(INVITE, await read_json(request))
    return Deed("invite", None, lambda: _invite(desk, said))


async def read(desk: Desk, request: Request) -> Deed:
    """GET /interviews/{uuid}."""
    _let_in(desk, request)
    no_query(request)
    uuid = request.path_params["id"]
    return Deed("read", uuid, lambda: Answer(_shown(_standing(desk, uuid))))


async def delete(desk: Desk, request: Request) -> Deed:
    """DELETE /interviews/{uuid}; what was handed in goes, too: nobody knows that it wouldn't."""
    _let_in(desk, request)
    no_query(request)
    uuid = request.path_params["id"]
    return Deed("cancel", uuid, lambda: _delete(desk, uuid))


async def listing(desk: Desk, request: Request) -> Deed:
    """GET /interviews?range=1-100&orderby=updated_desc."""
    _let_in(desk, request)
    asked = RANGE.fullmatch(request.query_params.get("range", ""))
    if set(request.query_params) != {"range", "orderby"} or not asked:
        raise RefusedError(400, "invalid_query", "send range, such as 1-20, and orderby")
    if request.query_params["orderby"] != "updated_desc":
        raise RefusedError(400, "invalid_query", "only updated_desc is known")
    first, last = int(asked[1]), int(asked[2])
    return Deed("list", None, lambda: _listed(desk, first, last))


def _let_in(desk: Desk, request: Request) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        user = base64.b64decode(given, validate=True).partition(b":")[0]
    except ValueError:
        user = b""
    if scheme != "Basic" or not hmac.compare_digest(user, desk.key.encode()):
        raise RefusedError(401, "unauthorized", "send the key as the user of Basic authentication")


def _invite(desk: Desk, said: Mapping[str, str]) -> Answer:
    name = f"{said['candidate_first_name']} {said['candidate_last_name']}"
    invitation = Invitation(template=said["job_uuid"], email=said["candidate_email"], name=name)
    return Answer(_shown(desk.interviews.make(invitation)), 201)


def _delete(desk: Desk, uuid: str) -> Answer:
    row = _standing(desk, uuid)
    desk.interviews.cancel(uuid)
    if row["state"] == "submitted":
        desk.interviews.happen(uuid, "cancelled")
    return Answer(None, 204)


def _standing(desk: Desk, uuid: str) -> sqlite3.Row:
    row = desk.interviews.find(uuid)
    if row["state"] == "cancelled":
        raise RefusedError(404, "not_found", "there is no such interview")
    if row["state"] == "expired":
        raise RefusedError(410, "gone", "the interview has expired")
    return row


def _listed(desk: Desk, first: int, last: int) -> Answer:
    rows = desk.store.execute(
        "SELECT * FROM interview WHERE state <> 'cancelled'"
        " ORDER BY coalesce(ended_ms, created_ms) DESC, seq DESC LIMIT ? OFFSET ?",
        (max(0, last - first + 1), first - 1),
    )
    return Answer([_shown(row) for row in rows])


def _shown(row: sqlite3.Row) -> dict[str, str]:
    return {
        "uuid": row["id"],
        "type": "one_way",
        "status": STATUS.get(row["state"], DELETED),
        "job_uuid": row["template"],
        "candidate_email": row["email"],
    }


def _refusal(_status: int, code: str, message: str) -> Any:
    return {"error": code, "message": message}


def sign(secret: str, body: bytes, at: int) -> Mapping[str, str]:
    """Sign the raw body, and nothing of the other headers."""
    return {
        "X-SparkHire-Signature": hmac.digest(secret.encode(), body, "sha256").hex(),
        "X-SparkHire-Event": _event_of(body),
        "X-SparkHire-Event-Time": str(at),
        "X-SparkHire-Request-UUID": str(uuid5(NAMESPACE_URL, body.hex())),
    }


def _event_of(body: bytes) -> str:
    try:
        return EVENTS[json.loads(body)["status"]]
    except (ValueError, KeyError, TypeError):
        return "InterviewCreated"


SPARK_HIRE = Vendor(
    name="spark_hire",
    account_path="/v1.0",
    routes=[
        ("POST", "/v1.0/interviews", invite),
        ("GET", "/v1.0/interviews", listing),
        ("GET", "/v1.0/interviews/{id}", read),
        ("DELETE", "/v1.0/interviews/{id}", delete),
    ],
    refusal=_refusal,
    event=lambda row, _state: _shown(row),
    sign=sign,
    wait_header="X-Rate-Limit-Try-Again-Seconds",
)
