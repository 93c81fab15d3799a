"""What a database holds, told so that two can be compared: each table's rows, their checksum, its shape.

The checksum doesn't depend on the order of the rows: the sum of 64 bits of each row's SHA-256. The shape is all
that stands around the rows: columns, constraints, indexes, triggers, policies, owner, rights. So a restored table that
has its rows but lost its wall is another table.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

_OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_TABLES = (
    "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {_OURS} ORDER BY 2, 3"
)
_ROWS = (
    "SELECT count(*), coalesce(sum(('x' || substr(encode(sha256(convert_to(t::text, 'UTF8')), 'hex'), 1, 16))"
    "::bit(64)::bigint::numeric), 0)::text FROM {} t"
)
#: (what it stands around, one line of its shape), of every relation and, under "", of what belongs to none.
_SHAPE = f"""
WITH r AS (SELECT c.*, n.nspname || '.' || c.relname AS name FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND {_OURS})
SELECT name, concat_ws(' ', 'table', relkind, pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity,
    array(SELECT unnest(coalesce(relacl, acldefault('r', relowner)))::text ORDER BY 1)) FROM r
UNION ALL SELECT name, concat_ws(' ', 'column', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attgenerated, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) FROM r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
UNION ALL SELECT name, concat_ws(' ', 'constraint', k.conname, k.convalidated, pg_get_constraintdef(k.oid)) FROM r
    JOIN pg_constraint k ON k.conrelid = r.oid
UNION ALL SELECT name, concat_ws(' ', 'index', i.indisunique, pg_get_indexdef(i.indexrelid)) FROM r
    JOIN pg_index i ON i.indrelid = r.oid
UNION ALL SELECT name, concat_ws(' ', 'trigger', t.tgenabled, pg_get_triggerdef(t.oid)) FROM r
    JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL SELECT name, concat_ws(' ', 'policy', p.polname, p.polcmd, p.polpermissive,
    array(SELECT unnest(p.polroles)::regrole::text ORDER BY 1), pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid)) FROM r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL SELECT '', concat_ws(' ', 'function', pg_get_userbyid(p.proowner), pg_get_functiondef(p.oid),
    array(SELECT unnest(coalesce(p.proacl, acldefault('f', p.proowner)))::text ORDER BY 1))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND {_OURS}
UNION ALL SELECT '', concat_ws(' ', 'type', t.typname, t.typtype,
    array(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd') AND {_OURS}
UNION ALL SELECT '', concat_ws(' ', 'rights to come', pg_get_userbyid(d.defaclrole), d.defaclobjtype,
    array(SELECT unnest(d.defaclacl)::text ORDER BY 1)) FROM pg_default_acl d
"""

#: PostgreSQL writes a list of texts otherwise once it has read what it wrote: casts and brackets around them move.
_CASTS = re.compile(r"::(character varying|text)(\(\d+\))?(\[\])?|[()]")


@dataclass(frozen=True)
class Holdings:
    """Of each table its rows, checksum and shape; `house` is the shape of what belongs to no table."""

    tables: Mapping[str, Mapping[str, Any]]
    house: str

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table["rows"] for table in self.tables.values())

    def differences(self, found: "Holdings") -> list[str]:
        """Say, a line each, where `found` isn't what this is."""
        lines = [f"{name}: missing" for name in self.tables if name not in found.tables]
        lines += [f"{name}: not in the backup" for name in found.tables if name not in self.tables]
        for name in sorted(self.tables.keys() & found.tables.keys()):
            mine, theirs = self.tables[name], found.tables[name]
            lines += [
                f"{name}: {what} {mine[what]} → {theirs[what]}"
                for what in ("rows", "checksum", "shape")
                if mine[what] != theirs[what]
            ]
        return lines if self.house == found.house else [*lines, "functions, types or rights differ"]


def tell_of(connection: "psycopg.Connection[tuple[Any, ...]]") -> Holdings:
    """Read everything, as the open transaction sees it, and tell of it."""
    shapes: dict[str, list[str]] = {"": []}
    for name, line in connection.execute(_SHAPE):
        shapes.setdefault(name, []).append(_CASTS.sub("", line))
    tables = {}
    for _, schema, table in connection.execute(_TABLES).fetchall():
        counted = connection.execute(sql.SQL(_ROWS).format(sql.Identifier(schema, table))).fetchone()
        rows, checksum = counted or (0, "0")
        name = f"{schema}.{table}"
        tables[name] = {"rows": rows, "checksum": checksum, "shape": _digest(shapes.pop(name, []))}
    # Views and partitioned parents hold no rows of their own, but their shape counts.
    return Holdings(tables, _digest([f"{name} {line}" for name, lines in shapes.items() for line in lines]))


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]
