"""All simulated carriers as one application, on one port: their paths don't meet, but for the two that share `/`."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators import faults
from raincheck.simulators.carriers import kit, push, receipts, robots, sms
from raincheck.simulators.carriers.kit import Desk, desk_of
from raincheck.simulators.faults import LONGEST_MS, Fault, Faults
from raincheck.simulators.shapes import boolean, choice, optional, text, whole
from raincheck.simulators.store import open_store
from raincheck.simulators.wire import ERROR_HANDLERS, RefusedError, control_only, of_shape, read_json

FAULT = {
    "mode": choice(*kit.FAULT_REACH),
    "ms": optional(whole(0, LONGEST_MS), 0),
    "times": optional(whole(1, 1_000_000)),
    "carrier": choice(*sorted(kit.FAULT_REACH["slow"])),
}
RECEIPT = {
    "id": text(100),
    "delivered": boolean(),
    "url": text(500),
    "send": optional(boolean(), default=False),
    "times": optional(whole(1, 10), 1),
    "ms": optional(whole(0, LONGEST_MS), 0),
}


def make_app(*, data: Path | None, port: int, secret: str, vapid: str) -> Starlette:
    """Make the application. `secret` is what every carrier knows its account by, `vapid` what browsers know us by."""
    store = open_store(data / "carriers.sqlite3" if data else None, kit.SCHEMA, faults.SCHEMA)
    app = Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/", _by_action, methods=["POST"]),
            kit.route(sms.CARRIERS["twilio"], "/2010-04-01/Accounts/{sid}/Messages.json"),
            kit.route(push.CARRIERS["jpush"], "/v3/push"),
            kit.route(push.CARRIERS["web_push"], "/push/{id}"),
            kit.route(robots.CARRIERS["wecombot"], "/cgi-bin/webhook/send"),
            kit.route(robots.CARRIERS["dingtalk"], "/robot/send"),
            kit.route(robots.CARRIERS["feishu"], "/open-apis/bot/v2/hook/{token}/"),
            kit.route(robots.CARRIERS["feishu"], "/open-apis/bot/v2/hook/{token}"),
            *_control(),
        ],
        exception_handlers=ERROR_HANDLERS,
    )
    app.router.redirect_slashes = False
    app.state.desk = Desk(
        store=store,
        faults=Faults(store, reach=kit.FAULT_REACH),
        secret=secret,
        vapid=vapid,
        base_url=f"http://127.0.0.1:{port}",
    )
    return app


async def healthz(_request: Request) -> Response:
    """Say that calls are answered, and which process says so."""
    return JSONResponse({"status": "ok", "pid": os.getpid()})


async def _by_action(request: Request) -> Response:
    """Tell Aliyun's call from Tencent's: both are posted to the root."""
    name = "aliyun_sms" if "x-acs-action" in request.headers else "tencent_sms"
    return await kit.through(sms.CARRIERS[name], request)


def _control() -> list[Route]:
    moves: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear),
        ("GET", "/sent", sent),
        ("GET", "/subscription/{name}", subscription),
        ("POST", "/receipts", receipt),
    )
    return [Route(f"/_control{path}", _guarded(move), methods=[method]) for method, path, move in moves]


def _guarded(move: Any) -> Any:
    async def endpoint(request: Request) -> Response:
        control_only(request)
        return JSONResponse(await move(desk_of(request), request))

    return endpoint


async def add_fault(desk: Desk, request: Request) -> Any:
    """Switch a fault on; returns the faults now on."""
    asked = of_shape(FAULT, await read_json(request))
    desk.faults.add(Fault(asked["mode"], asked["ms"], asked["times"], asked["carrier"]))
    return {"items": desk.faults.listed()}


async def clear(desk: Desk, _request: Request) -> Any:
    """Switch all faults off, and forget what was sent."""
    desk.faults.clear()
    desk.store.execute("DELETE FROM sent")
    return {"items": []}


async def sent(desk: Desk, _request: Request) -> Any:
    """Return every message taken, oldest first."""
    return {"items": kit.listed(desk.store)}


async def subscription(desk: Desk, request: Request) -> Any:
    """Return a subscription of the browser."""
    return push.subscription(desk.base_url, request.path_params["name"])


async def receipt(desk: Desk, request: Request) -> Any:
    """Tell what became of a message: shown to whoever asks, and sent if they want it sent."""
    asked = of_shape(RECEIPT, await read_json(request))
    found = [one for one in kit.listed(desk.store) if one["id"] == asked["id"]]
    if not found:
        raise RefusedError(404, "not_found", "no such message was taken")
    one = receipts.report(found[0], delivered=asked["delivered"], url=asked["url"], secret=desk.secret)
    statuses = []
    if asked["send"]:
        statuses = await receipts.post(one, asked["url"], times=asked["times"], after_ms=asked["ms"])
    return {**asdict(one), "statuses": statuses}
