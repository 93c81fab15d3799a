"""Which reminders are due: by index, a short stretch of the schedule for each lead of each company."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.reminders.models import CANDIDATE_LEADS, INTERVIEWER_LEADS

#: Deeds by which people hear of an interview's time.
_NEWS = (
    Action.INTERVIEW_SCHEDULED,
    Action.INTERVIEW_RESCHEDULED,
    Action.REJECTED,
    Action.WITHDRAWN,
)
#: An interview known to the day alone is spoken of a day before, never an hour before midnight.
_DAY_LEADS = 12 * 60

#: Late is better than never until half of the lead is gone: after a night without workers “24 hours” still helps at
#: 14, and an hour's is worth nothing with ten minutes left. Each stretch is a look-up by itself in `interview_to_come`,
#: so is what is decided already, right after a burst, too, when the planner knows nothing of it (OFFSET sees to both).
#: A stretch's ends are put together beforehand: row-level security lets only comparisons near an index.
_DUE = """
WITH lead AS MATERIALIZED (
    SELECT c.id AS company_id, minutes::int AS minutes,
        %(now)s + minutes::int * interval '30 seconds' AS from_at,
        %(now)s + minutes::int * interval '1 minute' AS to_at
    FROM accounts_company c LEFT JOIN reminders_habit h ON h.company_id = c.id
    CROSS JOIN LATERAL (
        SELECT jsonb_array_elements_text(coalesce(h.leads, %(leads)s::jsonb)) AS minutes
        UNION SELECT jsonb_array_elements_text(coalesce(h.interviewer_leads, %(interviewer_leads)s::jsonb))
    ) said
    WHERE coalesce(h.active, true)
), due AS (
    SELECT i.*, lead.minutes FROM lead CROSS JOIN LATERAL (
        SELECT i.company_id, i.id, i.kind, i.starts_at, i.ends_at, i.sequence,
            CASE WHEN i.kind = 'slot' THEN i.starts_at ELSE i.ends_at END AS instant
        FROM recruiting_interview i
        WHERE i.company_id = lead.company_id AND i.state = 'scheduled'
            AND (CASE WHEN i.kind = 'slot' THEN i.starts_at ELSE i.ends_at END) >= lead.from_at
            AND (CASE WHEN i.kind = 'slot' THEN i.starts_at ELSE i.ends_at END) <= lead.to_at
            AND i.vendor_progress NOT IN ('partly_recorded', 'submitted')
            AND (i.precision = 'minute' OR lead.minutes >= %(day_leads)s)
        OFFSET 0
    ) i
), undecided AS (
    SELECT * FROM due WHERE NOT EXISTS (
        SELECT 1 FROM reminders_reminder r
        WHERE r.interview_id = due.id AND r.lead = due.minutes AND r.instant = due.instant
        OFFSET 0
    )
)
"""


@dataclass(frozen=True)
class Due:
    """A reminder nobody has decided on yet. `lead` is in minutes, `heard_at` when people last heard of the time."""

    interview_id: UUID
    lead: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    instant: datetime
    soonest: bool
    heard_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """Return when it was to go."""
        return self.instant - timedelta(minutes=self.lead)


def companies_with_due(now: datetime) -> list[UUID]:
    """Return the companies for which a sweep has something to decide, within a scope that sees all."""
    return [row[0] for row in _rows("SELECT DISTINCT company_id FROM undecided ORDER BY 1", {"now": now})]


def due_reminders(now: datetime, *, limit: int) -> list[Due]:
    """Return what is due in the open scope's company, the most pressing first."""
    found = _rows(
        "SELECT u.*, (SELECT max(e.at) FROM audit_entry e WHERE e.interview_id = u.id AND e.action = ANY(%(news)s))"
        " FROM (SELECT id, minutes, kind, starts_at, ends_at, sequence, instant,"
        " row_number() OVER (PARTITION BY id ORDER BY minutes) = 1 AS soonest"
        " FROM undecided ORDER BY instant, id, minutes LIMIT %(limit)s) u",
        {"now": now, "news": [str(action) for action in _NEWS], "limit": limit},
    )
    return [Due(*row) for row in found]


def _rows(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    defaults: dict[str, Any] = {
        "leads": json.dumps(CANDIDATE_LEADS),
        "interviewer_leads": json.dumps(INTERVIEWER_LEADS),
        "day_leads": _DAY_LEADS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE + query, {**defaults, **values})
        return list(cursor.fetchall())
