"""Writing the audit trail: one call, in the transaction of the deed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from raincheck.audit.catalogue import ANNOUNCED, Action
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.bulk import Shape, insert_rows
from raincheck.core.jobs import BULK, defer
from raincheck.core.prepared import insert

__all__ = ["Deed", "Subject", "announce", "entries_of", "note", "note_all", "record", "store_all"]

#: From so many on COPY is the shorter way; the database makes every other column of the text.
MANY = 200
_ENTRIES = Shape("audit_entry", {"canonical": "text"})


def record(*, actor: Actor, action: Action, subject: Subject, now: datetime, **facts: Any) -> Entry:
    """Record one deed; if people must hear of it, defer the telling in the same transaction."""
    entry = note(actor=actor, deed=Deed(action, subject, facts), now=now)
    if action in ANNOUNCED:
        announce(company_id=actor.company_id, entry_ids=[entry.id])
    return entry


def note(*, actor: Actor, deed: Deed, now: datetime) -> Entry:
    """Record one deed whose telling somebody else takes care of."""
    entry = Entry.of(actor=actor, deed=deed, at=now, request_id=_request_id())
    insert(entry)
    return entry


def note_all(*, actor: Actor, deeds: Iterable[Deed], now: datetime) -> list[Entry]:
    """Record many deeds of one kind of work at once, whose telling somebody else takes care of."""
    return store_all(entries_of(actor=actor, deeds=deeds, now=now))


def entries_of(*, actor: Actor, deeds: Iterable[Deed], now: datetime) -> list[Entry]:
    """Return deeds as entries for `store_all`; no database is needed for it, and any thread may."""
    return Entry.all_of(actor=actor, deeds=deeds, at=now, request_id=_request_id())


def store_all(entries: list[Entry]) -> list[Entry]:
    """Record what `entries_of` made, in the transaction of the deeds."""
    if len(entries) < MANY:
        return Entry.objects.bulk_create(entries)
    insert_rows(_ENTRIES, ((entry.canonical,) for entry in entries))
    return entries


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def announce(*, company_id: UUID, entry_ids: Iterable[UUID], bulk: bool = False) -> None:
    """Defer one job that tells everyone concerned of these entries. By name: the fan-out lies above us."""
    queue = BULK if bulk else "tell"
    defer("fanout.tell", queue=queue, company_id=str(company_id), entry_ids=[str(i) for i in entry_ids])
