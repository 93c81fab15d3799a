"""The log of everything that was called, refused or not."""

from __future__ import annotations

import sqlite3
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    operation TEXT,
    subject TEXT,
    status INTEGER
);
"""


class Logged:
    """Notes every call to the vendor; `status` null: the connection was closed without an answer.

    What a call means is known only once it is understood: whoever does so fills the note in.
    """

    def __init__(self, app: ASGIApp, *, store: sqlite3.Connection, but: tuple[str, ...]) -> None:
        self._app, self._store, self._but = app, store, but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and note its answer as it leaves."""
        if scope["type"] != "http" or scope["path"].startswith(self._but):
            await self._app(scope, receive, send)
            return
        note: dict[str, Any] = {"operation": None, "subject": None, "lost": False}
        scope["raincheck.note"] = note

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Before the answer leaves, so that whoever has it finds it noted.
                status = None if note["lost"] else message["status"]
                row = (scope["method"], scope["path"], note["operation"], note["subject"], status)
                self._store.execute(
                    "INSERT INTO call (method, path, operation, subject, status) VALUES (?, ?, ?, ?, ?)", row
                )
            await send(message)

        await self._app(scope, receive, noting)


def listed(store: sqlite3.Connection, *, interview_id: str | None) -> list[dict[str, Any]]:
    """Return the log, oldest first; of one interview when `interview_id` is given."""
    query = "SELECT * FROM call WHERE ? IS NULL OR subject = ? ORDER BY seq"
    return [dict(row) for row in store.execute(query, (interview_id, interview_id))]
