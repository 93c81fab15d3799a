"""Webhooks as Standard Webhooks has them (standardwebhooks.com): queued with the change, sent after it.

An event is a row in the change's own transaction, so none is lost when the process is killed; then it
may go out twice, with the same id, as with any real vendor.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
import secrets
import sqlite3
import time
from dataclasses import dataclass

import httpx

from raincheck.simulators.ai_interview.interviews import as_json, now

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    interview_id TEXT NOT NULL,
    type TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given_up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0,
    last_status INTEGER
);
CREATE INDEX IF NOT EXISTS event_due ON event (state, position);
"""
ATTEMPTS = 5
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
_TOLD = ("id", "external_id", "status", "progress", "version", "starts_at", "ends_at", "scores")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Endpoint:
    """Where events go and what they are signed with; the wait after a failure doubles from `backoff` s."""

    url: str
    secret: bytes
    backoff: float = 0.5


def read_secret(text: str) -> bytes:
    """Decode `whsec_` + base64 of 24 to 64 bytes; raises ValueError."""
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith("whsec_") or not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise ValueError("a webhook secret is whsec_ and the base64 of 24 to 64 bytes")
    return secret


def sign(secret: bytes, *, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the webhook-signature header: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    signed = b".".join((event_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


class Webhooks:
    """The queue of events and the task that empties it; without an endpoint nothing is queued."""

    def __init__(self, store: sqlite3.Connection, endpoint: Endpoint | None) -> None:
        """Take the store the queue lives in, and where it empties to."""
        self._store = store
        self._endpoint = endpoint
        self._wake = asyncio.Event()

    def queue(self, *, kind: str, row: sqlite3.Row) -> None:
        """Queue `interview.<kind>` about `row`, inside the caller's transaction."""
        if self._endpoint is None:
            return
        event_id = f"evt_{secrets.token_hex(10)}"
        shown = as_json(row, base_url="")
        body = {
            "id": event_id,
            "type": f"interview.{kind}",
            "occurred_at": now(),
            "data": {name: shown[name] for name in _TOLD},
        }
        self._store.execute(
            "INSERT INTO event (id, position, interview_id, type, body) VALUES (?, ?, ?, ?, ?)",
            (event_id, self._last_position() + 1, row["id"], body["type"], json.dumps(body).encode()),
        )
        self._wake.set()

    def replay(self, *, interview_id: str | None, backwards: bool) -> int:
        """Send events once more with the ids they had, in their order or backwards; return how many."""
        order = "SELECT id FROM event WHERE ? IS NULL OR interview_id = ? ORDER BY position"
        again = [row["id"] for row in self._store.execute(order, (interview_id, interview_id))]
        first = self._last_position() + 1
        for position, event_id in enumerate(reversed(again) if backwards else again, start=first):
            self._store.execute(
                "UPDATE event SET state = 'pending', attempts = 0, next_at = 0, position = ? WHERE id = ?",
                (position, event_id),
            )
        self._wake.set()
        return len(again)

    async def send_forever(self) -> None:
        """Send what is due, oldest first, until cancelled; one event's failure does not hold the others."""
        if self._endpoint is None:
            return
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                self._wake.clear()
                for event in self._due():
                    await self._send(client, self._endpoint, event)
                await self._rest()

    async def _send(self, client: httpx.AsyncClient, endpoint: Endpoint, event: sqlite3.Row) -> None:
        timestamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": event["id"],
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(
                endpoint.secret, event_id=event["id"], timestamp=timestamp, body=event["body"]
            ),
        }
        try:
            answer = await client.post(endpoint.url, content=event["body"], headers=headers)
            status, delivered = answer.status_code, answer.is_success
        except httpx.HTTPError as problem:
            log.info(
                "webhook receiver not reached", extra={"event": event["id"], "why": type(problem).__name__}
            )
            status, delivered = None, False
        self._note(endpoint, event, status=status, delivered=delivered)

    def _note(self, endpoint: Endpoint, event: sqlite3.Row, *, status: int | None, delivered: bool) -> None:
        attempts = event["attempts"] + 1
        state = "delivered" if delivered else "given_up" if attempts >= ATTEMPTS else "pending"
        next_at = time.time() + endpoint.backoff * 2 ** (attempts - 1)
        # Only as long as it is the sending we began: a replay meanwhile has put it back in the queue.
        self._store.execute(
            "UPDATE event SET state = ?, attempts = ?, next_at = ?, last_status = ?"
            " WHERE id = ? AND position = ?",
            (state, attempts, next_at, status, event["id"], event["position"]),
        )

    def _due(self) -> list[sqlite3.Row]:
        return self._store.execute(
            "SELECT * FROM event WHERE state = 'pending' AND next_at <= ? ORDER BY position", (time.time(),)
        ).fetchall()

    async def _rest(self) -> None:
        soonest = self._store.execute("SELECT MIN(next_at) FROM event WHERE state = 'pending'").fetchone()[0]
        wait = None if soonest is None else max(0.0, soonest - time.time())
        try:
            await asyncio.wait_for(self._wake.wait(), wait)
        except TimeoutError:
            return

    def _last_position(self) -> int:
        return int(self._store.execute("SELECT COALESCE(MAX(position), 0) FROM event").fetchone()[0])
