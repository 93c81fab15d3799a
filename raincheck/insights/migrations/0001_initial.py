"""No table: the model reads the audit trail's own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("audit", "0002_entry_audit_requests"), ("cancellations", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Request",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("company_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.UUIDField(null=True)),
                ("action", models.CharField(max_length=48)),
                ("facts", models.JSONField()),
            ],
            options={"db_table": "audit_entry", "managed": False},
        ),
    ]
