"""Faults that can be switched on: the ways in which an outside system lets one down.

They live in the store, so a fault set before a kill -9 is still set after it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request

from raincheck.simulators.serving import hang_up
from raincheck.simulators.wire import RefusedError

SCHEMA = """
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mode TEXT NOT NULL,
    ms INTEGER NOT NULL,
    times INTEGER,
    operation TEXT NOT NULL,
    subject TEXT
);
"""
LONGEST_MS = 600_000


@dataclass(frozen=True)
class Fault:
    """One fault: `ms` counts for slow only; `times` left (None: until cleared); `subject` None: all."""

    mode: str
    ms: int = 0
    times: int | None = None
    operation: str = "any"
    subject: str | None = None


class Faults:
    """The faults now on, in the order in which they were switched on."""

    def __init__(self, store: sqlite3.Connection, *, reach: Mapping[str, frozenset[str]]) -> None:
        """Take the store, and for each mode the operations on which it means something."""
        self._store = store
        self._reach = reach

    def add(self, fault: Fault) -> None:
        """Switch on; refuses with 422 a mode that means nothing for the operation."""
        if fault.operation != "any" and fault.operation not in self._reach[fault.mode]:
            raise RefusedError(
                422, "invalid_request", f"{fault.mode} means nothing for the operation {fault.operation}"
            )
        self._store.execute(
            "INSERT INTO fault (mode, ms, times, operation, subject) VALUES (?, ?, ?, ?, ?)",
            (fault.mode, fault.ms, fault.times, fault.operation, fault.subject),
        )

    def clear(self) -> None:
        """Switch every fault off."""
        self._store.execute("DELETE FROM fault")

    def listed(self) -> list[dict[str, Any]]:
        """Return every fault now on, as JSON objects."""
        return [
            asdict(Fault(**{k: row[k] for k in Fault.__dataclass_fields__}))
            for row in self._store.execute("SELECT * FROM fault ORDER BY id")
        ]

    def take(self, operation: str, subject: str | None) -> tuple[int, str | None]:
        """Use up what is due for this call: (milliseconds to wait, mode of the first other fault)."""
        wait = 0
        for row in self._store.execute("SELECT * FROM fault ORDER BY id").fetchall():
            if not self._meets(row, operation, subject):
                continue
            self._use_up(row)
            if row["mode"] != "slow":
                return wait, str(row["mode"])
            wait += row["ms"]
        return wait, None

    async def strike(self, request: Request, operation: str, subject: str | None = None) -> str | None:
        """Do to an HTTP call what every fault does alike; return the mode that is left to the caller.

        Waits when slow; hangs up, or refuses with 500, before anything is done.
        """
        wait, mode = self.take(operation, subject)
        if wait:
            await asyncio.sleep(wait / 1000)
        if mode == "unreachable":
            hang_up(request)
            raise RefusedError(503, "unreachable", "nobody reads this: the connection is closed")
        if mode == "error_500":
            raise RefusedError(500, "internal_error", "simulated failure: nothing was done")
        return mode

    def _meets(self, row: sqlite3.Row, operation: str, subject: str | None) -> bool:
        return (
            row["operation"] in ("any", operation)
            and operation in self._reach[row["mode"]]
            and row["subject"] in (None, subject)
        )

    def _use_up(self, row: sqlite3.Row) -> None:
        if row["times"] == 1:
            self._store.execute("DELETE FROM fault WHERE id = ?", (row["id"],))
        elif row["times"] is not None:
            self._store.execute("UPDATE fault SET times = times - 1 WHERE id = ?", (row["id"],))
