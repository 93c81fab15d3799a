"""What a verification reads: every entry with its leaf in one stream, and whether its columns say what its text says.

The database says the last; the text itself is hashed by whoever reads this. Most of the time is the database's, so it
is spared what it can be: of an entry no more is parsed than the facts, as long as its columns, written out as its text
would have them, are that text.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from raincheck.audit.columns import COLUMNS, MICROSECONDS, written_around_facts

_BEFORE, _AFTER = written_around_facts()
_DIFFERS = " OR ".join(
    f'e."{name}" IS DISTINCT FROM ({expression.replace("(canonical)::jsonb", "d")})::{kind}'
    for name, kind, expression, _ in COLUMNS
)
_BETWEEN = (
    "convert_from(substring(body FROM octet_length(before) + 1"
    " FOR greatest(0, octet_length(body) - octet_length(before) - octet_length(after))), 'UTF8')"
)


def _stream(*, document: str, between: str, same: str) -> str:
    """Return the statement. Each OFFSET 0 has what lies below it reckoned once an entry.

    The walls make the planner believe that it gets to see one entry in a hundred, and keep all of them in memory,
    texts and all, until the last is read. A condition that holds of any leaf makes it think these rarer still.
    """
    return f"""
COPY (SELECT l.index, l.hash, e.body, e.at, e.differs
FROM (SELECT * FROM audit_leaf WHERE index + 0 = index) l FULL JOIN (
  SELECT id, body,
    CASE WHEN same THEN at_here ELSE (SELECT (d ->> 'at')::bigint FROM (SELECT {document} AS d) text) END AS at,
    CASE WHEN same THEN false ELSE (SELECT {_DIFFERS} FROM (SELECT {document} AS d OFFSET 0) text) END AS differs
  FROM (SELECT *, {same} AS same
    FROM (SELECT *, {between} AS between_them
      FROM (SELECT *, convert_to(canonical, 'UTF8') AS body, {MICROSECONDS} AS at_here,
              {_BEFORE} AS before, {_AFTER} AS after
        FROM audit_entry OFFSET 0) e
      OFFSET 0) e
    OFFSET 0) e) e ON e.id = l.entry_id)
TO STDOUT (FORMAT BINARY)"""  # noqa: S608 (our own columns)


#: Raises DataError where some text is no JSON: no entry of ours.
SWIFT = _stream(
    document="e.canonical::jsonb",
    between=_BETWEEN,
    same="canonical = before || between_them || after AND between_them::jsonb = facts",
)
#: Takes any text, and twice as long.
GUARDED = _stream(
    document="CASE WHEN pg_input_is_valid(e.canonical, 'jsonb') THEN e.canonical::jsonb ELSE '{}' END",
    between="NULL",
    same="false",
)


def rows(statement: str) -> Iterator[Any]:
    """Yield (index, hash, text, microseconds, whether a column differs), in no order; what isn't there is None."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        raw: Any = cursor.cursor
        with raw.copy(statement) as copy:
            copy.set_types(["int8", "bytea", "bytea", "int8", "bool"])
            yield from copy.rows()
