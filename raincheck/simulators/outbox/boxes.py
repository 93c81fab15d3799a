"""The stored messages: SMS by idempotency key, mails as raw bytes, and how often each arrived."""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

SCHEMA = """
CREATE TABLE IF NOT EXISTS sms (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    idempotency_key TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    number TEXT NOT NULL,
    body TEXT NOT NULL,
    template TEXT NOT NULL,
    params TEXT NOT NULL,
    at TEXT NOT NULL,
    requests INTEGER NOT NULL DEFAULT 1,
    unread INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS sms_number ON sms (number, seq);
CREATE TABLE IF NOT EXISTS mail (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    recipients TEXT NOT NULL,
    raw BLOB NOT NULL,
    at TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Sms:
    """A text message as the gateway was asked to send it."""

    number: str
    body: str
    template: str
    params: dict[str, str]


def keep_sms(store: sqlite3.Connection, *, key: str, mark: str, sms: Sms) -> str:
    """Store a message that came under a new key; returns its id."""
    sms_id = f"sms_{secrets.token_hex(8)}"
    store.execute(
        "INSERT INTO sms (id, idempotency_key, fingerprint, number, body, template, params, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (sms_id, key, mark, sms.number, sms.body, sms.template, json.dumps(sms.params), now()),
    )
    return sms_id


def keep_mail(store: sqlite3.Connection, *, message_id: str, recipients: list[str], raw: bytes) -> None:
    """Store a mail as it came in, once for each time it came in."""
    store.execute(
        "INSERT INTO mail (message_id, recipients, raw, at) VALUES (?, ?, ?, ?)",
        (message_id, json.dumps(recipients), raw, now()),
    )


def sms_to(store: sqlite3.Connection, number: str | None) -> list[sqlite3.Row]:
    """Return the messages to `number` (None: all), oldest first."""
    return store.execute(
        "SELECT * FROM sms WHERE ? IS NULL OR number = ? ORDER BY seq", (number, number)
    ).fetchall()


def mail_to(store: sqlite3.Connection, address: str | None) -> list[sqlite3.Row]:
    """Return the mails whose envelope names `address` whatever its case (None: all), oldest first."""
    return store.execute(
        "SELECT * FROM mail WHERE ? IS NULL OR EXISTS (SELECT 1 FROM json_each(mail.recipients)"
        " WHERE lower(value) = lower(?)) ORDER BY seq",
        (address, address),
    ).fetchall()


def counts(store: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Count arrivals: `sms` and `sms_requests` by idempotency key, `mail` by Message-ID.

    `sms` is what reached the phone (1), `sms_requests` how often it was asked for. `mail` is how often
    the same recipient got it, so that a mail to three people once is 1 and a double is 2.
    """
    sms = store.execute("SELECT idempotency_key, requests FROM sms").fetchall()
    mail = store.execute(
        "SELECT message_id, MAX(times) FROM (SELECT message_id, COUNT(*) AS times FROM mail,"
        " json_each(mail.recipients) GROUP BY message_id, lower(value)) GROUP BY message_id"
    ).fetchall()
    return {
        "sms": {row[0]: 1 for row in sms},
        "sms_requests": {row[0]: row[1] for row in sms},
        "mail": {row[0]: row[1] for row in mail},
    }


def clear(store: sqlite3.Connection) -> None:
    """Forget every message and every key."""
    store.execute("DELETE FROM sms")
    store.execute("DELETE FROM mail")


def now() -> str:
    """Return this instant in RFC 3339, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
