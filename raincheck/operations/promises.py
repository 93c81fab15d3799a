"""What candidates were promised when they asked, and how it was kept.

Two promises: an answer within a minute, the outcome within a quarter of an hour. Both are kept by a message
handed over, on a channel outside this house. Where a rule wants a review, its clock is what the outcome is
measured by: docs/reference/promises.md says each state's instant. What was imported was asked of another system,
which owed the answer.

Every function sees what the open scope shows: one company's, or for the operator all of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from raincheck.core.ids import first_id_at
from raincheck.operations.sql import rows


class Promise(StrEnum):
    """What was promised."""

    ANSWER = "answer"
    OUTCOME = "outcome"


#: What ended longer ago than this is looked at only if somebody watches it already.
LOOK_BACK = timedelta(minutes=30)
HOUR = timedelta(hours=1)
#: By how much hosts' clocks, which make ids, may differ from the database's, which makes times.
SKEW = timedelta(minutes=2)

#: One row a promise. `kept_at`: when the message was handed over; `in_vain`: every channel has refused, which a
#: task of its own says. Warned is when a third of the time given is left, four minutes at most.
PROMISES = """
WITH asked AS (
    SELECT c.*, told.* FROM cancellations_cancellation c
    CROSS JOIN LATERAL (
        SELECT min(d.at) AS answered_at,
            min(d.at) FILTER (WHERE e.action <> 'cancellation.requested') AS told_at,
            bool_or(m.state = 'failed') AS answer_in_vain,
            bool_or(m.state = 'failed') FILTER (WHERE e.action <> 'cancellation.requested') AS outcome_in_vain
        FROM audit_entry e
        JOIN notifications_message m ON m.entry_id = e.id AND m.recipient_kind = 'candidate'
        LEFT JOIN notifications_delivery d
            ON d.message_id = m.id AND d.state = 'sent' AND d.channel <> 'in_app'
        WHERE e.cancellation_id = c.id AND e.action IN ('cancellation.requested', 'cancellation.completed',
            'cancellation.rejected', 'cancellation.withdrawn')
    ) told
    WHERE c.initiator = 'candidate' AND c.channel <> 'import' AND (
        c.id >= %(since)s OR c.state IN ('in_review', 'processing') OR c.id = ANY(%(also)s)
    )
), measured AS (
    SELECT *, CASE
        WHEN outcome = 'auto' THEN requested_at
        WHEN state = 'in_review' AND NOT decides_late THEN due_at
        WHEN state = 'in_review' THEN requested_at
        ELSE coalesce(decided_at, requested_at) END AS given_at, CASE
        WHEN outcome = 'auto' THEN requested_at + interval '15 minutes'
        WHEN state = 'in_review' AND decides_late THEN due_at
        WHEN state = 'in_review' THEN due_at + interval '1 minute'
        ELSE greatest(requested_at + interval '15 minutes', decided_at + interval '5 minutes') END AS settled_by
    FROM (SELECT *, escalated_at IS NULL AND ('escalate' IN (
        coalesce(review ->> 'then', ''), coalesce(review ->> 'then_outside_hours', ''))) AS decides_late
        FROM asked) a
), promise AS (
    SELECT id, company_id, interview_id, requested_at, 'answer' AS promise,
        requested_at + interval '40 seconds' AS warn_at, requested_at + interval '1 minute' AS breaks_at,
        answered_at AS kept_at, coalesce(answer_in_vain, false) AS in_vain FROM measured
    UNION ALL
    SELECT id, company_id, interview_id, requested_at, 'outcome',
        settled_by - least(interval '4 minutes', (settled_by - given_at) / 3), settled_by,
        told_at, coalesce(outcome_in_vain, false) FROM measured
)
"""


@dataclass(frozen=True)
class Owed:
    """A promise not kept yet, and when it breaks (or broke)."""

    company_id: UUID
    cancellation_id: UUID
    interview_id: UUID
    promise: Promise
    breaks_at: datetime


def at_risk(now: datetime, *, also: Collection[UUID] = ()) -> list[Owed]:
    """Return the promises about to break or broken and still owed, the most pressing first.

    `also` names cancellations that are looked at however long ago they ended.
    """
    found = rows(
        f"{PROMISES} SELECT company_id, id, interview_id, promise, breaks_at FROM promise"
        " WHERE kept_at IS NULL AND NOT in_vain AND warn_at <= %(now)s ORDER BY breaks_at, id",
        _values(now, LOOK_BACK, also),
    )
    return [
        Owed(company, cancellation, interview, Promise(promise), breaks_at)
        for company, cancellation, interview, promise, breaks_at in found
    ]


@dataclass(frozen=True)
class Score:
    """How a promise was kept: `due` of them were kept or have broken, `kept` in time; `owed` are about to break."""

    due: int = 0
    kept: int = 0
    at_risk: int = 0
    broken: int = 0


def scores(now: datetime) -> dict[Promise, Score]:
    """Return how each promise was kept to those who asked within the last hour, and what is owed now."""
    found = rows(
        f"{PROMISES} SELECT promise,"
        " count(*) FILTER (WHERE recent AND NOT in_vain AND (kept_at IS NOT NULL OR breaks_at <= %(now)s)),"
        " count(*) FILTER (WHERE recent AND NOT in_vain AND kept_at <= breaks_at),"
        " count(*) FILTER (WHERE owed AND breaks_at > %(now)s), count(*) FILTER (WHERE owed AND breaks_at <= %(now)s)"
        " FROM (SELECT *, requested_at > %(now)s - interval '1 hour' AS recent,"
        " kept_at IS NULL AND NOT in_vain AND warn_at <= %(now)s AS owed FROM promise) p GROUP BY 1",
        _values(now, HOUR, ()),
    )
    return {promise: Score() for promise in Promise} | {
        Promise(promise): Score(*counts) for promise, *counts in found
    }


def how_kept(promise: Promise, cancellation_ids: Collection[UUID], *, now: datetime) -> tuple[int, int]:
    """Return how many of these were kept in time, and how many late or in vain."""
    [(kept, late)] = rows(
        f"{PROMISES} SELECT count(*) FILTER (WHERE kept_at <= breaks_at),"
        " count(*) FILTER (WHERE kept_at > breaks_at OR in_vain) FROM promise"
        " WHERE promise = %(promise)s AND id = ANY(%(also)s)",
        {**_values(now, timedelta(), cancellation_ids), "promise": promise},
    )
    return kept, late


def _values(now: datetime, back: timedelta, also: Collection[UUID]) -> dict[str, object]:
    return {"now": now, "since": first_id_at(now - back - SKEW), "also": list(also)}
