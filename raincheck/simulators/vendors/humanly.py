"""Humanly (Qualifi Gather), simulated.

Documented: paths, the key's header, the invitation's body, what a read answers, the statuses, the candidates, the
errors' form, the webhook and its signature. Guessed: the body of the archive, the list's shape and filters, that what
creates a candidate answers as a read of one does.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from starlette.requests import Request

from raincheck.simulators.shapes import BadValueError, Field, boolean, choice, in_utc, pattern, text, whole
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json

INTERVIEWS, CANDIDATES = "/qsi/gather/candidate-interviews", "/qsi/gather/candidates"
_CANDIDATES_TABLE = (
    "CREATE TABLE IF NOT EXISTS candidate (id TEXT PRIMARY KEY, external_id TEXT NOT NULL, email TEXT NOT NULL,"
    " name TEXT NOT NULL)"
)


def _channels() -> Field:
    def read(value: Any) -> list[str]:
        if not isinstance(value, list) or not value or not set(map(str, value)) <= {"email", "sms"}:
            raise BadValueError("must be a list of email, sms")
        return value

    return Field(read)


CANDIDATE = {
    "firstName": text(100),
    "lastName": text(100),
    "email": pattern(r"[^@\s]{1,64}@[^@\s]{1,190}"),
    "externalId": text(100),
}
INVITE = {
    "candidateId": text(100),
    "interviewId": text(100),
    "sendInvite": boolean(),
    "deliveryTypes": _channels(),
    "expiryDays": whole(1, 3650),
}
ARCHIVE = {"status": choice("archived")}
STATUS = {"started": "partially_completed", "submitted": "new_response", "cancelled": "archived"}
CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    404: "NOT_FOUND",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
}
FILTERS = ("candidateId", "interviewId", "status")
LONGEST_PAGE = 100


async def find_candidates(desk: Desk, request: Request) -> Deed:
    """GET /qsi/gather/candidates?externalId=."""
    _let_in(desk, request)
    if set(request.query_params) != {"externalId"}:
        raise RefusedError(400, "invalid_query", "of the filters only externalId is played")
    wanted = request.query_params["externalId"]
    return Deed("candidate", None, lambda: _candidates(desk, wanted))


async def create_candidate(desk: Desk, request: Request) -> Deed:
    """POST /qsi/gather/candidates."""
    _let_in(desk, request)
    no_query(request)
    said = of_shape(CANDIDATE, await read_json(request))
    return Deed("candidate", None, lambda: _create_candidate(desk, said))


async def invite(desk: Desk, request: Request) -> Deed:
    """POST /qsi/gather/candidate-interviews."""
    _let_in(desk, request)
    no_query(request)
    said = of_shape(INVITE, await read_json(request))
    return Deed("invite", None, lambda: _invite(desk, said))


async def read(desk: Desk, request: Request) -> Deed:
    """GET /qsi/gather/candidate-interviews/{id}."""
    _let_in(desk, request)
    no_query(request)
    ref = request.path_params["id"]
    return Deed("read", ref, lambda: _answer(_shown(desk.interviews.find(ref))))


async def listing(desk: Desk, request: Request) -> Deed:
    """GET /qsi/gather/candidate-interviews?page=&pageSize= and filters."""
    _let_in(desk, request)
    query = dict(request.query_params)
    page, size = _whole(query.pop("page", "1")), _whole(query.pop("pageSize", "50"))
    if set(query) - set(FILTERS) or size > LONGEST_PAGE:
        raise RefusedError(400, "invalid_query", "no such filter, or too long a page")
    return Deed("list", None, lambda: _listed(desk, query, page, size))


async def archive(desk: Desk, request: Request) -> Deed:
    """PATCH /qsi/gather/candidate-interviews/{id}/status."""
    _let_in(desk, request)
    no_query(request)
    of_shape(ARCHIVE, await read_json(request))
    ref = request.path_params["id"]
    return Deed("cancel", ref, lambda: _archive(desk, ref))


def _let_in(desk: Desk, request: Request) -> None:
    if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), desk.key.encode()):
        raise RefusedError(401, "unauthorized", "send the key as x-api-key")


def _whole(said: str) -> int:
    if not (said.isascii() and said.isdigit() and 1 <= int(said) < 10**9):
        raise RefusedError(400, "invalid_query", "pages are counted from 1")
    return int(said)


def _candidates(desk: Desk, external_id: str) -> Answer:
    desk.store.execute(_CANDIDATES_TABLE)
    found = desk.store.execute("SELECT * FROM candidate WHERE external_id = ?", (external_id,))
    return _answer({"candidates": [_person(row) for row in found]})


def _create_candidate(desk: Desk, said: Mapping[str, str]) -> Answer:
    desk.store.execute(_CANDIDATES_TABLE)
    person = (_candidate_id(said["email"]), said["externalId"], said["email"])
    name = f"{said['firstName']} {said['lastName']}"
    try:
        desk.store.execute("INSERT INTO candidate VALUES (?, ?, ?, ?)", (*person, name))
    except sqlite3.IntegrityError:
        raise RefusedError(400, "invalid_request", "this candidate is there already") from None
    made = desk.store.execute("SELECT * FROM candidate WHERE id = ?", (person[0],)).fetchone()
    return _answer(_person(made), 201)


def _invite(desk: Desk, said: Mapping[str, Any]) -> Answer:
    desk.store.execute(_CANDIDATES_TABLE)
    person = desk.store.execute("SELECT * FROM candidate WHERE id = ?", (said["candidateId"],)).fetchone()
    if person is None:
        raise RefusedError(404, "not_found", "there is no such candidate")
    expiry = in_utc(datetime.now(UTC) + timedelta(days=said["expiryDays"]))
    row = desk.interviews.make(
        Invitation(template=said["interviewId"], email=person["email"], name=person["name"], ends_at=expiry)
    )
    return _answer(_shown(row), 201)


def _archive(desk: Desk, ref: str) -> Answer:
    before = desk.interviews.find(ref)
    row = desk.interviews.cancel(ref)
    if before["state"] == "submitted":
        row = desk.interviews.happen(ref, "cancelled")
    return _answer(_shown(row))


def _listed(desk: Desk, query: Mapping[str, str], page: int, size: int) -> Answer:
    shown = [_shown(row) for row in desk.interviews.all()]
    found = [item for item in shown if all(item[name] == wanted for name, wanted in query.items())]
    return _answer({"candidateInterviews": found[(page - 1) * size : page * size]})


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    ended = datetime.fromtimestamp(row["ended_ms"] / 1000, UTC) if row["state"] == "expired" else None
    return {
        "id": row["id"],
        "candidateId": _candidate_id(row["email"]),
        "interviewId": row["template"],
        "status": STATUS.get(row["state"], "invite_sent"),
        "inviteToken": row["id"][:8],
        "expiry": in_utc(ended) if ended else row["ends_at"] or None,
        "externalId": None,
    }


def _person(row: sqlite3.Row) -> dict[str, Any]:
    return {"id": row["id"], "email": row["email"], "externalId": row["external_id"]}


def _candidate_id(email: str) -> str:
    return str(uuid5(NAMESPACE_URL, email))


def _answer(data: Any, status: int = 200) -> Answer:
    return Answer({"data": data, "meta": _meta()}, status)


def _meta() -> dict[str, str]:
    return {"requestId": str(uuid4()), "timestamp": in_utc(datetime.now(UTC))}


def _refusal(status: int, _code: str, message: str) -> Any:
    return {"error": {"code": CODES.get(status, "ERROR"), "message": message}, "meta": _meta()}


def _event(row: sqlite3.Row, state: str) -> Mapping[str, Any] | None:
    if state == "expired":
        # No event is known for it.
        return None
    now = in_utc(datetime.now(UTC))
    data = {
        "candidateInterviewId": row["id"],
        "candidateId": _candidate_id(row["email"]),
        "interviewId": row["template"],
        "status": STATUS.get(state, "invite_sent"),
        "takenAt": now if state == "submitted" else None,
    }
    kind = "completed" if state == "submitted" else "status_changed"
    return {"event": f"candidate_interview.{kind}", "timestamp": now, "data": data}


def sign(secret: str, body: bytes, at: int) -> Mapping[str, str]:
    """Sign the instant and the raw body."""
    signature = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return {"X-Qualifi-Signature": f"t={at},v1={signature}"}


HUMANLY = Vendor(
    name="humanly",
    routes=[
        ("GET", CANDIDATES, find_candidates),
        ("POST", CANDIDATES, create_candidate),
        ("POST", INTERVIEWS, invite),
        ("GET", INTERVIEWS, listing),
        ("GET", f"{INTERVIEWS}/{{id}}", read),
        ("PATCH", f"{INTERVIEWS}/{{id}}/status", archive),
    ],
    refusal=_refusal,
    event=_event,
    sign=sign,
    attempts=3,
)
