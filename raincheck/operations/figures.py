"""How the cancellations, the vendors, the messages and the tasks stand: figures, no names.

Each is one short statement on an index that holds only what is open, so that years of history cost nothing.
Every function sees what the open scope shows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from raincheck.core.ids import first_id_at
from raincheck.operations.sql import rows

#: What is younger than this may simply be on its way.
OVERDUE = timedelta(seconds=20)

#: Every cancellation that needs something yet: a decision, the vendor's word, or a clock to run out.
_OPEN = (
    "(c.state IN ('in_review', 'processing')"
    " OR (c.next_attempt_at IS NOT NULL AND c.state = 'completed' AND c.agreement = 'pending'))"
)
#: What the vendor is still to be asked, as the sweep sees it.
_ERRAND = (
    "c.next_attempt_at IS NOT NULL AND ((c.state = 'processing' AND c.mismatch = '')"
    " OR (c.state = 'completed' AND c.agreement = 'pending'))"
)


def open_cancellations() -> dict[tuple[str, str], int]:
    """Count what is open by (state, agreement); a completed one is while the vendor hasn't agreed."""
    found = rows(
        f"SELECT c.state, c.agreement, count(*) FROM cancellations_cancellation c WHERE {_OPEN} GROUP BY 1, 2"
    )
    return {(state, agreement): count for state, agreement, count in found}


def backup_age() -> float | None:
    """Return the seconds since the snapshot of the last backup that was proven; None where there is none."""
    [(age,)] = rows(
        "SELECT extract(epoch FROM clock_timestamp() - max(taken_at))::float8 FROM migration_backuprun"
        " WHERE verified_at IS NOT NULL"
    )
    return float(age) if age is not None else None


@dataclass(frozen=True)
class Stranded:
    """Open cancellations whose turn is past and that no job names; `seconds` is for how long, at most."""

    errands: int
    clocks: int
    seconds: float


def stranded(now: datetime) -> Stranded:
    """Return what lost its job, or has a clock that ended and nobody ran; the sweeps cure both within seconds."""
    values = {"late": now - OVERDUE, "now": now}
    [(errands, waited)] = rows(
        "WITH named AS MATERIALIZED (SELECT jsonb_array_elements_text(args -> 'cancellation_ids') AS id"
        " FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name = 'vendors.agree')"
        " SELECT count(*), extract(epoch FROM %(now)s - min(c.next_attempt_at))::float8"
        f" FROM cancellations_cancellation c WHERE {_ERRAND} AND c.next_attempt_at < %(late)s"
        " AND NOT EXISTS (SELECT FROM named WHERE named.id = c.id::text)",
        values,
    )
    [(clocks, ended)] = rows(
        "SELECT count(*), extract(epoch FROM %(now)s - min(due_at))::float8"
        " FROM cancellations_cancellation WHERE due_at < %(late)s",
        values,
    )
    return Stranded(errands, clocks, max(waited or 0.0, ended or 0.0))


@dataclass(frozen=True)
class VendorLag:
    """One account: how many cancellations it hasn't agreed to, and for how many seconds the oldest waits."""

    account_id: UUID
    adapter: str
    waiting: int
    seconds: float


def vendor_lags(now: datetime) -> list[VendorLag]:
    """Return every active account's lag, from the request or the approval on."""
    # From the few that wait outwards; the accounts that nobody waits for come with the outer join.
    found = rows(
        "SELECT a.id, a.adapter, count(w.since),"
        " coalesce(extract(epoch FROM %(now)s - min(w.since)), 0)::float8"
        " FROM vendors_vendoraccount a LEFT JOIN (SELECT i.vendor_account_id AS account_id,"
        " coalesce(c.decided_at, c.requested_at) AS since"
        " FROM cancellations_cancellation c JOIN recruiting_interview i ON i.id = c.interview_id"
        f" WHERE {_ERRAND}) w"
        " ON w.account_id = a.id WHERE a.active GROUP BY 1, 2 ORDER BY 4 DESC, 1",
        {"now": now},
    )
    return [VendorLag(*row) for row in found]


@dataclass(frozen=True)
class Waiting:
    """What waits on one channel: how many messages, and for how many seconds the oldest."""

    messages: int
    seconds: float


def messages_waiting(now: datetime) -> dict[str, Waiting]:
    """Return by channel what has been written and not yet been handed over or given up there."""
    found = rows(
        "SELECT wanted.channel, count(*), extract(epoch FROM %(now)s - min(m.made_at))::float8"
        # Of a chain the step it is at: one handed over somewhere waits for nothing, later steps may never be.
        " FROM notifications_message m, jsonb_array_elements(m.channels) AS item (way), LATERAL ("
        " SELECT step.channel, step.ended FROM (SELECT name AS channel, place,"
        " EXISTS (SELECT FROM notifications_delivery d WHERE d.message_id = m.id AND d.channel = name"
        " AND d.state <> 'retry') AS over, EXISTS (SELECT FROM notifications_delivery d"
        " WHERE d.message_id = m.id AND d.channel = name AND d.state = 'sent') AS ended"
        " FROM jsonb_array_elements_text(CASE jsonb_typeof(way) WHEN 'array' THEN way ELSE jsonb_build_array(way) END)"
        " WITH ORDINALITY AS named (name, place)) step WHERE ended OR NOT over ORDER BY ended DESC, place LIMIT 1"
        " ) AS wanted WHERE m.state = 'waiting' AND NOT wanted.ended GROUP BY 1",
        {"now": now},
    )
    return {channel: Waiting(count, max(0.0, age)) for channel, count, age in found}


def tasks_open() -> dict[str, int]:
    """Count open tasks by kind."""
    return dict(rows("SELECT kind, count(*) FROM worklist_task WHERE state = 'open' GROUP BY 1"))


@dataclass(frozen=True)
class Calls:
    """An account's calls of the last hour: how many, how many failed, how fast (milliseconds), the last good one."""

    made: int
    failed: int
    median: float
    slow: float
    last_good: datetime | None


def recent_calls(now: datetime) -> dict[UUID, Calls]:
    """Return by account the calls of the last hour. Ids sort by time, so the hour is a stretch of the key."""
    found = rows(
        "SELECT account_id, count(*), count(*) FILTER (WHERE outcome <> 'ok'),"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds),"
        " percentile_cont(0.99) WITHIN GROUP (ORDER BY milliseconds), max(at) FILTER (WHERE outcome = 'ok')"
        " FROM vendors_vendorcall WHERE id >= %(since)s GROUP BY 1",
        {"since": first_id_at(now - timedelta(hours=1))},
    )
    return {account: Calls(*rest) for account, *rest in found}
