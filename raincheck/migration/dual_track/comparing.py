"""What is staged against what is here, row by row: same people, same position, then the nearest in time.

Two rows are one interview if candidate and position are the same and so is the start. What is left of a candidate's
interviews for one position is paired in the order of time, so that a moved interview is one difference of time.
Cancelled ones come last: another may stand in their place.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.migration.dual_track.models import DifferenceKind, TrackDay, TrackDifference

#: Differences kept by row, a day and kind; all are counted.
SHOWN = 5000
# One vocabulary for both sides. What is over counts as lapsed here, too, before a sweep has noted it. While a
# cancellation is under way here, neither side's word is wrong. What is cancelled here may have gone there, as may what
# is of somebody who was erased: it can't be told whose it was.
_CLASS = "CASE {0} WHEN 'no_show' THEN 'lapsed' WHEN 'expired' THEN 'lapsed' ELSE {0} END"
_OURS = f"""
CREATE TEMPORARY TABLE track_ours ON COMMIT DROP AS
SELECT i.id, a.candidate_id AS candidate, track_place.place, i.starts_at, i.ends_at,
    CASE WHEN i.state IN ('scheduled', 'in_progress') AND i.ends_at <= now() THEN 'lapsed'
        ELSE {_CLASS.format("i.state")} END AS state, p.title AS position,
    i.state = 'cancelled' OR k.data_key IS NULL AS may_be_gone
FROM recruiting_interview i
JOIN recruiting_application a ON a.id = i.application_id
JOIN recruiting_candidate c ON c.id = a.candidate_id
JOIN accounts_candidateidentity k ON k.id = c.identity_id
JOIN recruiting_position p ON p.id = a.position_id
JOIN track_place ON track_place.position = p.id
WHERE i.company_id = %s AND (%s::timestamptz IS NULL OR i.starts_at >= %s::timestamptz)
"""
_PAIRS = f"""
CREATE TEMPORARY TABLE track_pairs ON COMMIT DROP AS
WITH theirs AS (
    SELECT number, candidate, place, starts_at, ends_at, by_day, assumed, position, {_CLASS.format("state")} AS state,
        row_number() OVER (PARTITION BY candidate, place, starts_at ORDER BY state = 'cancelled', number) AS nth
    FROM track_theirs WHERE fault IS NULL AND (%(since)s::timestamptz IS NULL OR starts_at >= %(since)s::timestamptz)
), ours AS (
    SELECT *, row_number() OVER (PARTITION BY candidate, place, starts_at ORDER BY state = 'cancelled', id) AS nth
    FROM track_ours
), exact AS (
    SELECT t.number, o.id, candidate, place, starts_at, t.ends_at, t.state
    FROM theirs t JOIN ours o USING (candidate, place, starts_at, nth)
), repeated AS (
    SELECT DISTINCT t.number FROM theirs t JOIN exact e USING (candidate, place, starts_at, ends_at, state)
    WHERE t.number NOT IN (SELECT number FROM exact)
), left_there AS (
    SELECT number, candidate, place,
        row_number() OVER (PARTITION BY candidate, place ORDER BY state = 'cancelled', starts_at, number) AS nth
    FROM theirs WHERE candidate IS NOT NULL
        AND number NOT IN (SELECT number FROM exact UNION ALL SELECT number FROM repeated)
), left_here AS (
    SELECT id, candidate, place,
        row_number() OVER (PARTITION BY candidate, place ORDER BY state = 'cancelled', starts_at, id) AS nth
    FROM ours WHERE id NOT IN (SELECT id FROM exact)
), matched AS (
    SELECT number, id FROM exact
    UNION ALL SELECT t.number, o.id FROM left_there t JOIN left_here o USING (candidate, place, nth)
), joined AS (
    SELECT t.number, o.id, t.position AS their_position, t.starts_at AS their_start, t.ends_at AS their_end,
        t.state AS their_state, t.by_day, t.assumed, t.candidate AS their_candidate, t.place AS their_place,
        o.position AS our_position, o.starts_at AS our_start, o.ends_at AS our_end, o.state AS our_state,
        o.candidate AS our_candidate, o.place AS our_place, o.may_be_gone
    FROM theirs t LEFT JOIN matched m ON m.number = t.number FULL JOIN ours o ON o.id = m.id
)
SELECT *, CASE
    WHEN id IS NULL AND number IN (SELECT number FROM repeated) THEN 'repeated'
    WHEN id IS NULL THEN 'missing_here'
    WHEN number IS NULL AND may_be_gone THEN 'gone'
    WHEN number IS NULL THEN 'missing_there'
    WHEN CASE WHEN by_day THEN (their_start AT TIME ZONE %(zone)s)::date <> (our_start AT TIME ZONE %(zone)s)::date
        ELSE abs(extract(epoch FROM their_start - our_start)) >= 60
            OR (NOT assumed AND abs(extract(epoch FROM their_end - our_end)) >= 60) END THEN 'other_time'
    WHEN our_state <> their_state AND NOT (our_state = 'cancelling' AND their_state IN ('scheduled', 'cancelled'))
        THEN 'other_state'
    END AS kind
