"""What all simulated vendors have in common: a desk, one way through every call, and refusals in the vendor's form.

A vendor's module holds its routes, shapes and words only. A route *understands* a call: it checks address, key,
content type and every field, refuses what isn't documented, and returns the deed; the kit does it, or does not,
as the faults will have it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.faults import Faults
from raincheck.simulators.serving import hang_up
from raincheck.simulators.store import transaction
from raincheck.simulators.vendors.interviews import Interviews
from raincheck.simulators.vendors.webhooks import Sign, Webhooks
from raincheck.simulators.wire import ERROR_HANDLERS, RefusedError

OPERATIONS = ("sign_in", "invite", "read", "list", "cancel", "reschedule", "subscribe", "candidate")
_ALL = frozenset(OPERATIONS)
_CHANGES = frozenset({"invite", "cancel", "reschedule"})
FAULT_REACH = {
    "slow": _ALL,
    "unreachable": _ALL,
    "error_500": _ALL,
    "rate_limited": _ALL,
    "error_500_after_doing": _CHANGES,
    "lost_answer": _CHANGES,
    "lies": _CHANGES,
}
#: Seconds that a caller over the limit is told to wait.
RATE_LIMIT_WAIT = 7
CONTROL = "/_control"
_OUR_SLIP, _TOO_MANY = 500, 429


@dataclass(frozen=True)
class Answer:
    """What a call is answered with when all is well; no body at all where it is None."""

    body: Any
    status: int = 200


@dataclass(frozen=True)
class Deed:
    """A call understood: which operation on which interview (None: none yet), and how it is done."""

    operation: str
    subject: str | None
    do: Callable[[], Answer]


@dataclass(frozen=True)
class Desk:
    """What a running vendor has: its interviews and faults, its webhooks, the key callers send, its address."""

    vendor: Vendor
    store: sqlite3.Connection
    interviews: Interviews
    faults: Faults
    webhooks: Webhooks
    key: str
    base_url: str


#: Reads a call; refuses with RefusedError whatever isn't documented.
Understand = Callable[[Desk, Request], Awaitable[Deed]]


@dataclass(frozen=True)
class Vendor:
    """One vendor: routes as (method, path, how it is understood), and its forms.

    `account_path` is the part of every path that an account has in its address already.
    `refusal` makes an error's body of status, code and message. `event` makes a webhook's body of an interview and
    the state it came to; None where the vendor tells nothing of that. `name_of` makes a new interview's id (a UUID
    otherwise).
    """

    name: str
    routes: Sequence[tuple[str, str, Understand]]
    refusal: Callable[[int, str, str], Any]
    account_path: str = ""
    event: Callable[[sqlite3.Row, str], Mapping[str, Any] | None] = lambda _row, _state: None
    sign: Sign = lambda _secret, _body, _at: {}
    attempts: int = 1
    name_of: Callable[[sqlite3.Row], str] | None = None
    wait_header: str = "Retry-After"


def desk_of(request: Request) -> Desk:
    """Return the desk this application was made for."""
    return cast("Desk", request.app.state.desk)


def no_query(request: Request) -> None:
    """Refuse with 400 a parameter where none is documented."""
    if request.query_params:
        raise RefusedError(400, "invalid_query", "no parameter is documented here")


def routes_of(vendor: Vendor) -> list[Route]:
    """Return the vendor's routes, each wrapped in what befalls every call."""
    return [
        Route(path, _endpoint(understand), methods=[method]) for method, path, understand in vendor.routes
    ]


def _endpoint(understand: Understand) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        desk = desk_of(request)
        deed = await understand(desk, request)
        note = request.scope["raincheck.note"]
        note.update(operation=deed.operation, subject=deed.subject)
        mode = await desk.faults.strike(request, deed.operation, deed.subject)
        if mode == "rate_limited":
            raise RefusedError(_TOO_MANY, "rate_limited", "too many calls")
        answer = _lied(desk, deed) if mode == "lies" else _done(desk, deed)
        if mode == "error_500_after_doing":
            raise RefusedError(_OUR_SLIP, "internal_error", "simulated failure: it was done")
        if mode == "lost_answer":
            hang_up(request)
            raise RefusedError(503, "unreachable", "nobody reads this: the connection is closed")
        if answer.body is None:
            return Response(status_code=answer.status)
        return JSONResponse(answer.body, answer.status)

    return endpoint


def _done(desk: Desk, deed: Deed) -> Answer:
    # Nothing is awaited in here: two calls cannot overtake each other.
    with transaction(desk.store):
        return deed.do()


def _lied(desk: Desk, deed: Deed) -> Answer:
    """Answer as if it had been done, with nothing of it left."""
    desk.store.execute("BEGIN IMMEDIATE")
    try:
        return deed.do()
    finally:
        desk.store.execute("ROLLBACK")


async def refused(request: Request, error: Exception) -> Response:
    """Answer a refusal in the vendor's own form; the control plane has the simulators' common one."""
    if request.url.path.startswith(CONTROL):
        return cast("Response", await cast("Any", ERROR_HANDLERS[RefusedError])(request, error))
    desk = desk_of(request)
    if isinstance(error, RefusedError):
        status, code = error.status, error.code
        request.scope["raincheck.note"]["lost"] = code == "unreachable"
    elif isinstance(error, HTTPException):
        status, code = error.status_code, "refused"
    else:
        raise error
    headers = {desk.vendor.wait_header: str(RATE_LIMIT_WAIT)} if status == _TOO_MANY else None
    return JSONResponse(desk.vendor.refusal(status, code, str(error)), status, headers)
