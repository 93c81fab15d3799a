"""A simulated vendor as one application."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators import faults
from raincheck.simulators.faults import Faults
from raincheck.simulators.store import open_store
from raincheck.simulators.vendors import calls, control, interviews
from raincheck.simulators.vendors.interviews import Interviews
from raincheck.simulators.vendors.kit import CONTROL, FAULT_REACH, Desk, Vendor, refused, routes_of
from raincheck.simulators.vendors.webhooks import Endpoint, Webhooks
from raincheck.simulators.wire import RefusedError

HEALTH = "/healthz"


def make_app(
    vendor: Vendor, *, data: Path | None, port: int, key: str, endpoint: Endpoint | None
) -> Starlette:
    """Make the application; `data` is the folder of its store (None: it forgets all when it ends)."""
    path = data / f"vendor-{vendor.name}.sqlite3" if data else None
    store = open_store(path, interviews.SCHEMA, calls.SCHEMA, faults.SCHEMA)
    app = Starlette(
        routes=[Route(HEALTH, healthz, methods=["GET"]), *routes_of(vendor), *control.routes()],
        exception_handlers={RefusedError: refused, HTTPException: refused},
        middleware=[Middleware(calls.Logged, store=store, but=(HEALTH, CONTROL))],
    )
    app.router.redirect_slashes = False
    app.state.desk = Desk(
        vendor=vendor,
        store=store,
        interviews=Interviews(store, vendor.name_of),
        faults=Faults(store, reach=FAULT_REACH),
        webhooks=Webhooks(endpoint, vendor.sign, attempts=vendor.attempts),
        key=key,
        base_url=f"http://127.0.0.1:{port}",
    )
    return app


async def healthz(_request: Request) -> Response:
    """Say that calls are answered, and which process says so."""
    return JSONResponse({"status": "ok", "pid": os.getpid()})
