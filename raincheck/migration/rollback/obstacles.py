"""What stands against undoing a batch: rows changed since, rows that came to hang on its own, what has gone out.

Everything here reads `batch_rows`, a table of this transaction alone: of each row that the batch touched what it was
first, and what the batch left behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from raincheck.migration.rollback.models import Batch

SHOWN = 20
#: A table's rows lie together, as its statements will ask for them: scattered, each of them was read from another
#: place. Where a table's rows were only inserted, or only deleted, each was touched once; of the others it has to be
#: found what came first and last, if they were touched more than once.
_ROWS = """
CREATE TEMPORARY TABLE batch_rows ON COMMIT DROP AS
WITH statements AS MATERIALIZED (
    SELECT table_name, number, operation, ids, after, before,
        min(operation) OVER w = max(operation) OVER w AND min(operation) OVER w <> 'U' AS once
    FROM migration_touched WHERE company_id = %s AND batch_id = %s
    WINDOW w AS (PARTITION BY table_name) ORDER BY table_name, number
), touched AS MATERIALIZED (
    SELECT table_name, number, operation,
        unnest(ids) AS id, jsonb_array_elements(before) AS before, unnest(after) AS after
    FROM statements WHERE NOT once
), again AS MATERIALIZED (
    SELECT table_name, id FROM touched GROUP BY table_name, id HAVING count(*) > 1
)
SELECT table_name, unnest(ids) AS id, operation AS first, jsonb_array_elements(before) AS before,
    operation AS last, unnest(after) AS after FROM statements WHERE once
UNION ALL SELECT table_name, id, operation, before, operation, after FROM touched t
WHERE NOT EXISTS (SELECT FROM again a WHERE a.table_name = t.table_name AND a.id = t.id)
UNION ALL SELECT table_name, id,
    (array_agg(operation ORDER BY number))[1], (array_agg(before ORDER BY number))[1],
    (array_agg(operation ORDER BY number DESC))[1], (array_agg(after ORDER BY number DESC))[1]
FROM touched JOIN again USING (table_name, id) GROUP BY table_name, id
"""
#: References to a table's rows, without the company's half of the key.
_REFERENCES = """
SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname <> 'company_id'
WHERE k.contype = 'f' AND k.confrelid::regclass::text = ANY (%s)
"""
#: What has happened outside the house: the table, and when.
_SENT = {"notifications_message": "made_at", "vendors_vendorcall": "at"}
#: Rooms whose rows are records of what has happened; they are never rolled back.
_LEDGERS = ("notifications_", "vendors_", "worklist_")


class Why(StrEnum):
    """Kinds of obstacles."""

    CHANGED = "changed"
    BUILT_ON = "built_on"
    GONE_OUT = "gone_out"


@dataclass(frozen=True)
class Obstacle:
    """Rows of one table that stand against it; `ids` are the first of `rows`."""

    why: Why
    table: str
    rows: int
    ids: Sequence[str]


@dataclass(frozen=True)
class Table:
    """One table that a batch touched, with the columns that its images have; `now` are those it has today."""

    name: str
    columns: tuple[str, ...]
    now: frozenset[str]

    def hash(self, row: str) -> str:
        """Return SQL for the hash of a row as the capture made it."""
        return f"hash_record_extended(ROW({self.listed(row)}), 0)"

    def listed(self, row: str = "") -> str:
        """Return the columns as SQL, of `row` if it is given."""
        return ", ".join(f'{row}."{name}"' if row else f'"{name}"' for name in self.columns)

    @property
    def readable(self) -> bool:
        """Say whether every column of the images is still there."""
        return set(self.columns) <= self.now


def lay_out(batch: Batch) -> list[Table]:
    """Make `batch_rows` and return the tables, referred-to before referring."""
    rows("DROP TABLE IF EXISTS batch_rows")
    rows(_ROWS, [batch.company_id, batch.id])
    rows("CREATE INDEX ON batch_rows (table_name)")
    rows("ANALYZE batch_rows")
    found = rows(
        "SELECT t.table_name, t.columns, (SELECT array_agg(a.attname::text) FROM pg_attribute a"
        " WHERE a.attrelid = to_regclass(t.table_name) AND a.attnum > 0 AND NOT a.attisdropped)"
        " FROM (SELECT DISTINCT ON (table_name) table_name, columns FROM migration_touched"
        " WHERE company_id = %s AND batch_id = %s ORDER BY table_name, number) t",
        [batch.company_id, batch.id],
    )
    tables = {name: Table(name, tuple(columns), frozenset(now or ())) for name, columns, now in found}
    return [tables[name] for name in _in_order(list(tables))]


def obstacles(batch: Batch, tables: Sequence[Table]) -> list[Obstacle]:
    """Return all that stands against undoing the batch, from `batch_rows`."""
    found = [_changed(table) for table in tables]
    found += [_built_on(child, ways) for child, ways in _hangers([table.name for table in tables]).items()]
    if any(table.name == "recruiting_interview" for table in tables):
        found += _gone_out(batch)
    return [obstacle for obstacle in found if obstacle.rows]


def rows(query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement; return what it finds, if it finds anything."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall()) if cursor.description else []


def _references(names: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(child, column, parent) for child, column, parent in rows(_REFERENCES, [list(names)])]


def _in_order(names: list[str]) -> list[str]:
    """Return tables so that each comes after those it refers to; one that refers to itself is no matter."""
    needs: dict[str, set[str]] = {name: set() for name in names}
    for child, _, parent in _references(names):
        if child in needs and child != parent:
            needs[child].add(parent)
    ordered: list[str] = []
    while needs:
        free = sorted(name for name, wants in needs.items() if not wants & needs.keys()) or sorted(needs)[:1]
        ordered += free
        for name in free:
            del needs[name]
    return ordered


def _changed(table: Table) -> Obstacle:
    """Return the rows that aren't as the batch left them."""
    if not table.readable:
        return Obstacle(Why.CHANGED, table.name, 1, [])
    return _obstacle(
        Why.CHANGED,
        table.name,
        f'SELECT b.id FROM batch_rows b LEFT JOIN "{table.name}" r ON r.id = b.id WHERE b.table_name = %s AND'
        " CASE b.last WHEN 'D' THEN r.id IS NOT NULL"
        f" ELSE r.id IS NULL OR {table.hash('r')} IS DISTINCT FROM b.after END",
        [table.name],
    )


