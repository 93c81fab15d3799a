"""In which zone a list's times are, remembered with what was said of its columns."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0018_counted_by_a_sample")]

    operations = [
        migrations.AddField(
            model_name="sourcemapping",
            name="timezone",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
