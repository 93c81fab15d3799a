"""The control plane under /_control, alike for every simulated vendor; each call sends `X-Control: 1`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.faults import LONGEST_MS, Fault
from raincheck.simulators.shapes import Field, boolean, choice, optional, text, whole
from raincheck.simulators.store import transaction
from raincheck.simulators.vendors import calls
from raincheck.simulators.vendors.interviews import STATES, Invitation, brief
from raincheck.simulators.vendors.kit import CONTROL, FAULT_REACH, OPERATIONS, Desk, desk_of
from raincheck.simulators.vendors.webhooks import MODES
from raincheck.simulators.wire import RefusedError, control_only, of_shape, read_json

FAULT = {
    "mode": choice(*FAULT_REACH),
    "ms": optional(whole(0, LONGEST_MS), 0),
    "times": optional(whole(1, 1_000_000)),
    "operation": optional(choice(*OPERATIONS, "any"), "any"),
    "interview_id": optional(text(100)),
}
PROGRESS = {"to": choice(*STATES), "webhook": optional(boolean(), default=True)}
DELIVERY = {"mode": choice(*MODES), "ms": optional(whole(0, LONGEST_MS), 0)}
RELEASE = {"order": optional(choice("as_sent", "reversed"), "as_sent")}
_WORDS = ("external_id", "template", "email", "name", "starts_at", "ends_at")
SEED: dict[str, Field] = {
    **{name: optional(text(200), "") for name in _WORDS},
    "state": optional(choice(*STATES), "invited"),
}
SEED_LIMIT = 50_000
SEED_BYTES = 16 * 1024 * 1024

Move = Callable[[Desk, Request], Awaitable[Any]]


def routes() -> list[Route]:
    """Return the routes of the control plane."""
    moves: tuple[tuple[str, str, Move], ...] = (
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/interviews", list_interviews),
        ("POST", "/interviews/{id:path}", progress),
        ("GET", "/calls", list_calls),
        ("GET", "/effects", effects),
        ("POST", "/webhooks", deliver),
        ("GET", "/webhooks", deliveries),
        ("POST", "/webhooks/release", release),
        ("POST", "/seed", seed),
    )
    return [Route(CONTROL + path, _guarded(move), methods=[method]) for method, path, move in moves]


def _guarded(move: Move) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        control_only(request)
        return JSONResponse(await move(desk_of(request), request))

    return endpoint


async def add_fault(desk: Desk, request: Request) -> Any:
    """Switch a fault on; returns the faults now on."""
    asked = of_shape(FAULT, await read_json(request))
    desk.faults.add(
        Fault(asked["mode"], asked["ms"], asked["times"], asked["operation"], asked["interview_id"])
    )
    return {"items": desk.faults.listed()}


async def clear_faults(desk: Desk, _request: Request) -> Any:
    """Switch all faults off, and deliver webhooks as they come."""
    desk.faults.clear()
    desk.webhooks.deliver("at_once", 0)
    return {"items": []}


async def list_interviews(desk: Desk, _request: Request) -> Any:
    """Return every interview as it truly is."""
    return {"items": [brief(row) for row in desk.interviews.all()]}


async def progress(desk: Desk, request: Request) -> Any:
    """Let something happen to an interview, whatever its state; tells of it unless asked not to."""
    asked = of_shape(PROGRESS, await read_json(request))
    found = desk.interviews.find(request.path_params["id"])
    with transaction(desk.store):
        row = desk.interviews.happen(found["id"], asked["to"])
    if asked["webhook"]:
        desk.webhooks.tell(desk.vendor.event(row, asked["to"]))
    return brief(row)


async def list_calls(desk: Desk, request: Request) -> Any:
    """Return every call to the vendor, oldest first; `?interview_id=` narrows."""
    return {"items": calls.listed(desk.store, interview_id=request.query_params.get("interview_id"))}


async def effects(desk: Desk, _request: Request) -> Any:
    """Count what callers really did."""
    return desk.interviews.effects()


async def deliver(desk: Desk, request: Request) -> Any:
    """Choose how webhooks are delivered from now on."""
    asked = of_shape(DELIVERY, await read_json(request))
    desk.webhooks.deliver(asked["mode"], asked["ms"])
    return asked


async def deliveries(desk: Desk, _request: Request) -> Any:
    """Return what the receiver answered to every attempt."""
    return {"answers": desk.webhooks.answers}


async def release(desk: Desk, request: Request) -> Any:
    """Send what was held back, as told or in reversed order."""
    asked = of_shape(RELEASE, await read_json(request))
    return {"released": desk.webhooks.release(backwards=asked["order"] == "reversed")}


async def seed(desk: Desk, request: Request) -> Any:
    """Make up to 50,000 interviews as if they had always been there; returns them in the order sent."""
    sent = await read_json(request, limit=SEED_BYTES)
    if not isinstance(sent, list) or not 1 <= len(sent) <= SEED_LIMIT:
        raise RefusedError(422, "invalid_request", f"send a list of 1 to {SEED_LIMIT} interviews")
    wanted = [Invitation(**of_shape(SEED, item)) for item in sent]
    with transaction(desk.store):
        return {"items": [brief(row) for row in desk.interviews.make_many(wanted)]}
