"""The comparison: one full outer join of the staged list with our interviews, and the rules that judge each pair.

The rules are SQL alone. What was read again from the vendor is staged and judged by the same statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.worklist.models import Kind as TaskKind
from raincheck.worklist.models import State as TaskState


class Kind(StrEnum):
    """How the two sides differ, the most pressing first (docs/reference/reconciliation.md)."""

    ALIVE_THERE = "alive_there"
    OTHER_STATE = "other_state"
    OTHER_TIME = "other_time"
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    #: No difference: the vendor has let go of what we still wait for, or asked a person to see to.
    LET_GO = "let_go"


@dataclass(frozen=True)
class Difference:
    """One pair that differs. `unclaimed`: the vendor holds an invitation of ours whose answer never came home."""

    kind: Kind
    ref: str
    interview_id: UUID | None
    unclaimed: bool


@dataclass(frozen=True)
class Totals:
    """Both sides in figures. A checksum is a digest of (reference, state) that no order of rows changes."""

    rows_there: int
    rows_here: int
    alive_here: int
    checksum_there: str
    checksum_here: str


@dataclass(frozen=True)
class Side:
    """Our side of the comparison: one account's interviews; all of them where none are named."""

    company_id: UUID
    account_id: UUID
    interview_ids: Sequence[UUID] | None = None
    refs: Sequence[str] = ()


# What a state says about the candidate, in one vocabulary for both sides: open, begun, handed_in, cancelled,
# lapsed; `moving` while a cancellation is under way here; `unknown`, which contradicts nobody, where the vendor's word
# can't be placed, such as an archive.
_THERE = """CASE
    WHEN status IN ('cancelled', 'declined') THEN 'cancelled'
    WHEN status IN ('expired', 'no_show') THEN 'lapsed'
    WHEN progress = 'submitted' OR status IN ('completed', 'awaiting_feedback') THEN 'handed_in'
    WHEN status IN ('draft', 'unmapped') THEN 'unknown'
    WHEN progress = 'partly_recorded' THEN 'begun'
    ELSE 'open' END"""
_HERE = """CASE state
    WHEN 'scheduled' THEN 'open' WHEN 'in_progress' THEN 'begun' WHEN 'submitted' THEN 'handed_in'
    WHEN 'cancelling' THEN 'moving' WHEN 'cancelled' THEN 'cancelled' ELSE 'lapsed' END"""
# (ours, theirs) where the vendor's newer word has not reached us. All else that isn't listed is no difference: an
# interview lapsed here may stay open there, and one handed in here may be put away there.
_OTHER_STATE = ", ".join(
    f"('{here}', '{there}')"
    for here, there in (
        ("open", "begun"),
        ("open", "handed_in"),
        ("open", "cancelled"),
        ("open", "lapsed"),
        ("begun", "open"),
        ("begun", "handed_in"),
        ("begun", "cancelled"),
        ("begun", "lapsed"),
        ("handed_in", "open"),
        ("handed_in", "begun"),
        ("lapsed", "begun"),
        ("lapsed", "handed_in"),
        ("moving", "handed_in"),
        ("moving", "cancelled"),
    )
)
_AGREEMENT = """EXISTS (SELECT 1 FROM cancellations_cancellation c
    WHERE c.interview_id = o.id AND c.state = 'completed' AND c.agreement {})"""
_KIND = f"""CASE
    WHEN o.id IS NULL THEN CASE WHEN t.class IN ('open', 'begun') THEN 'missing_here' END
    WHEN t.ref IS NULL THEN CASE WHEN o.class IN ('open', 'begun') THEN 'missing_there' END
    WHEN o.class = 'cancelled' AND t.class IN ('cancelled', 'lapsed') THEN
        CASE WHEN {_AGREEMENT.format("IN ('pending', 'person')")} THEN 'let_go' END
    WHEN o.class = 'cancelled' THEN
        CASE WHEN {_AGREEMENT.format("= 'contradicted'")} THEN NULL
             WHEN t.class = 'handed_in' THEN 'other_state'
             WHEN t.class IN ('open', 'begun') THEN 'alive_there' END
    WHEN (o.class, t.class) IN ({_OTHER_STATE}) THEN 'other_state'
    WHEN o.class IN ('open', 'begun') AND t.class IN ('open', 'begun') AND (
        greatest(t.starts_at - o.starts_at, o.starts_at - t.starts_at) > t.tolerance
        OR greatest(t.ends_at - o.ends_at, o.ends_at - t.ends_at) > t.tolerance) THEN 'other_time'
    END"""
