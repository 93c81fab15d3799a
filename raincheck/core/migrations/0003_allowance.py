"""What was spent of allowances. Unlogged: a crash forgives, and no deed waits for a disk."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0002_sealed_keys")]

    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE core_allowance (key bytea PRIMARY KEY, back_at timestamptz NOT NULL)",
            "DROP TABLE core_allowance",
        ),
        migrations.RunSQL("CREATE INDEX core_allowance_back ON core_allowance (back_at)", migrations.RunSQL.noop),
    ]
