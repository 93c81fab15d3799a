"""The simulated vendor as one application."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators import faults
from raincheck.simulators.ai_interview import api, calls, candidate, control, desk, interviews, webhooks
from raincheck.simulators.ai_interview.vendor import FAULT_REACH, Vendor
from raincheck.simulators.ai_interview.webhooks import Endpoint, Webhooks
from raincheck.simulators.faults import Faults
from raincheck.simulators.store import open_store
from raincheck.simulators.wire import ERROR_HANDLERS


def make_app(*, data: Path, port: int, key: str, endpoint: Endpoint | None) -> Starlette:
    """Make the application; `data` is the folder of its store, `port` where it will be reached."""
    schemas = (interviews.SCHEMA, calls.SCHEMA, webhooks.SCHEMA, faults.SCHEMA)
    store = open_store(data / "ai-interview.sqlite3", *schemas)
    vendor = Vendor(
        store=store,
        faults=Faults(store, reach=FAULT_REACH),
        webhooks=Webhooks(store, endpoint),
        key=key,
        base_url=f"http://127.0.0.1:{port}",
    )

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        sender = asyncio.create_task(vendor.webhooks.send_forever())
        yield
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender
        store.close()

    routes = [
        Route("/healthz", healthz, methods=["GET"]),
        *api.routes(),
        *control.routes(),
        *candidate.routes(),
        *desk.routes(),
    ]
    app = Starlette(routes=routes, exception_handlers=ERROR_HANDLERS, lifespan=life)
    app.state.vendor = vendor
    return app


async def healthz(_request: Request) -> Response:
    """Say that calls are answered, and which process says so."""
    return JSONResponse({"status": "ok", "pid": os.getpid()})
