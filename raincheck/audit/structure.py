"""Whether the database still guards the trail as the migrations left it: triggers, generated columns, walls."""

from collections.abc import Iterator

from django.db import connection

from raincheck.audit.columns import COLUMNS

TABLES = ("audit_entry", "audit_leaf", "audit_node", "audit_seal", "audit_stamp", "audit_expiry")
_POLICIES = {"company_wall", "look_operations", "look_seal", "own_sign_in"}
_TRIGGERS = (
    "SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE c.relname = ANY(%s) AND t.tgname = c.relname || '_append_only' AND t.tgenabled IN ('O', 'A')"
)
_GENERATED = (
    "SELECT a.attname::text, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a"
    " JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attrelid = 'audit_entry'::regclass AND a.attgenerated = 's'"
)
_WALLS = (
    "SELECT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'audit_entry'::regclass),"
    " array(SELECT polname::text FROM pg_policy WHERE polrelid = 'audit_entry'::regclass)"
)
_BODY = "SELECT prosrc FROM pg_proc WHERE proname = 'audit_entry_is_append_only'"


def weaknesses() -> Iterator[tuple[str, str]]:
    """Yield (kind, what) for whatever is not as it was made."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [list(TABLES)])
        guarded = {table for (table,) in cursor.fetchall()}
        cursor.execute(_BODY)
        bodies = [body for (body,) in cursor.fetchall()]
        cursor.execute(_GENERATED)
        generated = dict(cursor.fetchall())
        cursor.execute(_WALLS)
        walled, policies = cursor.fetchone()
    for table in TABLES:
        if table not in guarded:
            yield "trigger_missing", table
    if len(bodies) != 1 or "RAISE EXCEPTION" not in bodies[0]:
        yield "trigger_missing", "audit_entry_is_append_only()"
    for name, *_ in COLUMNS:
        if "canonical" not in generated.get(name, ""):
            yield "column_not_generated", name
    if not walled or set(policies) != _POLICIES:
        yield "wall_changed", ", ".join(sorted(set(policies) ^ _POLICIES)) or "row-level security"
