"""The move out of the schedule by the thousand: what `actions.move_out` does for one, written by the database itself.

The same rows, the same snapshot to the letter, the same checksum, the same checks; and all of it or nothing. Nothing
of an interview is fetched, so that a million can move in minutes.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.archive.actions import MoveFailed, checksum_of
from raincheck.core.bulk import Shape, each, plan_for_lookups, planned_anew, stage_rows

#: Histories read back of each call, whose checksum is reckoned anew from what is stored.
READ_BACK = 20
_LEAVING = Shape(
    "archive_leaving",
    {
        "interview_id": "uuid",
        "cancellation_id": "uuid",
        "reason_code": "text",
        "initiator": "text",
        "requested_at": "timestamptz",
        "application_state": "text",
    },
)
#: A UUIDv7 of now (core/ids.py), for servers older than 18 as well.
_NEW_ID = (
    "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'"
    " || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid"
)
_ISO = (
    "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    " || CASE WHEN {0} = date_trunc('second', {0}) THEN '' ELSE to_char({0}, '.US') END || '+00:00'"
)
#: Each key of a snapshot with its value as JSON, in the order of `checksum_of`.
_SNAPSHOT = {
    "application": "'\"' || a.id || '\"'",
    "application_state": "to_json(COALESCE(l.application_state, a.state))::text",
    "assessments": "COALESCE(s.scores, '[]')",
    "candidate": "'\"' || c.id || '\"'",
    "department": "'\"' || p.department_id || '\"'",
    "ends_at": "'\"' || " + _ISO.format("i.ends_at") + " || '\"'",
    "interview": "'\"' || i.id || '\"'",
    "interviewers": "COALESCE(w.panel, '[]')",
    "kind": "to_json(i.kind)::text",
    "position": "'\"' || p.id || '\"'",
    "precision": "to_json(i.precision)::text",
    "school": "to_json(c.school)::text",
    "sequence": "i.sequence::text",
    "source": "to_json(a.source)::text",
    "starts_at": "'\"' || " + _ISO.format("i.starts_at") + " || '\"'",
    "vendor_progress": "to_json(i.vendor_progress)::text",
    "vendor_ref": "to_json(i.vendor_ref)::text",
    "vendor_word": "to_json(i.vendor_word)::text",
}
_JSON = " || ',' || ".join(f"'\"{key}\":' || {value}" for key, value in _SNAPSHOT.items())
_INTERVIEWS = "\n".join(
    (
        "FROM pg_temp.{stage} l",
        each("recruiting_interview", "i.id", "l.interview_id", "i.*"),
        each("recruiting_application", "a.id", "i.application_id", "a.*"),
        each("recruiting_position", "p.id", "a.position_id", "p.id, p.department_id"),
        each("recruiting_candidate", "c.id", "a.candidate_id", "c.*"),
    )
)
#: Locked, so that consent given or taken back at this moment finds the profile or is found by it.
_LOCK = """
SELECT count(*) FROM (SELECT FROM recruiting_candidate o WHERE o.company_id = %(company)s AND o.id = ANY (ARRAY(
    SELECT DISTINCT c.id {interviews})) ORDER BY o.id FOR NO KEY UPDATE) locked
"""
_CANCELLED = "SELECT count(*) {interviews} WHERE i.company_id = %(company)s AND i.state = 'cancelled'"
_HISTORIES = f"""
INSERT INTO archive_historyrecord (id, company_id, interview_id, cancellation_id, reason_code, initiator, candidate_id,
    position_id, department_id, school, source, starts_at, ends_at, snapshot, checksum, archived_at)
SELECT {_NEW_ID}, %(company)s, i.id, l.cancellation_id, l.reason_code, l.initiator, c.id, p.id, p.department_id,
    c.school, a.source, i.starts_at, i.ends_at, j.json::jsonb,
    encode(sha256(convert_to(j.json, 'UTF8')), 'hex'), %(now)s
{{interviews}}
LEFT JOIN LATERAL (SELECT '[' || string_agg('"' || r.staff_id || '"', ',' ORDER BY r.staff_id::text COLLATE "C") || ']'
    AS panel FROM recruiting_interviewer r WHERE r.interview_id = i.id) w ON true
LEFT JOIN LATERAL (SELECT '[' || string_agg('{{{{"dimension":' || to_json(s.dimension) || ',"max":"' || s.max_score
    || '","partial":' || s.partial || ',"score":"' || s.score || '"}}}}', ',' ORDER BY s.dimension) || ']' AS scores
    FROM recruiting_assessment s WHERE s.interview_id = i.id) s ON true