FROM joined
"""
#: What isn't compared: a row that says again what another one said, and an interview here that may be missing there.
_LEAVE_OUT = """
WITH left_out AS (DELETE FROM track_pairs WHERE kind IN ('repeated', 'gone') RETURNING kind)
SELECT count(*) FILTER (WHERE kind = 'repeated') FROM left_out
"""
_COUNTS = """
SELECT kind, count(*) FROM track_pairs WHERE kind IS NOT NULL GROUP BY kind
UNION ALL SELECT 'unreadable', count(*) FROM track_theirs WHERE fault IS NOT NULL HAVING count(*) > 0
"""
_CHECKSUMS = """
SELECT count(number), count(id), count(*) FILTER (WHERE kind IS NULL),
    lpad(to_hex(coalesce(bit_xor(hashtextextended(concat_ws('|', their_candidate, their_place,
        date_trunc('minute', their_start AT TIME ZONE 'UTC'), their_state), 0))
        FILTER (WHERE number IS NOT NULL), 0)), 16, '0'),
    lpad(to_hex(coalesce(bit_xor(hashtextextended(concat_ws('|', our_candidate, our_place,
        date_trunc('minute', our_start AT TIME ZONE 'UTC'), our_state), 0))
        FILTER (WHERE id IS NOT NULL), 0)), 16, '0')
FROM track_pairs
"""
_ROWS = """
SELECT kind, number, id, their_position, their_start, their_end, their_state,
    our_position, our_start, our_end, our_state
FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY number, id) AS nth FROM track_pairs
    WHERE kind IS NOT NULL) d WHERE nth <= %s
"""


@dataclass(frozen=True)
class Compared:
    """How the two sides stand."""

    rows_there: int
    rows_here: int
    agreeing: int
    checksum_there: str
    checksum_here: str
    counts: dict[str, int]
    #: Rows that said again what another one had said.
    repeated: int


def compare(company_id: UUID, *, places: dict[UUID, str], since: datetime | None, zone: str) -> Compared:
    """Compare what is staged with the company's interviews; `places` has each position as it is compared."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS track_place, track_ours, track_pairs")
        cursor.execute("CREATE TEMPORARY TABLE track_place (position uuid, place text) ON COMMIT DROP")
        cursor.executemany("INSERT INTO track_place VALUES (%s, %s)", list(places.items()))
        cursor.execute(_OURS, [company_id, since, since])
        cursor.execute("ANALYZE track_ours")
        cursor.execute(_PAIRS, {"since": since, "zone": zone})
        cursor.execute(_LEAVE_OUT)
        [repeated] = cursor.fetchone()
        cursor.execute(_COUNTS)
        counts = {kind: int(many) for kind, many in cursor.fetchall()}
        cursor.execute(_CHECKSUMS)
        [there, here, agreeing, checksum_there, checksum_here] = cursor.fetchone()
    return Compared(there, here, agreeing, checksum_there, checksum_here, counts, repeated)


def keep_rows(day: TrackDay) -> None:
    """Keep the rows that differ, with what each side says."""
    found: list[TrackDifference] = []
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [SHOWN])
        found += (_difference(day, row) for row in cursor.fetchall())
        cursor.execute(
            "SELECT number, fault FROM track_theirs WHERE fault IS NOT NULL ORDER BY number LIMIT %s", [SHOWN]
        )
        found += (
            TrackDifference(
                company_id=day.company_id,
                day=day,
                kind=DifferenceKind.UNREADABLE,
                number=number,
                there=json.loads(fault),
            )
            for number, fault in cursor.fetchall()
        )
    TrackDifference.objects.bulk_create(found, batch_size=1000)


def _difference(day: TrackDay, row: tuple[Any, ...]) -> TrackDifference:
    kind, number, interview_id, *sides = row
    there, here = sides[:4], sides[4:]
    return TrackDifference(
        company_id=day.company_id,
        day=day,
        kind=kind,
        number=number,
        interview_id=interview_id,
        there=_said(*there) if number is not None else {},
        here=_said(*here) if interview_id is not None else {},
    )


def _said(position: str, starts_at: datetime, ends_at: datetime, state: str) -> dict[str, str]:
    return {
        "position": position,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
        "state": state,
    }
