"""How many cancellations ever ended, by how: a counter over a table that only grows.

Counted whole once a process, a stretch of the history at a time. After that only what was still open then, and
what is new, is looked at: an ended cancellation never changes its state, and ids sort by time.
"""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from raincheck.core.ids import first_id_at
from raincheck.operations.sql import rows

Ended = Counter[tuple[str, str]]
#: What is younger is counted afresh each time; all hosts' clocks agree to well within it.
YOUNG = timedelta(days=1)
#: So much of the history is counted by one statement, and for so many seconds by one look.
STRETCH = timedelta(days=30)
PATIENCE = 2.0
_LIVE = "state IN ('in_review', 'processing')"


class Totals:
    """The count, kept between two looks. Use from any thread, within a scope that sees every company."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        """`patience` is in seconds."""
        self._patience = patience
        self._lock = threading.Lock()
        self._until: datetime | None = None
        self._settled: Ended = Counter()
        self._open: list[UUID] = []

    def read(self, now: datetime) -> Ended | None:
        """Return how many have ended by (state, initiator); None while a long history is still being counted."""
        begun = time.monotonic()
        with self._lock:
            self._until = self._until or _first_made() or now - YOUNG
            while now - self._until > 2 * YOUNG:
                self._settle(self._until, min(self._until + STRETCH, now - YOUNG))
                if time.monotonic() - begun > self._patience and now - self._until > 2 * YOUNG:
                    return None
            young = _count(f"NOT {_LIVE} AND id >= %(edge)s", edge=first_id_at(self._until))
            return self._settled + self._ended_late() + young

    def _settle(self, since: datetime, until: datetime) -> None:
        """Count a stretch for good, but what is open yet; what fails leaves all as it was."""
        stretch = "id >= %(edge)s AND id < %(to)s"
        values = {"edge": first_id_at(since), "to": first_id_at(until)}
        ended = self._settled + self._ended_late() + _count(f"NOT {_LIVE} AND {stretch}", **values)
        found = rows(
            f"SELECT id FROM cancellations_cancellation WHERE {_LIVE} AND (id = ANY(%(open)s) OR ({stretch}))",
            {**values, "open": self._open},
        )
        self._settled, self._open, self._until = ended, [row[0] for row in found], until

    def _ended_late(self) -> Ended:
        return _count(f"NOT {_LIVE} AND id = ANY(%(open)s)", open=self._open) if self._open else Counter()


def _first_made() -> datetime | None:
    found = rows("SELECT id FROM cancellations_cancellation ORDER BY id LIMIT 1")
    return datetime.fromtimestamp((found[0][0].int >> 80) / 1000, UTC) if found else None


def _count(which: str, **values: object) -> Ended:
    found = rows(
        f"SELECT state, initiator, count(*) FROM cancellations_cancellation WHERE {which} GROUP BY 1, 2",
        values,
    )
    return Counter({(state, initiator): count for state, initiator, count in found})
