"""An export remembers which erasures its moment knew: one that was under way by then began before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0016_export_parquet")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="erasures",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="recorded around `taken_at`, as that moment knew them",
            ),
        ),
    ]
