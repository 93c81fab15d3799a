"""What every part of the outbox shares, made once at start."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from raincheck.simulators.faults import Faults

_BOTH = frozenset({"sms", "smtp"})
FAULT_REACH = {
    "slow": _BOTH,
    "error_500": _BOTH,
    "reject": _BOTH,
    "unreachable": _BOTH,
    "lost_answer": _BOTH,
}


@dataclass(frozen=True)
class Sink:
    """The store, the faults, and the key callers of the SMS gateway must send."""

    store: sqlite3.Connection
    faults: Faults
    key: str


def sink_of(request: Request) -> Sink:
    """Return the sink this application was made for."""
    return cast("Sink", request.app.state.sink)
