"""How promises were kept over a day, a week and a month, and how long messages took: for the console.

Measured from the deed's own instant, its transaction's, to the first hand-over outside this house; and to the
carrier's receipt where it gives one. All of it in one statement a figure, by the order of ids, which is time's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from raincheck.core.ids import first_id_at
from raincheck.operations.promises import PROMISES, SKEW, Promise
from raincheck.operations.sql import rows

SPANS = (1, 7, 30)

_KEPT = f"""{PROMISES}
SELECT promise, days, count(*) FILTER (WHERE kept_at IS NOT NULL OR breaks_at <= %(now)s),
    count(*) FILTER (WHERE kept_at <= breaks_at),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM kept_at - requested_at)::float8)
FROM promise JOIN unnest(%(spans)s::int[]) AS days ON requested_at > %(now)s - days * interval '1 day'
WHERE NOT in_vain GROUP BY promise, days
"""

#: Everything people were sent; what was written in its reader's quiet hours and could wait for the morning is left out,
#: for nobody promised it sooner.
_SENT = """
WITH sent AS (
    SELECT e.at AS caused_at, min(d.at) AS handed_at, min(d.receipt_at) FILTER (WHERE d.receipt = 'delivered') AS got_at
    FROM notifications_message m
    JOIN audit_entry e ON e.id = m.entry_id
    JOIN accounts_company c ON c.id = m.company_id
    JOIN notifications_delivery d ON d.message_id = m.id AND d.state = 'sent' AND d.channel <> 'in_app'
    CROSS JOIN LATERAL (SELECT (m.made_at AT TIME ZONE m.timezone)::time) AS read (by_the_clock)
    WHERE m.id >= %(since)s AND (m.urgent OR NOT CASE WHEN c.quiet_from <= c.quiet_to
        THEN by_the_clock >= c.quiet_from AND by_the_clock < c.quiet_to
        ELSE by_the_clock >= c.quiet_from OR by_the_clock < c.quiet_to END) GROUP BY m.id, e.at
)
SELECT days, count(*), count(got_at),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM handed_at - caused_at)::float8),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM got_at - caused_at)::float8)
FROM sent JOIN unnest(%(spans)s::int[]) AS days ON caused_at > %(now)s - days * interval '1 day'
GROUP BY days
"""


@dataclass(frozen=True)
class Kept:
    """One promise over so many days: how many were `due`, how many of them kept in time, and how long it took."""

    promise: Promise
    days: int
    due: int = 0
    kept: int = 0
    p50: float | None = None
    p95: float | None = None

    @property
    def share(self) -> float | None:
        """Return the percentage kept in time; None where none was due."""
        return 100 * self.kept / self.due if self.due else None


@dataclass(frozen=True)
class Sent:
    """All messages over so many days: seconds from their cause to hand-over, and to receipt where one came."""

    days: int
    messages: int = 0
    receipts: int = 0
    p50: float | None = None
    p95: float | None = None
    receipt_p50: float | None = None
    receipt_p95: float | None = None


def kept(now: datetime) -> list[Kept]:
    """Return each promise over each span, within the open scope."""
    found = {
        (promise, days): Kept(Promise(promise), days, due, in_time, *_pair(both))
        for promise, days, due, in_time, both in rows(_KEPT, {**_values(now), "also": []})
    }
    return [found.get((p, days)) or Kept(p, days) for p in Promise for days in SPANS]


def sent(now: datetime) -> list[Sent]:
    """Return how long messages took over each span, within the open scope."""
    found = {
        days: Sent(days, messages, receipts, *_pair(handed), *_pair(got))
        for days, messages, receipts, handed, got in rows(_SENT, _values(now))
    }
    return [found.get(days) or Sent(days) for days in SPANS]


def _pair(both: Sequence[float] | None) -> tuple[float | None, float | None]:
    return (both[0], both[1]) if both else (None, None)


def _values(now: datetime) -> dict[str, object]:
    oldest = now - timedelta(days=max(SPANS)) - SKEW
    return {"now": now, "since": first_id_at(oldest), "spans": list(SPANS)}
