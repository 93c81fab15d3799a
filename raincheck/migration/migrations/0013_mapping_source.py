"""From which system a list is, remembered with what was said of its columns."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0012_undoing_by_the_thousand")]

    operations = [
        migrations.AddField(
            model_name="sourcemapping",
            name="source",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
    ]
