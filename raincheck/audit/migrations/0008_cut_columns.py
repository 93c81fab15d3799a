"""The columns are cut out of the text instead of parsed from it, twelve times, and a CHECK holds text and columns together.

They say what they said. The table is rewritten and its indexes made anew, so that this takes a while where there are
millions; whoever writes meanwhile waits.
"""

from collections.abc import Mapping
from functools import partial

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from raincheck.audit.columns import AS_WRITTEN, AS_WRITTEN_NAME, COLUMNS, cut

_MINE = "company_id = NULLIF(current_setting('raincheck.company', true), '')::uuid"
_OWN = (
    "current_setting('raincheck.system', true) = 'sign-in' AND actor_kind = 'staff' AND action LIKE 'staff.%'"
    " AND subject_type = 'staff' AND subject_id = actor_id AND EXISTS (SELECT 1 FROM accounts_staff"
    " WHERE accounts_staff.id = actor_id AND accounts_staff.company_id = audit_entry.company_id)"
)
#: The policies that speak of columns: of no row while there are none.
_POLICIES = "ALTER POLICY company_wall ON audit_entry USING ({0}) WITH CHECK ({0})", (
    "ALTER POLICY own_sign_in ON audit_entry WITH CHECK ({0})"
)
_INDEXES = "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'audit_entry'"
_CUT = {name: cut(name, kind, may_be_empty=empty) for name, kind, _, empty in COLUMNS}
_PARSED = {name: expression for name, _, expression, _ in COLUMNS}


def generate(
    expressions: Mapping[str, str], also: str, apps: StateApps, schema_editor: BaseDatabaseSchemaEditor
) -> None:
    """Make every generated column anew, by its expression, with all that hangs on it."""
    run = partial(schema_editor.execute, params=None)
    for policy in _POLICIES:
        run(policy.format("false"))
    before = _indexes(schema_editor)
    run("ALTER TABLE audit_entry " + ", ".join(f'DROP COLUMN "{name}"' for name in expressions))
    made = ", ".join(
        f'ADD COLUMN "{name}" {kind} GENERATED ALWAYS AS ({expressions[name]}) STORED{"" if empty else " NOT NULL"}'
        for name, kind, _, empty in COLUMNS
    )
    run(f"ALTER TABLE audit_entry {made}, ADD PRIMARY KEY (id){also}")
    there = _indexes(schema_editor)
    for name, definition in before.items():
        if name not in there:
            run(definition)
    for policy, rule in zip(_POLICIES, (_MINE, _OWN), strict=True):
        run(policy.format(rule))
    run("ANALYZE audit_entry")


def _indexes(schema_editor: BaseDatabaseSchemaEditor) -> dict[str, str]:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_INDEXES)
        return dict(cursor.fetchall())


class Migration(migrations.Migration):
    old_code_copes = "it writes the same texts and reads the same columns; while the table is rewritten, it waits"

    dependencies = [
        ("accounts", "0004_staff_sign_in"),
        ("audit", "0007_seen"),
    ]

    operations = [
        migrations.RunPython(
            partial(generate, _CUT, f", ADD CONSTRAINT {AS_WRITTEN_NAME} CHECK ({AS_WRITTEN})"),
            partial(generate, _PARSED, ""),
        ),
    ]
