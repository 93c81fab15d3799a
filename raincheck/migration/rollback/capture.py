"""Before-images, taken by the database itself: triggers that do nothing unless the transaction names a batch.

A statement, not a row, is what they fire for. What it inserted costs 24 bytes a row: an id and a hash. What it
updated or deleted is kept whole. Whoever writes a batch needs to name it (`recording`) and nothing else.
"""

from collections.abc import Sequence

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from raincheck.migration.rollback.models import Batch

#: So many rows' images in one row of ours: a JSON value has its limits.
CHUNK = 5000
FUNCTION = f"""
CREATE OR REPLACE FUNCTION migration_capture() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    names text[];
    hashed text;
    source text := CASE TG_OP WHEN 'INSERT' THEN 'SELECT r.id, %1$s AS after, NULL::jsonb AS before FROM fresh r'
        WHEN 'UPDATE' THEN 'SELECT r.id, %1$s AS after, o AS before FROM fresh r JOIN stale o USING (id)'
            ' WHERE (r.*) IS DISTINCT FROM (o.*)'
        ELSE 'SELECT o.id, NULL::bigint AS after, o AS before FROM stale o' END;
BEGIN
    SELECT array_agg(attname::text ORDER BY attnum), string_agg(format('r.%I', attname), ', ' ORDER BY attnum)
        INTO names, hashed FROM pg_attribute
        WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format(
        'INSERT INTO migration_touched (id, company_id, batch_id, number, table_name, operation, columns,'
        ' ids, after, before)'
        ' SELECT gen_random_uuid(), NULLIF(current_setting(''raincheck.company'', true), '''')::uuid,'
        ' current_setting(''raincheck.batch'')::uuid, nextval(''migration_touched_number''), $1, $2, $3,'
        ' array_agg(id), CASE WHEN $2 <> ''D'' THEN array_agg(after) END,'
        ' CASE WHEN $2 <> ''I'' THEN jsonb_agg(before) END'
        ' FROM (SELECT s.*, (row_number() OVER () - 1) / {CHUNK} AS chunk FROM ('
        || format(source, 'hash_record_extended(ROW(' || hashed || '), 0)') || ') s) c GROUP BY chunk')
        USING TG_TABLE_NAME::text, left(TG_OP, 1), names;
    RETURN NULL;
END $body$
"""
_SEES = {
    "INSERT": "REFERENCING NEW TABLE AS fresh",
    "UPDATE": "REFERENCING NEW TABLE AS fresh OLD TABLE AS stale",
    "DELETE": "REFERENCING OLD TABLE AS stale",
}


class Capture(Operation):
    """A migration operation: have what batches do to these tables be captured. The function stands already."""

    reversible = True

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tables

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave Django's model state alone: triggers are the database's."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Set the triggers."""
        for table in self.tables:
            for event, sees in _SEES.items():
                schema_editor.execute(
                    f'CREATE TRIGGER capture_{event.lower()} AFTER {event} ON "{table}" {sees} FOR EACH STATEMENT'
                    " WHEN (current_setting('raincheck.batch', true) <> '') EXECUTE FUNCTION migration_capture()"
                )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take the triggers away."""
        for table in self.tables:
            for event in _SEES:
                schema_editor.execute(f'DROP TRIGGER IF EXISTS capture_{event.lower()} ON "{table}"')

    def describe(self) -> str:
        """Say what it does, for `migrate --plan`."""
        return f"Keep what batches do to {', '.join(self.tables)}"


def record_into(batch: Batch) -> None:
    """From now to the end of this transaction, keep what is done to captured tables as this batch's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('raincheck.batch', %s, true)", [str(batch.id)])
