"""The first tables of the room, walled in from the start."""

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let nobody update, delete or truncate: by right for the run-time role, by trigger for everyone."""
    role = schema_editor.quote_name(settings.DATABASES["default"]["USER"])
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM {role}")
    schema_editor.execute(
        "CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'the audit trail can only grow'; END $$"
    )
    schema_editor.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()"
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [("core", "0001_runtime_role")]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("company_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.UUIDField(null=True)),
                ("action", models.CharField(max_length=48)),
                ("subject_type", models.CharField(max_length=32)),
                ("subject_id", models.UUIDField()),
                ("interview_id", models.UUIDField(null=True)),
                ("cancellation_id", models.UUIDField(null=True)),
                ("facts", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company_id", "at"], name="audit_company_at"),
                    models.Index(fields=["interview_id"], name="audit_interview"),
                    models.Index(fields=["cancellation_id"], name="audit_cancellation"),
                ],
            },
        ),
        RaiseWalls(["entry"]),
        migrations.RunPython(protect, migrations.RunPython.noop),
    ]
