"""What arrived, as JSON for tests, and the control plane."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.faults import LONGEST_MS, Fault
from raincheck.simulators.outbox import boxes, letters
from raincheck.simulators.outbox.sink import FAULT_REACH, sink_of
from raincheck.simulators.shapes import choice, optional, whole
from raincheck.simulators.store import transaction
from raincheck.simulators.wire import control_only, of_shape, read_json

FAULT = {
    "channel": choice("sms", "smtp"),
    "mode": choice(*FAULT_REACH),
    "ms": optional(whole(0, LONGEST_MS), 0),
    "times": optional(whole(1, 1_000_000)),
}


def routes() -> list[Route]:
    """Return the routes for tests."""
    return [
        Route("/api/sms", list_sms, methods=["GET"]),
        Route("/api/mail", list_mail, methods=["GET"]),
        Route("/api/counts", counts, methods=["GET"]),
        Route("/_control/faults", add_fault, methods=["POST"]),
        Route("/_control/faults", list_faults, methods=["GET"]),
        Route("/_control/faults", clear_faults, methods=["DELETE"]),
        Route("/_control/clear", clear, methods=["POST"]),
    ]


async def list_sms(request: Request) -> Response:
    """Return messages, oldest first; `?to=` narrows to a number."""
    rows = boxes.sms_to(sink_of(request).store, _wanted(request))
    return JSONResponse({"items": [_sms(row) for row in rows]})


async def list_mail(request: Request) -> Response:
    """Return mails, oldest first; `?to=` narrows to an address of the envelope."""
    rows = boxes.mail_to(sink_of(request).store, _wanted(request))
    return JSONResponse({"items": [_mail(row) for row in rows]})


async def counts(request: Request) -> Response:
    """Count arrivals by idempotency key and by Message-ID, so that doubles show."""
    return JSONResponse(boxes.counts(sink_of(request).store))


async def add_fault(request: Request) -> Response:
    """Switch a fault on: 201 with the faults now on."""
    control_only(request)
    asked = of_shape(FAULT, await read_json(request))
    faults = sink_of(request).faults
    faults.add(Fault(asked["mode"], asked["ms"], asked["times"], asked["channel"]))
    return JSONResponse({"items": faults.listed()}, 201)


async def list_faults(request: Request) -> Response:
    """Return the faults now on."""
    control_only(request)
    return JSONResponse({"items": sink_of(request).faults.listed()})


async def clear_faults(request: Request) -> Response:
    """Switch all faults off."""
    control_only(request)
    sink_of(request).faults.clear()
    return JSONResponse({"items": []})


async def clear(request: Request) -> Response:
    """Forget every message, key and fault."""
    control_only(request)
    sink = sink_of(request)
    with transaction(sink.store):
        boxes.clear(sink.store)
        sink.faults.clear()
    return JSONResponse({"status": "empty"})


def _wanted(request: Request) -> str | None:
    # An unescaped + of a phone number reads as a blank in a query string.
    wanted = request.query_params.get("to")
    return "+" + wanted[1:] if wanted and wanted.startswith(" ") else wanted


def _sms(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": row["at"],
        "to": row["number"],
        "body": row["body"],
        "template": row["template"],
        "params": json.loads(row["params"]),
        "idempotency_key": row["idempotency_key"],
    }


def _mail(row: sqlite3.Row) -> dict[str, Any]:
    letter = letters.read(row["raw"])
    return {
        "id": row["seq"],
        "at": row["at"],
        "message_id": row["message_id"],
        "to": json.loads(row["recipients"]),
        "subject": letter.headers.get("Subject", ""),
        "text": letter.text,
        "html": letter.html,
        "headers": letter.headers,
        "has_calendar": bool(letter.calendar),
        "calendar": letter.calendar,
    }
