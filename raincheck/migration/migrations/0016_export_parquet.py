"""Whether an export was asked for with Parquet as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0015_brought_rows_counted")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="parquet",
            field=models.BooleanField(
                db_default=False, default=False, help_text="asked for with Parquet as well"
            ),
        ),
    ]
