"""How many rows of another system's export said again what one before them had said."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0021_mapping_manner")]

    operations = [
        migrations.AddField(
            model_name="trackday",
            name="repeated",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="rows that said again what another one had said"
            ),
        ),
    ]
