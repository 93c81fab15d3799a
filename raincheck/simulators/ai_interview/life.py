"""What befalls an interview on the vendor's side, by the candidate's hand or the vendor's own."""

from __future__ import annotations

import sqlite3
from typing import Protocol

from raincheck.simulators.ai_interview.interviews import find, find_by_token, set_state
from raincheck.simulators.ai_interview.vendor import Vendor
from raincheck.simulators.store import transaction
from raincheck.simulators.wire import RefusedError


class CandidateStep(Protocol):
    """Something the candidate does on the page behind the link."""

    def __call__(self, vendor: Vendor, *, token: str) -> None:
        """Do it; refuses with 404 or 409."""


# What happens: the status and progress it leads to; None keeps the progress there was.
STEPS: dict[str, tuple[str, str | None]] = {
    "opened": ("invited", "opened"),
    "started": ("in_progress", "opened"),
    "partial": ("in_progress", "partly_recorded"),
    "submitted": ("submitted", "submitted"),
    "cancelled": ("cancelled", None),
    "expired": ("expired", None),
}


def happen(vendor: Vendor, *, interview_id: str, to: str, webhook: bool) -> sqlite3.Row:
    """Make `to` (a key of STEPS) happen whatever was before; refuses with 404 only."""
    with transaction(vendor.store):
        return _step(vendor, find(vendor.store, interview_id), to=to, webhook=webhook)


def begin(vendor: Vendor, *, token: str) -> None:
    """Let the candidate open, start and record the first answer; refuses with 409 if not invited."""
    with transaction(vendor.store):
        row = find_by_token(vendor.store, token)
        if row["status"] != "invited":
            raise RefusedError(409, row["status"], "this interview cannot be begun now")
        steps = ("started", "partial") if row["progress"] == "opened" else ("opened", "started", "partial")
        for to in steps:
            row = _step(vendor, row, to=to, webhook=True)


def submit(vendor: Vendor, *, token: str) -> None:
    """Let the candidate submit; refuses with 409 unless it is in progress."""
    with transaction(vendor.store):
        row = find_by_token(vendor.store, token)
        if row["status"] != "in_progress":
            raise RefusedError(409, row["status"], "this interview cannot be submitted now")
        _step(vendor, row, to="submitted", webhook=True)


def _step(vendor: Vendor, row: sqlite3.Row, *, to: str, webhook: bool) -> sqlite3.Row:
    status, progress = STEPS[to]
    row = set_state(vendor.store, row=row, status=status, progress=progress or row["progress"])
    if webhook:
        vendor.webhooks.queue(kind=to, row=row)
    return row
