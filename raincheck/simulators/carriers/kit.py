"""What all simulated carriers have in common: what was sent, the faults, and one way through every call.

A carrier's module *understands* a call: address, signature, content type and every field; whatever isn't documented is
refused with the carrier's own error. What is understood is kept as a `Sent`, or not, as the faults will have it.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.faults import Faults
from raincheck.simulators.serving import hang_up
from raincheck.simulators.store import transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    carrier TEXT NOT NULL,
    recipient TEXT NOT NULL,
    key TEXT NOT NULL,
    said TEXT NOT NULL
);
"""
FAULT_REACH: Mapping[str, frozenset[str]] = {
    mode: frozenset(
        {"aliyun_sms", "tencent_sms", "twilio", "jpush", "web_push", "wecombot", "dingtalk", "feishu"}
    )
    for mode in ("slow", "unreachable", "error_500", "throttled", "bad_number", "bad_key", "lost_answer")
}


@dataclass(frozen=True)
class Sent:
    """A message as the carrier took it: to whom, under which key of ours (`""`: it knows none), and what it says."""

    recipient: str
    key: str
    said: Mapping[str, Any]
    id: str = field(default_factory=lambda: secrets.token_hex(16))


class RefusedError(Exception):
    """The call is refused with a code of the carrier's own."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


@dataclass(frozen=True)
class Words:
    """A carrier's own codes for what the faults do; `""` where it knows no such thing."""

    throttled: str
    bad_number: str
    bad_key: str


@dataclass(frozen=True)
class Carrier:
    """One simulated carrier: how a call is understood, what it is answered, and how it refuses."""

    name: str
    words: Words
    understand: Callable[[Desk, Request], Awaitable[Sent]]
    answer: Callable[[Sent], Response]
    refusal: Callable[[str], Response]


@dataclass(frozen=True)
class Desk:
    """What the running process has: what was sent, its faults, and what both sides know."""

    store: sqlite3.Connection
    faults: Faults
    secret: str
    vapid: str
    base_url: str


def desk_of(request: Request) -> Desk:
    """Return the desk this application was made for."""
    return cast("Desk", request.app.state.desk)


async def through(carrier: Carrier, request: Request) -> Response:
    """Take one call through: understood, struck by the faults, kept, answered."""
    desk = desk_of(request)
    try:
        sent = await carrier.understand(desk, request)
        mode = await desk.faults.strike(request, carrier.name)
    except RefusedError as error:
        return carrier.refusal(error.code)
    code = getattr(carrier.words, mode, "") if mode else ""
    if code:
        return carrier.refusal(code)
    with transaction(desk.store):
        desk.store.execute(
            "INSERT INTO sent (id, carrier, recipient, key, said) VALUES (?, ?, ?, ?, ?)",
            (sent.id, carrier.name, sent.recipient, sent.key, json.dumps(sent.said, ensure_ascii=False)),
        )
    if mode == "lost_answer":
        hang_up(request)
    return carrier.answer(sent)


def listed(store: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return everything that was taken, oldest first."""
    return [
        {**dict(row), "said": json.loads(row["said"])}
        for row in store.execute("SELECT id, carrier, recipient, key, said FROM sent ORDER BY seq")
    ]


def route(carrier: Carrier, path: str) -> Route:
    """Return the carrier's one address."""

    async def endpoint(request: Request) -> Response:
        return await through(carrier, request)

    return Route(path, endpoint, methods=["POST"])


async def json_body(request: Request, code: str) -> dict[str, Any]:
    """Read the body as a JSON object, or refuse with a code."""
    try:
        found = json.loads(await request.body())
    except ValueError:
        raise RefusedError(code, "not JSON") from None
    if not isinstance(found, dict):
        raise RefusedError(code, "not an object")
    return found


def exactly(
    found: Mapping[str, Any], names: set[str], code: str, *, optional: AbstractSet[str] = frozenset()
) -> None:
    """Refuse an object that hasn't these keys and no others."""
    if not names <= set(found) <= names | optional:
        raise RefusedError(code, f"keys are {sorted(found)}")


def as_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return JSONResponse(body, status, headers=dict(headers or {}))
