"""Words that are replaced stay, for the messages that were written in them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_calendars")]

    operations = [
        migrations.AddField("wording", "ended_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("wording", "wording_once"),
        migrations.AddConstraint(
            "wording",
            models.UniqueConstraint(
                fields=["company", "template", "language"],
                condition=models.Q(("ended_at", None)),
                name="wording_one_in_force",
            ),
        ),
    ]
