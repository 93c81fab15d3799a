"""The control plane under /_control, for tests and the demo: faults, progress, log, bulk insert."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.ai_interview import calls, interviews
from raincheck.simulators.ai_interview.api import CREATE, invitation_of
from raincheck.simulators.ai_interview.interviews import PROGRESS_OF, as_json
from raincheck.simulators.ai_interview.life import STEPS, happen
from raincheck.simulators.ai_interview.vendor import FAULT_REACH, Vendor, vendor_of
from raincheck.simulators.faults import LONGEST_MS, Fault
from raincheck.simulators.shapes import boolean, choice, optional, text, whole
from raincheck.simulators.store import transaction
from raincheck.simulators.wire import RefusedError, control_only, of_shape, read_json

FAULT = {
    "mode": choice(*FAULT_REACH),
    "ms": optional(whole(0, LONGEST_MS), 0),
    "times": optional(whole(1, 1_000_000)),
    "operation": optional(choice("create", "read", "cancel", "update", "any"), "any"),
    "interview_id": optional(text(100)),
}
PROGRESS = {"to": choice(*STEPS), "webhook": optional(boolean(), default=True)}
REPLAY = {"interview_id": optional(text(100)), "order": optional(choice("as_sent", "reversed"), "as_sent")}
SEED = {
    **CREATE,
    "status": optional(choice(*PROGRESS_OF), "invited"),
    "progress": optional(choice("unopened", "opened", "partly_recorded", "submitted")),
}
SEED_LIMIT = 5000
SEED_BYTES = 8 * 1024 * 1024


def routes() -> list[Route]:
    """Return the routes of the control plane."""
    return [
        Route("/_control/faults", add_fault, methods=["POST"]),
        Route("/_control/faults", list_faults, methods=["GET"]),
        Route("/_control/faults", clear_faults, methods=["DELETE"]),
        Route("/_control/interviews", forget, methods=["DELETE"]),
        Route("/_control/interviews/{id}", progress, methods=["POST"]),
        Route("/_control/calls", list_calls, methods=["GET"]),
        Route("/_control/effects", effects, methods=["GET"]),
        Route("/_control/webhooks/replay", replay, methods=["POST"]),
        Route("/_control/seed", seed, methods=["POST"]),
    ]


async def add_fault(request: Request) -> Response:
    """Switch a fault on: 201 with the faults now on."""
    control_only(request)
    asked = of_shape(FAULT, await read_json(request))
    faults = vendor_of(request).faults
    faults.add(Fault(asked["mode"], asked["ms"], asked["times"], asked["operation"], asked["interview_id"]))
    return JSONResponse({"items": faults.listed()}, 201)


async def list_faults(request: Request) -> Response:
    """Return the faults now on."""
    control_only(request)
    return JSONResponse({"items": vendor_of(request).faults.listed()})


async def clear_faults(request: Request) -> Response:
    """Switch all faults off."""
    control_only(request)
    vendor_of(request).faults.clear()
    return JSONResponse({"items": []})


async def forget(request: Request) -> Response:
    """Forget every interview, and what was said and done about them; 204."""
    control_only(request)
    store = vendor_of(request).store
    with transaction(store):
        for table in ("interview", "call", "answer", "event"):
            store.execute(f"DELETE FROM {table}")  # noqa: S608 (names of ours)
    return Response(status_code=204)


async def progress(request: Request) -> Response:
    """Make something happen to an interview, whatever its state; returns it as /v1 would."""
    control_only(request)
    vendor = vendor_of(request)
    asked = of_shape(PROGRESS, await read_json(request))
    row = happen(vendor, interview_id=request.path_params["id"], to=asked["to"], webhook=asked["webhook"])
    return JSONResponse(as_json(row, base_url=vendor.base_url))


async def list_calls(request: Request) -> Response:
    """Return every call under /v1, oldest first; `?interview_id=` narrows."""
    control_only(request)
    only = request.query_params.get("interview_id")
    return JSONResponse({"items": calls.listed(vendor_of(request).store, interview_id=only)})


async def effects(request: Request) -> Response:
    """Count what was really done: `{"cancels": {id: n}, "creates": {external_id: n}}`."""
    control_only(request)
    return JSONResponse(calls.effects(vendor_of(request).store))


async def replay(request: Request) -> Response:
    """Send webhooks once more, all or one interview's, as sent or in reversed order: `{"queued": n}`."""
    control_only(request)
    vendor = vendor_of(request)
    asked = of_shape(REPLAY, await read_json(request))
    with transaction(vendor.store):
        queued = vendor.webhooks.replay(
            interview_id=asked["interview_id"], backwards=asked["order"] == "reversed"
        )
    return JSONResponse({"queued": queued}, 202)


async def seed(request: Request) -> Response:
    """Insert up to 5000 interviews, all or none; returns them in the order they were sent."""
    control_only(request)
    sent = await read_json(request, limit=SEED_BYTES)
    if not isinstance(sent, list) or not 1 <= len(sent) <= SEED_LIMIT:
        raise RefusedError(422, "invalid_request", f"send a list of 1 to {SEED_LIMIT} interviews")
    vendor = vendor_of(request)
    wanted = [_seeded(index, item) for index, item in enumerate(sent)]
    with transaction(vendor.store):
        rows = [interviews.create(vendor.store, invitation=invitation_of(item)) for item in wanted]
    return JSONResponse({"items": [_brief(vendor, row) for row in rows]}, 201)


def _seeded(index: int, item: Any) -> dict[str, Any]:
    try:
        body = of_shape(SEED, item)
    except RefusedError as refusal:
        raise RefusedError(refusal.status, refusal.code, f"item {index}: {refusal.message}") from None
    allowed = PROGRESS_OF[body["status"]]
    body["progress"] = body["progress"] or allowed[0]
    if body["progress"] not in allowed:
        raise RefusedError(
            422, "invalid_request", f"item {index}: {body['status']} goes with {' or '.join(allowed)}"
        )
    return body


def _brief(vendor: Vendor, row: Any) -> dict[str, Any]:
    shown = as_json(row, base_url=vendor.base_url)
    return {name: shown[name] for name in ("id", "external_id", "invite_url", "version")}
