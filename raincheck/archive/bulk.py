"""The move out of the schedule by the thousand: what `actions.move_out` does for one, written by the database itself.

The same rows, the same snapshot to the letter, the same checksum, the same checks; and all of it or nothing. Nothing
of an interview is fetched, so that a million can move in minutes.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.archive.actions import MoveFailed, checksum_of
from raincheck.core.bulk import Shape, joined_by_hash, plan_for_lookups, planned_anew, stage_rows, temporary

#: Histories read back of each call, whose checksum is reckoned anew from what is stored.
READ_BACK = 20
#: What a profile is linked to at least, for each interview: CV, application, cancellation.
LINKS = 3
#: SQL for a UUIDv7 of now (core/ids.py), random by what this run alone knows. PostgreSQL's own and its other strong
#: random numbers open the system's device each time where it was built without OpenSSL: thrice the price, five a move.
_NEW_ID = (
    "overlay(overlay(md5(%(seed)s || random()::text) PLACING '8' FROM 17) PLACING"
    " lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' FROM 1)::uuid"
)
#: What leaves, as the caller tells it. Beside it two tables of our own: what leaves with all that is needed of it,
#: looked up once; and each candidate's profile.
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
_MOVING = """
    interview_id uuid, cancellation_id uuid, reason_code text, initiator text, requested_at timestamptz,
    application_id uuid, application_state text, applied_at timestamptz, source text,
    candidate_id uuid, school text, headline text, consent boolean,
    position_id uuid, department_id uuid, starts_at timestamptz, ends_at timestamptz, scored boolean, json text
"""
#: `fresh`: opened just now, for one interview alone. Nothing is linked to it yet, and nothing will be twice.
_PROFILES = "id uuid, candidate_id uuid, fresh boolean"


def _text(value: str) -> str:
    """Return SQL for a value that needs no escaping as a text of JSON."""
    return f"""'"' || {value} || '"'"""


def _instant(value: str) -> str:
    """Return SQL for an instant as Python's `isoformat` says it: microseconds where there are any."""
    # PostgreSQL's own leaves the last zeros of a fraction out; without one, it is the faster by far.
    whole = f"""rtrim(to_json({value} AT TIME ZONE 'UTC')::text, '"')"""
    parted = f"""'"' || to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
    said = f"CASE WHEN {value} = date_trunc('second', {value}) THEN {whole} ELSE {parted} END"
    return f"""{said} || '+00:00"'"""


def _escaped(value: str) -> str:
    """Return SQL for a value as JSON, whatever it holds."""
    return f"to_json({value})::text"


def _object(pairs: Mapping[str, str]) -> str:
    """Return SQL that writes a JSON object as `checksum_of` does: keys in order, no blanks."""
    written = " || ',' || ".join(f"""'"{key}":' || {pairs[key]}""" for key in sorted(pairs))
    return f"'{{' || {written} || '}}'"


def _array(one: str, order: str) -> str:
    """Return SQL for a JSON array of each row's `one`; NULL where there is no row."""
    return f"'[' || string_agg({one}, ',' ORDER BY {order}) || ']'"


