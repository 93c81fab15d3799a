"""The unsealed window: how many entries no checkpoint covers yet, and for how long the oldest has waited."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from raincheck.core.ids import made_at

_UNSEALED = (
    'SELECT count(*), min(e.at), min(e.id::text COLLATE "C") FROM audit_entry e WHERE e.xid >= coalesce('
    "(SELECT s.horizon::xid8 FROM audit_seal s ORDER BY s.size DESC LIMIT 1), '0'::xid8)"
    " AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)"
)
_LAST = "SELECT size, sealed_at FROM audit_seal ORDER BY size DESC LIMIT 1"


@dataclass(frozen=True)
class Window:
    """How the seal stands; `seconds` is for how long the oldest unsealed entry has waited, 0 without one."""

    sealed: int
    sealed_at: datetime | None
    unsealed: int
    seconds: float


def window(now: datetime) -> Window:
    """Return how the seal stands, for whoever may read all entries."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        size, sealed_at = cursor.fetchone() or (0, None)
        cursor.execute(_UNSEALED)
        unsealed, oldest, first = cursor.fetchone()
    if not unsealed:
        return Window(size, sealed_at, 0, 0.0)
    # An entry may bear an older time than it was written at, which its id tells; after a restore both are old, and
    # waiting begins with the last seal at the earliest.
    since = max(oldest, made_at(UUID(first)), sealed_at or oldest)
    return Window(size, sealed_at, unsealed, max(0.0, (now - since).total_seconds()))
