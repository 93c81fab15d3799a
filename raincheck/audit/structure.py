"""Whether the database still guards the trail as the migrations left it: triggers, generated columns, walls."""

from collections.abc import Iterator

from django.db import connection

from raincheck.audit.columns import AS_WRITTEN_NAME, COLUMNS

TABLES = ("audit_entry", "audit_leaf", "audit_node", "audit_seal", "audit_stamp", "audit_expiry")
#: The policies, and the setting that whatever one lets through must depend on.
_POLICIES = {
    "company_wall": "'raincheck.company'",
    "look_operations": "'raincheck.system'",
    "look_seal": "'raincheck.system'",
    "own_sign_in": "'raincheck.system'",
}
#: The function behind all of them, word for word as the last migration that changed it left it.
GUARD = """
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_entry' AND current_setting('raincheck.expire', true) = 'on'
     AND pg_get_userbyid((SELECT relowner FROM pg_class WHERE oid = TG_RELID)) = current_user THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the audit trail can only grow';
END """
#: BEFORE, for each statement, of UPDATE, DELETE and TRUNCATE (PostgreSQL's pg_trigger.h).
_BEFORE_ALL_THREE = 2 | 8 | 16 | 32
_TRIGGERS = (
    "SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE c.relname = ANY(%s) AND t.tgname = c.relname || '_append_only' AND t.tgenabled IN ('O', 'A')"
    " AND p.proname = 'audit_entry_is_append_only' AND t.tgtype = %s AND t.tgqual IS NULL AND t.tgattr = ''::int2vector"
)
_GENERATED = (
    "SELECT a.attname::text, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a"
    " JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attrelid = 'audit_entry'::regclass AND a.attgenerated = 's'"
)
#: That the text is what its columns say. Which columns it speaks of says enough: what it doesn't hold is read anyway.
_AS_WRITTEN = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'audit_entry'::regclass"
    " AND conname = %s AND contype = 'c' AND convalidated"
)
_WALLED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'audit_entry'::regclass"
_WALLS = (
    "SELECT polname::text,"
    " array_remove(ARRAY[pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)], NULL)"
    " FROM pg_policy WHERE polrelid = 'audit_entry'::regclass"
)
_BODY = "SELECT prosrc FROM pg_proc WHERE proname = 'audit_entry_is_append_only'"


def weaknesses() -> Iterator[tuple[str, str]]:
    """Yield (kind, what) for whatever is not as it was made."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [list(TABLES), _BEFORE_ALL_THREE])
        guarded = {table for (table,) in cursor.fetchall()}
        cursor.execute(_BODY)
        bodies = [body for (body,) in cursor.fetchall()]
        cursor.execute(_GENERATED)
        generated = dict(cursor.fetchall())
        cursor.execute(_AS_WRITTEN, [AS_WRITTEN_NAME])
        held = "".join(definition for (definition,) in cursor.fetchall())
        cursor.execute(_WALLED)
        (walled,) = cursor.fetchone()
        cursor.execute(_WALLS)
        policies = dict(cursor.fetchall())
    for table in TABLES:
        if table not in guarded:
            yield "trigger_missing", table
    if bodies != [GUARD]:
        yield "trigger_missing", "audit_entry_is_append_only()"
    for name, *_ in COLUMNS:
        if "canonical" not in generated.get(name, ""):
            yield "column_not_generated", name
    if any(name not in held for name, *_ in COLUMNS):
        yield "column_not_generated", AS_WRITTEN_NAME
    if not walled:
        yield "wall_changed", "row-level security"
    for name in sorted(policies.keys() | _POLICIES.keys()):
        rules = policies.get(name)
        if not rules or any(_POLICIES.get(name, name) not in rule for rule in rules):
            yield "wall_changed", name
