"""A vendor that stays silent is asked for months: more often than a small number can count."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vendors", "0005_events_asked_about")]

    operations = [
        migrations.AlterField(
            model_name="vendorcall",
            name="attempt",
            field=models.PositiveIntegerField(default=1),
        ),
    ]
