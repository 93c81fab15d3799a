"""The interviews a simulated vendor has, in words of the kit's own; a vendor's module says them in the vendor's."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from raincheck.simulators.wire import RefusedError

SCHEMA = """
CREATE TABLE IF NOT EXISTS interview (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    external_id TEXT NOT NULL,
    template TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('invited', 'started', 'submitted', 'cancelled', 'expired')),
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    cancels INTEGER NOT NULL DEFAULT 0,
    seeded INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS interview_by_external_id ON interview (external_id);
"""
STATES = ("invited", "started", "submitted", "cancelled", "expired")
OVER = frozenset({"submitted", "cancelled", "expired"})


@dataclass(frozen=True)
class Invitation:
    """What an interview is made of. Times are as this vendor writes them; `""` where it keeps none."""

    external_id: str = ""
    template: str = ""
    email: str = ""
    name: str = ""
    starts_at: str = ""
    ends_at: str = ""
    state: str = "invited"


class Interviews:
    """The table of them, in the order in which they were made."""

    def __init__(self, store: sqlite3.Connection, name: Callable[[sqlite3.Row], str] | None = None) -> None:
        """Take the store, and how a new one is called where that isn't a UUID."""
        self._store, self._name = store, name

    def make(self, invitation: Invitation, *, seeded: bool = False) -> sqlite3.Row:
        """Make one and return it."""
        names = (*vars(invitation), "id", "created_ms", "seeded")
        marks = ", ".join("?" * len(names))
        values = (*vars(invitation).values(), str(uuid4()), _now_ms(), seeded)
        self._store.execute(f"INSERT INTO interview ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
        row = self.one("seq = last_insert_rowid()")
        if self._name is None:
            return row
        self._store.execute("UPDATE interview SET id = ? WHERE seq = ?", (self._name(row), row["seq"]))
        return self.one("seq = ?", row["seq"])

    def make_many(self, invitations: Iterable[Invitation]) -> list[sqlite3.Row]:
        """Make them as if they had always been there."""
        return [self.make(one, seeded=True) for one in invitations]

    def find(self, interview_id: str) -> sqlite3.Row:
        """Return the interview with this id; refuses with 404 `not_found`."""
        return self.one("id = ?", interview_id)

    def one(self, where: str, *values: object) -> sqlite3.Row:
        """Return the first that meets a condition; refuses with 404 `not_found`."""
        found = self.all(where, *values, limit=1)
        if not found:
            raise RefusedError(404, "not_found", "there is no such interview")
        return found[0]

    def all(
        self, where: str = "true", *values: object, limit: int = -1, offset: int = 0
    ) -> list[sqlite3.Row]:
        """Return those that meet a condition; `limit` -1: all of them."""
        query = f"SELECT * FROM interview WHERE {where} ORDER BY seq LIMIT ? OFFSET ?"  # noqa: S608
        return self._store.execute(query, (*values, limit, offset)).fetchall()

    def count(self) -> int:
        """Return how many there are."""
        return int(self._store.execute("SELECT count(*) FROM interview").fetchone()[0])

    def cancel(self, interview_id: str) -> sqlite3.Row:
        """Take it back. It counts as an effect once; what is over stays what it is, but bears the instant."""
        self._store.execute(
            "UPDATE interview SET version = version + 1, ended_ms = coalesce(ended_ms, ?),"
            " cancels = cancels + (state IN ('invited', 'started')),"
            " state = CASE WHEN state IN ('invited', 'started') THEN 'cancelled' ELSE state END WHERE id = ?",
            (_now_ms(), interview_id),
        )
        return self.find(interview_id)

    def move(self, interview_id: str, *, starts_at: str, ends_at: str) -> sqlite3.Row:
        """Give it other times."""
        self._store.execute(
            "UPDATE interview SET version = version + 1, starts_at = ?, ends_at = ? WHERE id = ?",
            (starts_at, ends_at, interview_id),
        )
        return self.find(interview_id)

    def happen(self, interview_id: str, state: str) -> sqlite3.Row:
        """Put it into a state whatever it was before: the vendor's or the candidate's own doing is not judged."""
        ended = _now_ms() if state in {"cancelled", "expired"} else None
        self._store.execute(
            "UPDATE interview SET version = version + 1, state = ?, ended_ms = coalesce(?, ended_ms) WHERE id = ?",
            (state, ended, interview_id),
        )
        return self.find(interview_id)

    def effects(self) -> Mapping[str, Mapping[str, int]]:
        """Count what callers really did: cancels per interview, invitations per external id (else e-mail)."""
        cancels = self._store.execute("SELECT id, cancels FROM interview WHERE cancels > 0")
        creates = self._store.execute(
            "SELECT CASE WHEN external_id = '' THEN email ELSE external_id END AS who, count(*)"
            " FROM interview WHERE NOT seeded GROUP BY who"
        )
        return {"cancels": dict(tuple(r) for r in cancels), "creates": dict(tuple(r) for r in creates)}


def brief(row: sqlite3.Row) -> dict[str, Any]:
    """Return what the control plane shows of an interview."""
    return {name: row[name] for name in ("id", "external_id", "state", "version", "starts_at", "ends_at")}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
