"""The tree over the entries, and what was signed of it: append-only too, and read by nobody's company alone."""

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from raincheck.core.walls import LetLook

_TABLES = ("audit_leaf", "audit_node", "audit_seal", "audit_expiry")

# Expiry is the owner's, and says in its own transaction that it is meant. Who owns the table could drop the trigger
# as well; what keeps the owner honest is the seal, not this.
_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_entry' AND current_setting('raincheck.expire', true) = 'on'
     AND pg_get_userbyid((SELECT relowner FROM pg_class WHERE oid = TG_RELID)) = current_user THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the audit trail can only grow';
END $$
"""


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let nobody update, delete or truncate what was sealed."""
    role = schema_editor.quote_name(settings.DATABASES["default"]["USER"])
    schema_editor.execute(_APPEND_ONLY)
    for table in _TABLES:
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()"
        )
    schema_editor.execute(f"REVOKE INSERT ON audit_expiry FROM {role}")


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_canonical")]

    operations = [
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.UUIDField(unique=True)),
                ("hash", models.BinaryField()),
            ],
            options={"db_table": "audit_leaf"},
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={"db_table": "audit_node"},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("horizon", models.CharField(max_length=20)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_seal"},
        ),
        migrations.CreateModel(
            name="Expiry",
            fields=[
                ("below", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.TextField()),
                ("expired_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_expiry"},
        ),
        migrations.RunPython(protect, migrations.RunPython.noop),
        LetLook("seal", ["audit.Entry"]),
    ]
