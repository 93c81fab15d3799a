"""The vendor's interviews: their row, the JSON they are shown as, and every change they can undergo.

Each change raises `version` by one. Every function that writes expects to run inside a transaction.
The vendor has no clock of its own: an interview expires when the control plane says so, which keeps
tests and demo repeatable.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from raincheck.simulators.shapes import in_utc
from raincheck.simulators.wire import RefusedError

SCHEMA = """
CREATE TABLE IF NOT EXISTS interview (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL UNIQUE,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('slot', 'window')),
    title TEXT NOT NULL,
    candidate_name TEXT NOT NULL,
    locale TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'invited'
        CHECK (status IN ('invited', 'in_progress', 'submitted', 'cancelled', 'expired')),
    progress TEXT NOT NULL DEFAULT 'unopened'
        CHECK (progress IN ('unopened', 'opened', 'partly_recorded', 'submitted')),
    version INTEGER NOT NULL DEFAULT 1,
    cancel_reason TEXT
);
"""
DIMENSIONS = {
    "communication": "沟通表达",
    "expertise": "专业能力",
    "logic": "逻辑思维",
    "fit": "岗位匹配",
    "stability": "稳定性",
}
# Which progress a seeded interview of a status may have; the first is what it has when none is given.
PROGRESS_OF = {
    "invited": ("unopened", "opened"),
    "in_progress": ("opened", "partly_recorded"),
    "submitted": ("submitted",),
    "cancelled": ("unopened", "opened", "partly_recorded"),
    "expired": ("unopened", "opened", "partly_recorded"),
}


@dataclass(frozen=True)
class Invitation:
    """What the customer asks for when an interview is created."""

    external_id: str
    kind: str
    title: str
    candidate_name: str
    locale: str
    starts_at: datetime
    ends_at: datetime
    status: str = "invited"
    progress: str = "unopened"


def as_json(row: sqlite3.Row, *, base_url: str) -> dict[str, Any]:
    """Show an interview on the wire."""
    return {
        "id": row["id"],
        "external_id": row["external_id"],
        "kind": row["kind"],
        "status": row["status"],
        "progress": row["progress"],
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "invite_url": f"{base_url}/i/{row['token']}",
        "version": row["version"],
        "scores": scores(row["id"], row["progress"]),
    }


def scores(interview_id: str, progress: str) -> list[dict[str, Any]]:
    """Return the five scores (52 to 98 of 100) once something is recorded; the same whenever asked."""
    if progress not in ("partly_recorded", "submitted"):
        return []
    partial = progress == "partly_recorded"
    return [
        {"dimension": code, "score": _score(interview_id, code, progress), "max": 100, "partial": partial}
        for code in DIMENSIONS
    ]


def _score(interview_id: str, code: str, progress: str) -> int:
    return 52 + hashlib.sha256(f"{interview_id}/{code}/{progress}".encode()).digest()[0] % 47


def find(store: sqlite3.Connection, interview_id: str) -> sqlite3.Row:
    """Return the row of an interview; refuses with 404 `not_found`."""
    return _present(store.execute("SELECT * FROM interview WHERE id = ?", (interview_id,)).fetchone())


def find_by_token(store: sqlite3.Connection, token: str) -> sqlite3.Row:
    """Return the row the candidate's link stands for; refuses with 404 `not_found`."""
    return _present(store.execute("SELECT * FROM interview WHERE token = ?", (token,)).fetchone())


def create(store: sqlite3.Connection, *, invitation: Invitation) -> sqlite3.Row:
    """Book an interview; refuses with 422 when it ends before it starts."""
    if invitation.ends_at <= invitation.starts_at:
        raise RefusedError(422, "invalid_request", "ends_at must be later than starts_at")
    interview_id = f"iv_{secrets.token_hex(8)}"
    store.execute(
        "INSERT INTO interview (id, token, external_id, kind, title, candidate_name, locale, starts_at,"
        " ends_at, status, progress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            interview_id,
            secrets.token_urlsafe(18),
            invitation.external_id,
            invitation.kind,
            invitation.title,
            invitation.candidate_name,
            invitation.locale,
            in_utc(invitation.starts_at),
            in_utc(invitation.ends_at),
            invitation.status,
            invitation.progress,
        ),
    )
    return find(store, interview_id)


def move(
    store: sqlite3.Connection, *, row: sqlite3.Row, starts_at: datetime, ends_at: datetime
) -> sqlite3.Row:
    """Move to other times; refuses with 409 `submitted`, `cancelled` or `expired`."""
    if ends_at <= starts_at:
        raise RefusedError(422, "invalid_request", "ends_at must be later than starts_at")
    if row["status"] in ("submitted", "cancelled", "expired"):
        raise RefusedError(409, row["status"], f"an interview that is {row['status']} cannot be moved")
    if (row["starts_at"], row["ends_at"]) == (in_utc(starts_at), in_utc(ends_at)):
        return row
    store.execute(
        "UPDATE interview SET starts_at = ?, ends_at = ?, version = version + 1 WHERE id = ?",
        (in_utc(starts_at), in_utc(ends_at), row["id"]),
    )
    return find(store, row["id"])


def cancel(store: sqlite3.Connection, *, row: sqlite3.Row, reason: str, accept_partial: bool) -> sqlite3.Row:
    """Revoke the interview and its link; partial scores are kept.

    Refuses with 410 `already_gone` (cancelled or expired), 409 `submitted`, 409 `in_progress` (begun,
    and `accept_partial` is false).
    """
    if row["status"] in ("cancelled", "expired"):
        raise RefusedError(410, "already_gone", "the interview was gone before this call")
    if row["status"] == "submitted":
        raise RefusedError(409, "submitted", "the candidate has submitted; it can no longer be cancelled")
    if row["status"] == "in_progress" and not accept_partial:
        raise RefusedError(409, "in_progress", "the candidate has begun; send accept_partial true to insist")
    store.execute("UPDATE interview SET cancel_reason = ? WHERE id = ?", (reason, row["id"]))
    return set_state(store, row=row, status="cancelled", progress=row["progress"])


def set_state(store: sqlite3.Connection, *, row: sqlite3.Row, status: str, progress: str) -> sqlite3.Row:
    """Put the interview into a state whatever it was before: the vendor's own doing is not judged."""
    store.execute(
        "UPDATE interview SET status = ?, progress = ?, version = version + 1 WHERE id = ?",
        (status, progress, row["id"]),
    )
    return find(store, row["id"])


def now() -> str:
    """Return this instant as the wire writes it, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _present(row: sqlite3.Row | None) -> sqlite3.Row:
    if row is None:
        raise RefusedError(404, "not_found", "there is no such interview")
    return row
