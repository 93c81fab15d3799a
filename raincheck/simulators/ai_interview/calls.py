"""What was called and what it did: the call log, and the answers kept for idempotency keys."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from typing import Any

from starlette.requests import Request

from raincheck.simulators.ai_interview.interviews import now
from raincheck.simulators.wire import RefusedError

SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    operation TEXT NOT NULL,
    interview_id TEXT,
    idempotency_key TEXT,
    status INTEGER,
    replayed INTEGER NOT NULL,
    effect INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS answer (
    idempotency_key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Call:
    """One call under /v1; `status` None: the connection was closed without an answer."""

    operation: str
    interview_id: str | None
    idempotency_key: str | None
    status: int | None = None
    replayed: bool = False
    effect: bool = False


@dataclass(frozen=True)
class Answer:
    """What a call is answered with, and whether it changed anything."""

    status: int
    body: dict[str, Any]
    effect: bool = False
    replayed: bool = False


def write(store: sqlite3.Connection, *, call: Call) -> None:
    """Append `call` to the log."""
    store.execute(
        "INSERT INTO call (at, operation, interview_id, idempotency_key, status, replayed, effect)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (now(), *astuple(call)),
    )


@contextmanager
def refusals_logged(store: sqlite3.Connection, call: Call) -> Iterator[None]:
    """Log `call` when the block refuses it, then let the refusal pass."""
    try:
        yield
    except RefusedError as refusal:
        answered = None if refusal.code == "unreachable" else refusal.status
        write(store, call=replace(call, status=answered))
        raise


def fingerprint(request: Request, body: Any) -> str:
    """Return what makes two calls the same one: method, path, and the body whatever its key order."""
    same = json.dumps([request.method, request.url.path, body], sort_keys=True)
    return hashlib.sha256(same.encode()).hexdigest()


def kept_answer(store: sqlite3.Connection, *, key: str, mark: str) -> Answer | None:
    """Return the answer `key` was given before; refuses with 422 when it came with another body."""
    row = store.execute("SELECT * FROM answer WHERE idempotency_key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != mark:
        raise RefusedError(422, "idempotency_mismatch", "this Idempotency-Key came with another body before")
    return Answer(row["status"], json.loads(row["body"]), replayed=True)


def keep_answer(store: sqlite3.Connection, *, key: str, mark: str, answer: Answer) -> None:
    """Remember `answer` for `key`; only what was done is kept, a refused call has not used its key up."""
    store.execute(
        "INSERT INTO answer VALUES (?, ?, ?, ?)", (key, mark, answer.status, json.dumps(answer.body))
    )


def listed(store: sqlite3.Connection, *, interview_id: str | None = None) -> list[dict[str, Any]]:
    """Return the log, oldest first; of one interview when `interview_id` is given."""
    rows = store.execute(
        "SELECT * FROM call WHERE ? IS NULL OR interview_id = ? ORDER BY seq", (interview_id, interview_id)
    )
    return [{**dict(row), "replayed": bool(row["replayed"]), "effect": bool(row["effect"])} for row in rows]


def effects(store: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Count what was really done: cancels per interview id, creates per external id."""
    cancels = store.execute(
        "SELECT interview_id, COUNT(*) FROM call WHERE operation = 'cancel' AND effect GROUP BY interview_id"
    )
    creates = store.execute(
        "SELECT external_id, COUNT(*) FROM call JOIN interview ON interview.id = call.interview_id"
        " WHERE operation = 'create' AND effect GROUP BY external_id"
    )
    return {"cancels": dict(tuple(row) for row in cancels), "creates": dict(tuple(row) for row in creates)}
