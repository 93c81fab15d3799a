"""Who took the rows an import turned away saw data of people, too: the index of sights takes them in."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

_SIGHTS = ("candidate.viewed", "candidate.revealed", "candidate.copied", "audit.exported", "import.rows_taken")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0006_stamp")]

    operations = [
        # Built concurrently and broken off, an index stays, invalid, and would be in the way of the next try.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS audit_seen", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("action__in", _SIGHTS)),
                fields=["company_id", "-at", "-id"],
                name="audit_seen",
            ),
        ),
        RemoveIndexConcurrently(model_name="entry", name="audit_sights"),
    ]
