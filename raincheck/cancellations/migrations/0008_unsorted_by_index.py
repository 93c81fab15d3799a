"""Few of many wait to be sorted: they are found by an index of their own."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cancellations", "0007_unsorted")]

    operations = [
        # Built concurrently and broken off, an index stays, invalid, and would be in the way of the next try.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS cancellation_unsorted", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="cancellation",
            index=models.Index(
                condition=models.Q(("unsorted__isnull", False)),
                fields=["company"],
                name="cancellation_unsorted",
            ),
        ),
    ]