def _hangers(names: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Return, of each table that refers to these, by which columns and to which: a row that hangs twice is one row."""
    ways: dict[str, list[tuple[str, str]]] = {}
    for child, column, parent in _references(names):
        # What has gone out about an interview is asked for by itself.
        if child not in _SENT or parent != "recruiting_interview":
            ways.setdefault(child, []).append((column, parent))
    return ways


def _built_on(child: str, ways: Sequence[tuple[str, str]]) -> Obstacle:
    """Return rows from after the batch that hang on rows which it made."""
    why = Why.GONE_OUT if child.startswith(_LEDGERS) else Why.BUILT_ON
    hanging = " UNION ".join(
        f'SELECT c.id FROM "{child}" c JOIN batch_rows b ON b.table_name = %s AND b.id = c."{column}"'
        " WHERE b.first = 'I' AND b.last <> 'D'"
        " AND NOT EXISTS (SELECT FROM batch_rows k WHERE k.table_name = %s AND k.id = c.id)"
        for column, _ in ways
    )
    return _obstacle(why, child, hanging, [name for _, parent in ways for name in (parent, child)])


def _gone_out(batch: Batch) -> list[Obstacle]:
    """Return messages and calls about the batch's interviews since it was run, and which interviews those are.

    It is the interviews that are mended forward; nobody finds them by a message.
    """
    about = {
        table: f"FROM \"{table}\" m JOIN batch_rows b ON b.table_name = 'recruiting_interview'"
        f" AND b.id = m.interview_id WHERE m.{when} >= %s"
        for table, when in _SENT.items()
    }
    found = [
        _obstacle(Why.GONE_OUT, table, f"SELECT m.id {which}", [batch.at]) for table, which in about.items()
    ]
    interviews = " UNION ".join(f"SELECT m.interview_id AS id {which}" for which in about.values())
    return [*found, _obstacle(Why.GONE_OUT, "recruiting_interview", interviews, [batch.at] * len(about))]


def _obstacle(why: Why, table: str, query: str, values: Sequence[Any]) -> Obstacle:
    found = rows(f"SELECT id::text, count(*) OVER () FROM ({query}) o ORDER BY 1 LIMIT {SHOWN}", values)
    return Obstacle(why, table, found[0][1] if found else 0, [id_ for id_, _ in found])
