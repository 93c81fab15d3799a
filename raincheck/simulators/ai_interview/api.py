"""The customer's API under /v1: key, idempotency, faults, one decision, one log entry."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.ai_interview import calls, interviews
from raincheck.simulators.ai_interview.calls import Answer, Call
from raincheck.simulators.ai_interview.interviews import Invitation, as_json
from raincheck.simulators.ai_interview.vendor import Vendor, vendor_of
from raincheck.simulators.shapes import Field, boolean, choice, in_utc, instant, nested, pattern, text
from raincheck.simulators.store import transaction
from raincheck.simulators.wire import RefusedError, idempotency_key, of_shape, read_json, whole_query

TIMES = {"starts_at": instant(), "ends_at": instant()}
CREATE = {
    "external_id": text(100),
    "kind": choice("slot", "window"),
    **TIMES,
    "candidate": nested({"name": text(100), "locale": pattern(r"[a-z]{2}(-[A-Za-z]{2,4})?")}),
    "title": text(200),
}
CANCEL = {"reason": text(500), "accept_partial": boolean()}
SLIP = timedelta(hours=1)

Decide = Callable[[Vendor, "str | None", dict[str, Any]], tuple[int, sqlite3.Row, bool]]


def routes() -> list[Route]:
    """Return the routes of the customer's API."""
    return [
        Route("/v1/interviews", create, methods=["POST"]),
        Route("/v1/interviews", list_all, methods=["GET"]),
        Route("/v1/interviews/{id}", read, methods=["GET"]),
        Route("/v1/interviews/{id}", update, methods=["PATCH"]),
        Route("/v1/interviews/{id}/cancel", cancel, methods=["POST"]),
    ]


async def create(request: Request) -> Response:
    """Book an interview: 201."""
    return await _change(request, "create", CREATE, _create)


async def update(request: Request) -> Response:
    """Move an interview: 200, or 409 `submitted`, `cancelled`, `expired`."""
    return await _change(request, "update", TIMES, _update)


async def cancel(request: Request) -> Response:
    """Cancel an interview: 200, 409 `in_progress` or `submitted`, 410 `already_gone`."""
    return await _change(request, "cancel", CANCEL, _cancel)


async def read(request: Request) -> Response:
    """Return one interview: 200 or 404."""
    vendor, interview_id = vendor_of(request), request.path_params["id"]
    call = Call("read", interview_id, None)
    with calls.refusals_logged(vendor.store, call):
        _require_key(request)
        mode = await vendor.faults.strike(request, "read", interview_id)
        _refuse_as(mode)
        body = as_json(interviews.find(vendor.store, interview_id), base_url=vendor.base_url)
        calls.write(vendor.store, call=replace(call, status=200))
    return JSONResponse(_slipped(body) if mode == "other_time" else body)


