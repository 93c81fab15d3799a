"""How the queue does: what waits, for how long, what gave up, and who works it off.

The queue's tables belong to no company, so these need no scope.
"""

from dataclasses import dataclass
from datetime import timedelta

from raincheck.operations.sql import rows

#: A worker breathes every two seconds; one that hasn't for so long is gone.
BREATHES_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True)
class Workers:
    """Who breathes; ages are seconds since the newest and the oldest of their heartbeats, None where nobody is."""

    alive: int
    newest: float | None
    oldest: float | None


def workers() -> Workers:
    """Return the workers that breathe now; `newest` also tells of one that stopped."""
    [(alive, newest, oldest)] = rows(
        "SELECT count(*) FILTER (WHERE age < %(limit)s), min(age), max(age) FILTER (WHERE age < %(limit)s)"
        " FROM (SELECT extract(epoch FROM clock_timestamp() - last_heartbeat)::float8 AS age"
        " FROM procrastinate_workers) w",
        {"limit": BREATHES_WITHIN.total_seconds()},
    )
    return Workers(alive, newest, oldest)


def jobs() -> dict[tuple[str, str], int]:
    """Count jobs by (queue, status): waiting (its turn has come), scheduled (for later), doing, failed."""
    # Two statements in one, each on a partial index: a day's finished jobs are never read.
    found = rows(
        "SELECT queue_name, CASE WHEN status = 'doing' THEN 'doing'"
        " WHEN scheduled_at > clock_timestamp() THEN 'scheduled' ELSE 'waiting' END AS state, count(*)"
        " FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1, 2"
        " UNION ALL SELECT queue_name, 'failed', count(*) FROM procrastinate_jobs"
        " WHERE status = 'failed' GROUP BY 1"
    )
    return {(queue, state): count for queue, state, count in found}


def oldest_waiting() -> dict[str, float]:
    """Return by queue for how many seconds its oldest waiting job could have been begun."""
    # Jobs are deferred in the order of their ids, so the least id was deferred first.
    found = rows(
        "SELECT w.queue_name, extract(epoch FROM clock_timestamp() - least(w.due, e.at))::float8"
        " FROM (SELECT queue_name, min(scheduled_at) FILTER (WHERE scheduled_at <= clock_timestamp()) AS due,"
        " min(id) FILTER (WHERE scheduled_at IS NULL) AS first"
        " FROM procrastinate_jobs WHERE status = 'todo' GROUP BY 1) w"
        " LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events"
        " WHERE job_id = w.first AND type = 'deferred') e ON true"
        " WHERE least(w.due, e.at) IS NOT NULL"
    )
    return dict(found)
