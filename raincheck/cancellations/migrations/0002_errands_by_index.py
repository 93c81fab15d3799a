"""The sweep finds forgotten errands by an index, not by reading every cancellation there ever was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cancellations", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="cancellation",
            index=models.Index(
                condition=models.Q(("next_attempt_at__isnull", False)),
                fields=["next_attempt_at"],
                name="cancellation_errands",
            ),
        ),
    ]