_STATEMENT = f"""
WITH theirs AS (
    SELECT DISTINCT ON (ref) ref, external_id, starts_at, ends_at, tolerance, {_THERE} AS class
    FROM vendor_listed ORDER BY ref, version DESC, seen DESC
), ours AS (
    SELECT id, vendor_ref COLLATE "C" AS ref, starts_at, ends_at, {_HERE} AS class FROM recruiting_interview
    WHERE company_id = %s AND vendor_account_id = %s AND vendor_ref <> ''
        {{narrowed}}
), pairs AS MATERIALIZED (
    SELECT coalesce(t.ref, o.ref) AS ref, t.external_id, o.id AS interview_id, o.ends_at AS at,
        t.class AS there, o.class AS here, {_KIND} AS kind
    FROM theirs t FULL JOIN ours o ON t.ref = o.ref
), kept AS (
    INSERT INTO vendor_different (kind, ref, external_id, interview_id, at)
    SELECT kind, ref, external_id, interview_id, at FROM pairs WHERE kind IS NOT NULL
)
SELECT count(there), count(here), count(*) FILTER (WHERE here IN ('open', 'begun')),
    lpad(to_hex(coalesce(bit_xor(hashtextextended(ref || ' ' || there, 0)), 0)), 16, '0'),
    lpad(to_hex(coalesce(bit_xor(hashtextextended(ref || ' ' || here, 0)), 0)), 16, '0')
FROM pairs
"""
_COMPARE_ALL = _STATEMENT.replace("{narrowed}", "")
_COMPARE_SOME = _STATEMENT.replace("{narrowed}", "AND (id = ANY(%s) OR vendor_ref = ANY(%s))")
# A reference nobody here knows may belong to an interview of ours all the same: by our own id, which it bears.
_CLAIM = """
UPDATE vendor_different d SET interview_id = i.id, unclaimed = i.vendor_ref = '', at = i.ends_at,
    kind = CASE WHEN i.vendor_ref = '' AND i.state = 'cancelled' THEN 'alive_there' ELSE d.kind END
FROM recruiting_interview i
WHERE d.interview_id IS NULL AND i.company_id = %s AND i.vendor_account_id = %s
    AND i.id = CASE WHEN pg_input_is_valid(d.external_id, 'uuid') THEN d.external_id::uuid END
"""
# What has a task already waits for others: it would come first every time.
_FOREMOST = """
SELECT d.kind, d.ref, d.interview_id, d.unclaimed FROM vendor_different d
LEFT JOIN worklist_task w ON w.subject_id = d.interview_id AND w.kind = %s AND w.state = %s
ORDER BY w.id IS NOT NULL, array_position(%s::text[], d.kind), d.at, d.ref LIMIT %s
"""


def compare(side: Side) -> Totals:
    """Compare what is staged with our side; what differs is kept for `counts` and `foremost`."""
    ours: list[Any] = [side.company_id, side.account_id]
    statement, narrowed = _COMPARE_ALL, list[Any]()
    if side.interview_ids is not None:
        statement, narrowed = _COMPARE_SOME, [list(side.interview_ids), list(side.refs)]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("TRUNCATE vendor_different")
        cursor.execute("ANALYZE vendor_listed")
        cursor.execute(statement, ours + narrowed)
        totals = Totals(*cursor.fetchone())
        cursor.execute(_CLAIM, ours)
    return totals


def counts() -> dict[str, int]:
    """Return how many pairs differ, by kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(*) FROM vendor_different GROUP BY kind")
        return dict(cursor.fetchall())


def foremost(limit: int) -> list[Difference]:
    """Return what to look at again: what has no task yet, the most pressing kind, what is soonest over."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FOREMOST, [TaskKind.DIFFERENCE.value, TaskState.OPEN.value, [kind.value for kind in Kind], limit]
        )
        rows = cursor.fetchall()
    return [
        Difference(Kind(kind), ref, interview_id, unclaimed) for kind, ref, interview_id, unclaimed in rows
    ]