CROSS JOIN LATERAL (SELECT '{{{{' || {_JSON} || '}}}}' AS json) j
RETURNING id, interview_id, cancellation_id, checksum
"""
_PROFILES = f"""
INSERT INTO archive_talentprofile (id, company_id, candidate_id, in_pool, pooled_at, opened_at)
SELECT {_NEW_ID}, %(company)s, o.id, o.consent, CASE WHEN o.consent THEN %(now)s END, %(now)s
FROM (SELECT DISTINCT c.id, COALESCE(c.pool_consent, false) AS consent {{interviews}}) o
ON CONFLICT (candidate_id) DO NOTHING
"""
_POOL = """
UPDATE archive_talentprofile t SET in_pool = true, pooled_at = %(now)s
WHERE NOT t.in_pool AND t.candidate_id IN (SELECT c.id {interviews} WHERE c.pool_consent)
"""
_LINKED = """
SELECT t.id AS profile_id, e.* {interviews}
CROSS JOIN LATERAL (SELECT t.id FROM archive_talentprofile t WHERE t.candidate_id = c.id OFFSET 0) t
CROSS JOIN LATERAL (
    VALUES ('cv', c.id, jsonb_build_object('headline', c.headline), a.applied_at),
        ('application', a.id, jsonb_build_object('state', COALESCE(l.application_state, a.state)), a.applied_at),
        ('cancellation', l.cancellation_id, jsonb_build_object('reason', l.reason_code), l.requested_at)
    UNION ALL SELECT 'assessment', s.id, jsonb_build_object(
        'dimension', s.dimension, 'score', s.score::text, 'partial', s.partial), s.scored_at
    FROM recruiting_assessment s WHERE s.interview_id = i.id) AS e (kind, subject_id, data, occurred_at)
"""
_LINK = f"""
INSERT INTO archive_profileentry (id, company_id, profile_id, kind, subject_id, data, occurred_at)
SELECT {_NEW_ID}, %(company)s, profile_id, kind, subject_id, data, occurred_at FROM ({_LINKED}) linked
ON CONFLICT (profile_id, kind, subject_id) DO NOTHING
"""
_UNLINKED = f"""
SELECT count(*) FROM ({_LINKED}) linked WHERE NOT EXISTS (SELECT FROM archive_profileentry k
    WHERE (k.profile_id, k.kind, k.subject_id) = (linked.profile_id, linked.kind, linked.subject_id))
"""


@dataclass(frozen=True, slots=True)
class Leaving:
    """An interview that leaves, and why; `application_state` where it isn't the one its application has now."""

    interview_id: UUID
    cancellation_id: UUID
    reason_code: str
    initiator: str
    requested_at: datetime
    application_state: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A history that was written."""

    history_id: UUID
    interview_id: UUID
    cancellation_id: UUID
    checksum: str


def move_out_in_bulk(*, company_id: UUID, leaving: Iterable[Leaving], now: datetime) -> list[Moved]:
    """Write the histories, talent profiles and links of interviews of one company that are marked cancelled.

    What is to be recorded of it is the caller's. Raises MoveFailed, for all of them.
    """
    rows = [
        (
            one.interview_id,
            one.cancellation_id,
            one.reason_code,
            one.initiator,
            one.requested_at,
            one.application_state,
        )
        for one in leaving
    ]
    plan_for_lookups()
    with planned_anew(), stage_rows(_LEAVING, rows) as stage:
        run = _Run(stage.removeprefix("pg_temp."), company_id, now)
        run.all(_LOCK)
        if run.all(_CANCELLED)[0][0] != len(rows):
            raise MoveFailed("interview_is_cancelled")
        moved = [Moved(*row) for row in run.all(_HISTORIES)]
        run.all(_PROFILES)
        run.all(_POOL)
        run.all(_LINK)
        if len(moved) != len(rows):
            raise MoveFailed("history_matches_interview")
        if run.all(_UNLINKED)[0][0]:
            raise MoveFailed("profile_is_linked")
    _read_back(moved)
    return moved


@dataclass(frozen=True)
class _Run:
    stage: str
    company_id: UUID
    now: datetime

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """Run one statement about what is staged."""
        query = query.replace("{interviews}", _INTERVIEWS).replace("{stage}", self.stage)
        with connection.cursor() as cursor:
            cursor.execute(
                query.replace("{{", "{").replace("}}", "}"), vars(self) | {"company": self.company_id}
            )
            return list(cursor.fetchall()) if cursor.description else []


def _read_back(moved: list[Moved]) -> None:
    """Reckon some checksums anew, from the snapshots as they are stored."""
    some = {one.history_id: one.checksum for one in moved[:: max(1, len(moved) // READ_BACK)]}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, snapshot::text, checksum FROM archive_historyrecord WHERE id = ANY(%s)", [list(some)]
        )
        for history_id, snapshot, checksum in cursor.fetchall():
            if not checksum_of(json.loads(snapshot)) == checksum == some[history_id]:
                raise MoveFailed("history_matches_interview")
