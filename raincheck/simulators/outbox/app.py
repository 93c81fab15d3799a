"""The outbox as one application: HTTP for SMS, pages and tests, SMTP beside it in the same process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators import faults
from raincheck.simulators.faults import Faults
from raincheck.simulators.outbox import api, boxes, gateway, mailbox, phone
from raincheck.simulators.outbox.sink import FAULT_REACH, Sink
from raincheck.simulators.outbox.smtp import listening
from raincheck.simulators.store import open_store
from raincheck.simulators.wire import ERROR_HANDLERS


def make_app(*, data: Path, smtp_port: int, key: str) -> Starlette:
    """Make the application; `data` is the folder of its store, `smtp_port` where mail is taken."""
    store = open_store(data / "outbox.sqlite3", boxes.SCHEMA, faults.SCHEMA)
    sink = Sink(store=store, faults=Faults(store, reach=FAULT_REACH), key=key)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        async with listening(sink, port=smtp_port):
            yield
        store.close()

    routes = [
        Route("/healthz", healthz, methods=["GET"]),
        *gateway.routes(),
        *api.routes(),
        *phone.routes(),
        *mailbox.routes(),
    ]
    app = Starlette(routes=routes, exception_handlers=ERROR_HANDLERS, lifespan=life)
    app.state.sink = sink
    return app


async def healthz(_request: Request) -> Response:
    """Say that messages are taken, over HTTP and SMTP, and which process says so."""
    return JSONResponse({"status": "ok", "pid": os.getpid()})