async def list_all(request: Request) -> Response:
    """Return a page of interviews in the order they were booked: `?page=1&per_page=50` (at most 1000)."""
    vendor = vendor_of(request)
    call = Call("read", None, None)
    with calls.refusals_logged(vendor.store, call):
        _require_key(request)
        asked = whole_query(request, {"page": (1, 1_000_000), "per_page": (50, 1000)})
        mode = await vendor.faults.strike(request, "read")
        calls.write(vendor.store, call=replace(call, status=200))
    page, per_page = asked["page"], asked["per_page"]
    total = vendor.store.execute("SELECT COUNT(*) FROM interview").fetchone()[0]
    rows = vendor.store.execute(
        "SELECT * FROM interview ORDER BY seq LIMIT ? OFFSET ?", (per_page, (page - 1) * per_page)
    )
    items = [as_json(row, base_url=vendor.base_url) for row in rows]
    if mode == "other_time":
        items = [_slipped(item) for item in items]
    return JSONResponse({"items": items, "page": page, "pages": max(1, -(-total // per_page))})


async def _change(request: Request, operation: str, shape: Mapping[str, Field], decide: Decide) -> Response:
    vendor = vendor_of(request)
    call = Call(operation, request.path_params.get("id"), request.headers.get("idempotency-key"))
    with calls.refusals_logged(vendor.store, call):
        _require_key(request)
        key = idempotency_key(request)
        sent = await read_json(request)
        body = of_shape(shape, sent)
        mode = await vendor.faults.strike(request, operation, call.interview_id)
        _refuse_as(mode)
        if mode == "lies":
            lie = _lie(vendor, call, body, decide)
            _log(vendor, call, lie, mode)
            return _respond(lie, mode)
        # From here to the commit nothing is awaited: two calls with one key cannot overtake each other.
        with transaction(vendor.store):
            mark = calls.fingerprint(request, sent)
            answer = calls.kept_answer(vendor.store, key=key, mark=mark)
            if answer is None:
                status, row, effect = decide(vendor, call.interview_id, body)
                answer = Answer(status, as_json(row, base_url=vendor.base_url), effect)
                calls.keep_answer(vendor.store, key=key, mark=mark, answer=answer)
            _log(vendor, call, answer, mode)
    return _respond(answer, mode)


def _lie(vendor: Vendor, call: Call, body: dict[str, Any], decide: Decide) -> Answer:
    """Answer as if it were done; it isn't, and the key stays free."""
    vendor.store.execute("BEGIN IMMEDIATE")
    try:
        status, row, _effect = decide(vendor, call.interview_id, body)
        return Answer(status, as_json(row, base_url=vendor.base_url), effect=False)
    finally:
        vendor.store.execute("ROLLBACK")


def _create(vendor: Vendor, _interview_id: str | None, body: dict[str, Any]) -> tuple[int, sqlite3.Row, bool]:
    return 201, interviews.create(vendor.store, invitation=invitation_of(body)), True


def _update(vendor: Vendor, interview_id: str | None, body: dict[str, Any]) -> tuple[int, sqlite3.Row, bool]:
    row = interviews.find(vendor.store, interview_id or "")
    moved = interviews.move(vendor.store, row=row, starts_at=body["starts_at"], ends_at=body["ends_at"])
    return 200, moved, moved["version"] != row["version"]


def _cancel(vendor: Vendor, interview_id: str | None, body: dict[str, Any]) -> tuple[int, sqlite3.Row, bool]:
    row = interviews.find(vendor.store, interview_id or "")
    cancelled = interviews.cancel(
        vendor.store, row=row, reason=body["reason"], accept_partial=body["accept_partial"]
    )
    return 200, cancelled, True


def invitation_of(body: dict[str, Any]) -> Invitation:
    """Make an Invitation of a body read by CREATE (status and progress may be there when seeded)."""
    candidate = body["candidate"]
    plain = {name: value for name, value in body.items() if name != "candidate"}
    return Invitation(candidate_name=candidate["name"], locale=candidate["locale"], **plain)


def _require_key(request: Request) -> None:
    sent = request.headers.get("x-api-key", "").encode()
    if not hmac.compare_digest(sent, vendor_of(request).key.encode()):
        raise RefusedError(401, "unauthorized", "send the customer's key as X-Api-Key")


def _refuse_as(mode: str | None) -> None:
    if mode == "already_gone":
        raise RefusedError(410, "already_gone", "the interview was gone before this call")
    if mode == "unknown":
        raise RefusedError(404, "not_found", "there is no such interview")
    if mode == "cannot_cancel":
        raise RefusedError(501, "unsupported", "this vendor cannot cancel an interview")


def _log(vendor: Vendor, call: Call, answer: Answer, mode: str | None) -> None:
    done = replace(
        call,
        interview_id=answer.body["id"],
        status=500 if mode == "error_500_after_doing" else answer.status,
        replayed=answer.replayed,
        effect=answer.effect,
    )
    calls.write(vendor.store, call=done)


def _respond(answer: Answer, mode: str | None) -> Response:
    if mode == "error_500_after_doing":
        return JSONResponse({"error": "internal_error", "message": "simulated failure: it was done"}, 500)
    body = _slipped(answer.body) if mode == "other_time" else answer.body
    return JSONResponse(body, answer.status, {"Idempotent-Replayed": "true"} if answer.replayed else None)


def _slipped(body: dict[str, Any]) -> dict[str, Any]:
    times = {name: in_utc(datetime.fromisoformat(body[name]) + SLIP) for name in TIMES}
    return {**body, **times}
