"""Hireflix, simulated: one GraphQL address that knows two mutations and two queries.

Documented: the key's header, the invitation with its error types, the archive, which leads to the stage
“discarded”, the positions, the webhook with its signature. From other people's code: the query for one interview.
Guessed: null where there is no such interview, the form of refusals, that whoever was archived still counts as being
in the position.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request

from raincheck.simulators.shapes import text
from raincheck.simulators.vendors.interviews import Invitation
from raincheck.simulators.vendors.kit import Answer, Deed, Desk, Vendor, no_query
from raincheck.simulators.wire import RefusedError, of_shape, read_json

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|\w+|[^\s,]')


def _shape(template: str) -> list[str]:
    return _TOKEN.findall(template)


INVITE = _shape(
    'mutation{inviteCandidateToInterview(input:{candidate:{email:"$email",firstName:"$first",lastName:"$last"},'
    'positionId:"$template",externalId:"$external_id"}){__typename ... on InterviewType{id url{public short}}'
    " ... on InterviewAlreadyExistsInPositionError{message}}}"
)
ARCHIVE = _shape('mutation{Interview(id:"$id"){archive(archive:true){id discardedAt}}}')
READ = _shape('query{interview(id:"$id"){id status completed url{public short}}}')
POSITIONS = _shape("query{positions{id name archived}}")
BODY = {"query": text(20_000)}
EVENTS = {"submitted": "interview.finish", "cancelled": "interview.delete"}


async def call(desk: Desk, request: Request) -> Deed:
    """Understand one of the documents, or refuse."""
    if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), desk.key.encode()):
        raise RefusedError(401, "UNAUTHENTICATED", "send the key as X-API-KEY")
    no_query(request)
    document = _TOKEN.findall(of_shape(BODY, await read_json(request))["query"])
    for operation, shape, subject, do in (
        ("invite", INVITE, "external_id", _invite),
        ("cancel", ARCHIVE, "id", _archive),
        ("read", READ, "id", _read),
        ("read", POSITIONS, "", _positions),
    ):
        said = _values(shape, document)
        if said is not None:
            return Deed(operation, said.get(subject), partial(do, desk, said))
    raise RefusedError(400, "GRAPHQL_VALIDATION_FAILED", "not a documented document")


def _values(shape: list[str], document: list[str]) -> dict[str, str] | None:
    """Return what stands where the shape has names, or None if the document isn't of this shape."""
    if len(shape) != len(document):
        return None
    found = {}
    for wanted, given in zip(shape, document, strict=True):
        if wanted.startswith('"$') and given.startswith('"'):
            found[wanted[2:-1]] = str(json.loads(given))
        elif wanted != given:
            return None
    return found


def _invite(desk: Desk, said: Mapping[str, str]) -> Answer:
    there = desk.interviews.all("template = ?", said["template"])
    if any(row["external_id"] == said["external_id"] for row in there):
        return _answer(
            "inviteCandidateToInterview", _error("InterviewExternalIdAlreadyExistsInPositionError")
        )
    if any(row["email"] == said["email"] for row in there):
        found = _error("InterviewAlreadyExistsInPositionError")
        return _answer("inviteCandidateToInterview", {**found, "message": f"{said['email']} was invited"})
    row = desk.interviews.make(
        Invitation(
            external_id=said["external_id"],
            template=said["template"],
            email=said["email"],
            name=f"{said['first']} {said['last']}".strip(),
        )
    )
    made = {"__typename": "InterviewType", "id": row["id"], "url": _url(desk, row)}
    return _answer("inviteCandidateToInterview", made)


def _archive(desk: Desk, said: Mapping[str, str]) -> Answer:
    if not desk.interviews.all("id = ?", said["id"]):
        return _answer("Interview", None)
    row = desk.interviews.cancel(said["id"])
    return _answer("Interview", {"archive": {"id": row["id"], "discardedAt": row["ended_ms"]}})


def _read(desk: Desk, said: Mapping[str, str]) -> Answer:
    found = desk.interviews.all("id = ?", said["id"])
    if not found:
        return _answer("interview", None)
    row = found[0]
    completed = row["created_ms"] + 1 if row["state"] == "submitted" else None
    shown = {"id": row["id"], "status": _status(row), "completed": completed, "url": _url(desk, row)}
    return _answer("interview", shown)


def _positions(desk: Desk, _said: Mapping[str, str]) -> Answer:
    ids = sorted({row["template"] for row in desk.interviews.all()})
    return _answer("positions", [{"id": one, "name": "示例岗位", "archived": False} for one in ids])


def _status(row: sqlite3.Row) -> str:
    if row["ended_ms"] is not None:
        return "discarded"
    return "to_evaluate" if row["state"] == "submitted" else "pending"


def _answer(name: str, found: Any) -> Answer:
    return Answer({"data": {name: found}})


def _error(name: str) -> dict[str, str]:
    return {"__typename": name}


def _url(desk: Desk, row: sqlite3.Row) -> dict[str, str]:
    return {"public": f"{desk.base_url}/i/{row['id']}", "short": f"{desk.base_url}/i/{row['id'][:8]}"}


def _refusal(_status: int, code: str, message: str) -> Any:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _event(row: sqlite3.Row, state: str) -> Mapping[str, Any]:
    data = {
        "id": row["id"],
        "position": {"id": row["template"], "name": "示例岗位"},
        "externalId": row["external_id"],
        "status": _status(row),
        "hash": row["id"][:8],
        "createdAt": row["created_ms"],
        "candidate": {"name": row["name"], "email": row["email"]},
    }
    return {"event": EVENTS.get(state, "interview.status-change"), "data": data}


def sign(secret: str, body: bytes, _at: int) -> Mapping[str, str]:
    """Sign the raw body."""
    return {"x-hireflix-signature": base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()}


HIREFLIX = Vendor(
    name="hireflix",
    account_path="/me",
    routes=[("POST", "/me", call)],
    refusal=_refusal,
    event=_event,
    sign=sign,
)