_SCORE = _object(
    {
        "dimension": "to_json(s.dimension)",
        "max": _text("s.max_score"),
        "partial": "s.partial",
        "score": _text("s.score"),
    }
)
#: What `snapshot_of` gives of an interview, to the letter.
_SNAPSHOT = _object(
    {
        "application": _text("a.id"),
        "application_state": _escaped("COALESCE(l.application_state, a.state)"),
        "assessments": "COALESCE(s.scores, '[]')",
        "candidate": _text("c.id"),
        "department": _text("p.department_id"),
        "ends_at": _instant("i.ends_at"),
        "interview": _text("i.id"),
        "interviewers": "COALESCE(w.panel, '[]')",
        "kind": _escaped("i.kind"),
        "position": _text("p.id"),
        "precision": _escaped("i.precision"),
        "school": _escaped("c.school"),
        "sequence": "i.sequence::text",
        "source": _escaped("a.source"),
        "starts_at": _instant("i.starts_at"),
        "vendor_progress": _escaped("i.vendor_progress"),
        "vendor_ref": _escaped("i.vendor_ref"),
        "vendor_word": _escaped("i.vendor_word"),
    }
)
#: Each table is asked once for all that it has of what leaves, by key; then they are joined. Candidates are locked, so
#: that consent given or taken back at this moment finds the profile or is found by it.
_GATHER = f"""
WITH i AS MATERIALIZED (SELECT * FROM recruiting_interview WHERE company_id = %(company_id)s AND state = 'cancelled'
        AND id = ANY (ARRAY(SELECT interview_id FROM {_LEAVING.stage}))),
    a AS MATERIALIZED (SELECT id, candidate_id, position_id, state, source, applied_at FROM recruiting_application
        WHERE id = ANY (ARRAY(SELECT application_id FROM i))),
    p AS MATERIALIZED (SELECT id, department_id FROM recruiting_position
        WHERE id = ANY (ARRAY(SELECT DISTINCT position_id FROM a))),
    c AS MATERIALIZED (SELECT id, school, headline, pool_consent FROM recruiting_candidate
        WHERE id = ANY (ARRAY(SELECT candidate_id FROM a)) ORDER BY id FOR NO KEY UPDATE),
    w AS MATERIALIZED (SELECT r.interview_id, {_array(_text("r.staff_id"), 'r.staff_id::text COLLATE "C"')} AS panel
        FROM recruiting_interviewer r WHERE r.interview_id = ANY (ARRAY(SELECT id FROM i)) GROUP BY r.interview_id),
    s AS MATERIALIZED (SELECT s.interview_id, {_array(_SCORE, "s.dimension")} AS scores
        FROM recruiting_assessment s WHERE s.interview_id = ANY (ARRAY(SELECT id FROM i)) GROUP BY s.interview_id)
INSERT INTO pg_temp.archive_moving
SELECT l.interview_id, l.cancellation_id, l.reason_code, l.initiator, l.requested_at, a.id,
    COALESCE(l.application_state, a.state), a.applied_at, a.source, c.id, c.school, c.headline,
    COALESCE(c.pool_consent, false), p.id, p.department_id, i.starts_at, i.ends_at, s.scores IS NOT NULL, {_SNAPSHOT}
FROM {_LEAVING.stage} l JOIN i ON i.id = l.interview_id JOIN a ON a.id = i.application_id
JOIN p ON p.id = a.position_id JOIN c ON c.id = a.candidate_id
LEFT JOIN w ON w.interview_id = i.id LEFT JOIN s ON s.interview_id = i.id
"""
#: Profiles that were open before: found, and in the pool from now on if their candidate consents.
_FIND = """
INSERT INTO pg_temp.archive_profiles SELECT t.id, o.candidate_id, false
FROM (SELECT candidate_id FROM pg_temp.archive_moving EXCEPT SELECT candidate_id FROM pg_temp.archive_profiles) o
CROSS JOIN LATERAL (SELECT t.id FROM archive_talentprofile t WHERE t.candidate_id = o.candidate_id OFFSET 0) t
"""
_POOL = """
UPDATE archive_talentprofile t SET in_pool = true, pooled_at = %(now)s WHERE NOT t.in_pool AND t.id = ANY (ARRAY(
    SELECT k.id FROM pg_temp.archive_profiles k JOIN pg_temp.archive_moving m USING (candidate_id) WHERE m.consent))
"""
_LINKED = """
SELECT m.profile_id, m.fresh, e.* FROM (SELECT k.id AS profile_id, k.fresh, m.* FROM pg_temp.archive_moving m
    JOIN pg_temp.archive_profiles k USING (candidate_id) OFFSET 0) m
CROSS JOIN LATERAL (
    VALUES ('cv', m.candidate_id, jsonb_build_object('headline', m.headline), m.applied_at),
        ('application', m.application_id, jsonb_build_object('state', m.application_state), m.applied_at),
        ('cancellation', m.cancellation_id, jsonb_build_object('reason', m.reason_code), m.requested_at)
    UNION ALL SELECT 'assessment', s.id, jsonb_build_object(
        'dimension', s.dimension, 'score', s.score::text, 'partial', s.partial), s.scored_at
    FROM recruiting_assessment s WHERE m.scored AND s.interview_id = m.interview_id
) AS e (kind, subject_id, data, occurred_at)
"""
_UNLINKED = f"""
SELECT count(*) FROM (SELECT DISTINCT profile_id, kind, subject_id FROM ({_LINKED}) every) l
LEFT JOIN LATERAL (SELECT true AS there FROM archive_profileentry k
    WHERE (k.profile_id, k.kind, k.subject_id) = (l.profile_id, l.kind, l.subject_id) OFFSET 0) k ON true
WHERE k.there IS NULL
"""
_HISTORIES = f"""
INSERT INTO archive_historyrecord (id, company_id, interview_id, cancellation_id, reason_code, initiator, candidate_id,
    position_id, department_id, school, source, starts_at, ends_at, snapshot, checksum, archived_at)
SELECT {_NEW_ID}, %(company_id)s, interview_id, cancellation_id, reason_code, initiator, candidate_id, position_id,
    department_id, school, source, starts_at, ends_at, json::jsonb,
    encode(sha256(convert_to(json, 'UTF8')), 'hex'), %(now)s
FROM pg_temp.archive_moving
RETURNING id, interview_id, cancellation_id, checksum
"""
#: Opens the profiles there aren't, and tells how many candidates had one before.
_OPEN = f"""
WITH everyone AS MATERIALIZED (SELECT candidate_id, consent, count(*) = 1 AS once FROM pg_temp.archive_moving
        GROUP BY candidate_id, consent),
    made AS (INSERT INTO archive_talentprofile (id, company_id, candidate_id, in_pool, pooled_at, opened_at)
        SELECT {_NEW_ID}, %(company_id)s, o.candidate_id, o.consent, CASE WHEN o.consent THEN %(now)s END, %(now)s
        FROM everyone o ON CONFLICT (candidate_id) DO NOTHING RETURNING id, candidate_id),
    kept AS (INSERT INTO pg_temp.archive_profiles SELECT id, candidate_id, once
        FROM made JOIN everyone USING (candidate_id))
SELECT (SELECT count(*) FROM everyone) - (SELECT count(*) FROM made)
"""
_NEW_LINKS = f"""INSERT INTO archive_profileentry (id, company_id, profile_id, kind, subject_id, data, occurred_at)
        SELECT {_NEW_ID}, %(company_id)s, profile_id, kind, subject_id, data, occurred_at FROM every"""
