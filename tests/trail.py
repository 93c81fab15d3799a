"""Doing to the trail what only a superuser can: its triggers asleep, its texts rewritten, its columns with them."""

from typing import Any

import psycopg

from raincheck.audit.log import Deed, Subject, note_all
from raincheck.core.ids import new_id
from tests.world import World

#: RFC 8785 in SQL, for what has neither fractions nor unusual keys: a thief knows it as well as we do.
CANONICAL = """
CREATE OR REPLACE FUNCTION pg_temp.canonical(document jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE jsonb_typeof(document)
    WHEN 'object' THEN (SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || pg_temp.canonical(value), ','
                                                          ORDER BY key COLLATE "C"), '') || '}'
                        FROM jsonb_each(document))
    WHEN 'array' THEN (SELECT '[' || coalesce(string_agg(pg_temp.canonical(value), ',' ORDER BY n), '') || ']'
                       FROM jsonb_array_elements(document) WITH ORDINALITY AS item (value, n))
    ELSE document::text END $$
"""


def as_thief(superuser: "psycopg.Connection[Any]", *statements: str) -> None:
    """Run statements as the superuser, all triggers asleep."""
    superuser.execute("SET session_replication_role = replica")
    try:
        superuser.execute(CANONICAL)
        for statement in statements:
            superuser.execute(statement)
    finally:
        superuser.execute("SET session_replication_role = DEFAULT")


def rewrite(superuser: "psycopg.Connection[Any]", where: str = "true", **values: str) -> None:
    """Put other values, given as SQL, into the texts of the entries that fit."""
    changed = ", ".join(f"'{key}', {value}" for key, value in values.items())
    as_thief(
        superuser,
        "UPDATE audit_entry SET canonical ="
        f" pg_temp.canonical(canonical::jsonb || jsonb_build_object({changed})) WHERE {where}",
    )


def write(world: World, count: int) -> None:
    """Have a company record so many deeds, in one transaction."""
    with world.scope() as now:
        about = [Subject("task", new_id()) for _ in range(count)]
        deeds = [Deed("task.opened", one, {"n": n}) for n, one in enumerate(about)]
        note_all(actor=world.actor(), deeds=deeds, now=now)
