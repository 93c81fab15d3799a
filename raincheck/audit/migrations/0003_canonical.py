"""An entry's truth is its canonical text (RFC 8785); every other column is generated from it.

What is there already gets the text that would have been written with it. The table is rewritten, so that this
takes a while where there are millions, and the product stands still meanwhile.
"""

import json
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from raincheck.audit.canonical import canonical
from raincheck.audit.columns import COLUMNS

_BATCH = 5000
_READ = (
    "SELECT id::text, company_id::text, (extract(epoch FROM at) * 1000000)::bigint, actor_kind, actor_id::text, action,"
    " subject_type, subject_id::text, interview_id::text, cancellation_id::text, facts::text, request_id"
    " FROM audit_entry"
)
_MINE = "NULLIF(current_setting('raincheck.company', true), '')::uuid"
_INDEXES = (
    'CREATE INDEX audit_company_at ON audit_entry (company_id, "at")',
    "CREATE INDEX audit_interview ON audit_entry (interview_id)",
    "CREATE INDEX audit_cancellation ON audit_entry (cancellation_id)",
    'CREATE INDEX audit_requests ON audit_entry (company_id, "at" DESC, id DESC)'
    " WHERE action IN ('cancellation.requested', 'cancellation.refused')",
    "CREATE INDEX audit_entry_xid ON audit_entry (xid)",
)


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every entry its text, then make the columns anew, out of it."""
    run = schema_editor.execute
    run("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY")
    run("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")
    run("ALTER TABLE audit_entry ADD COLUMN canonical text")
    _fill(schema_editor.connection)
    run("DROP POLICY company_wall ON audit_entry")
    dropped = ", ".join(f'DROP COLUMN "{name}"' for name, *_ in COLUMNS)
    run(f"ALTER TABLE audit_entry {dropped}")
    made = ", ".join(
        f'ADD COLUMN "{name}" {kind} GENERATED ALWAYS AS ({expression}) STORED{"" if empty else " NOT NULL"}'
        for name, kind, expression, empty in COLUMNS
    )
    run(
        f"ALTER TABLE audit_entry {made}, ALTER COLUMN canonical SET NOT NULL, ADD PRIMARY KEY (id),"
        " ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()"
    )
    for statement in _INDEXES:
        run(statement)
    rule = f"company_id = {_MINE}"
    run(f"CREATE POLICY company_wall ON audit_entry USING ({rule}) WITH CHECK ({rule})")
    run("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_append_only")
    run("ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY")
    # Which transaction wrote an entry is the database's to say.
    role = schema_editor.quote_name(settings.DATABASES["default"]["USER"])
    run(f"REVOKE INSERT ON audit_entry FROM {role}")
    run(f"GRANT INSERT (canonical) ON audit_entry TO {role}")


def _fill(connection: Any) -> None:
    with connection.cursor() as reading, connection.cursor() as writing:
        reading.execute(f"DECLARE entries NO SCROLL CURSOR FOR {_READ}")
        while True:
            reading.execute(f"FETCH {_BATCH} FROM entries")
            found = reading.fetchall()
            if not found:
                reading.execute("CLOSE entries")
                return
            writing.execute(
                "UPDATE audit_entry e SET canonical = made.text"
                " FROM unnest(%s::uuid[], %s::text[]) made (id, text) WHERE e.id = made.id",
                [[row[0] for row in found], [_text(row) for row in found]],
            )


def _text(row: tuple[Any, ...]) -> str:
    values = dict(zip((name for name, *_ in COLUMNS), row, strict=True))
    return canonical({**values, "facts": json.loads(values["facts"]), "v": 1})


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_entry_audit_requests")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forwards)],
            state_operations=[
                migrations.AddField("entry", "canonical", models.TextField(default=""), preserve_default=False)
            ],
        ),
    ]
