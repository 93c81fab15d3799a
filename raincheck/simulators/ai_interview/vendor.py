"""What every part of the simulated vendor shares, made once at start."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from raincheck.simulators.ai_interview.webhooks import Webhooks
from raincheck.simulators.faults import Faults

_WHOLE = frozenset({"create", "read", "update", "cancel"})
FAULT_REACH = {
    "slow": _WHOLE,
    "error_500": _WHOLE,
    "error_500_after_doing": frozenset({"create", "update", "cancel"}),
    "unreachable": _WHOLE,
    "other_time": _WHOLE,
    "unknown": frozenset({"read", "update", "cancel"}),
    "lies": frozenset({"update", "cancel"}),
    "already_gone": frozenset({"cancel"}),
    "cannot_cancel": frozenset({"cancel"}),
}


@dataclass(frozen=True)
class Vendor:
    """The store, the faults, the webhooks, the key customers must send, and our own address."""

    store: sqlite3.Connection
    faults: Faults
    webhooks: Webhooks
    key: str
    base_url: str


def vendor_of(request: Request) -> Vendor:
    """Return the vendor this application was made for."""
    return cast("Vendor", request.app.state.vendor)
