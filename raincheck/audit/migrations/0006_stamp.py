"""Time-stamps of checkpoints: append-only like what they are of. The last release knows nothing of them."""

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let nobody update, delete or truncate a stamp."""
    role = schema_editor.quote_name(settings.DATABASES["default"]["USER"])
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_stamp FROM {role}")
    schema_editor.execute(
        "CREATE TRIGGER audit_stamp_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_stamp"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()"
    )


class Migration(migrations.Migration):
    old_code_copes = "what runs here guards the new table alone, of which old code knows nothing"
    dependencies = [("audit", "0005_sights")]

    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.TextField()),
                ("token", models.BinaryField()),
                ("stamped_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_stamp"},
        ),
        migrations.RunPython(protect, migrations.RunPython.noop),
    ]
