"""A vendor that stays silent is asked for months: more often than a small number can count."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cancellations", "0003_though_begun")]

    operations = [
        migrations.AlterField(
            model_name="cancellation",
            name="attempts",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
