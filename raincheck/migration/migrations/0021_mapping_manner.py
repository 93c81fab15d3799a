"""How a list's values are read, remembered beside the zone of its times: whose numbers, and day or month first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0020_each_index_once")]

    operations = [
        migrations.AddField(
            model_name="sourcemapping",
            name="region",
            field=models.CharField(blank=True, db_default="", default="", max_length=2),
        ),
        migrations.AddField(
            model_name="sourcemapping",
            name="date_order",
            field=models.CharField(blank=True, db_default="", default="", max_length=3),
        ),
        migrations.AlterField(
            model_name="sourcemapping",
            name="kind",
            field=models.CharField(blank=True, db_default="interviews", default="interviews", max_length=16),
        ),
    ]