#: Links, and tells how many links there are to be, and how many of them weren't there before.
_LINK = f"""
WITH every AS MATERIALIZED ({_LINKED}),
    made AS ({_NEW_LINKS} WHERE fresh RETURNING id),
    added AS ({_NEW_LINKS} WHERE NOT fresh ON CONFLICT (profile_id, kind, subject_id) DO NOTHING RETURNING id)
SELECT (SELECT count(*) FROM every), (SELECT count(*) FROM made) + (SELECT count(*) FROM added)
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
    with planned_anew():
        stage_rows(_LEAVING, rows)
        moved = _Run(company_id, now).move(len(rows))
    _read_back(moved)
    return moved


@dataclass(frozen=True)
class _Run:
    """One move: its statements, run in their order for one company at one instant."""

    company_id: UUID
    now: datetime
    seed: str = field(default_factory=lambda: secrets.token_hex(16))

    def move(self, wanted: int) -> list[Moved]:
        """Move all that is staged, `wanted` interviews. Raises MoveFailed."""
        temporary("pg_temp.archive_moving", _MOVING)
        temporary("pg_temp.archive_profiles", _PROFILES)
        with joined_by_hash():
            gathered = self._do(_GATHER)
        if gathered != wanted:
            raise MoveFailed("interview_is_cancelled")
        moved = [Moved(*row) for row in self._all(_HISTORIES)]
        if self._all(_OPEN)[0][0]:
            self._do(_FIND)
            self._do(_POOL)
        if len(moved) != wanted:
            raise MoveFailed("history_matches_interview")
        every, made = self._all(_LINK)[0]
        # Some were there before, or belong to two of these: each is looked for.
        if every < LINKS * wanted or (made < every and self._all(_UNLINKED)[0][0]):
            raise MoveFailed("profile_is_linked")
        return moved

    def _do(self, query: str) -> int:
        """Run one statement; return how many rows it wrote."""
        with connection.cursor() as cursor:
            cursor.execute(query, vars(self))
            return int(cursor.rowcount)

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query, vars(self))
            return list(cursor.fetchall())


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
