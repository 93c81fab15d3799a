"""The room has no table of its own; it looks at others', for counting."""

from django.db import migrations

from raincheck.core.walls import LetLook


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0001_initial"),
        ("worklist", "0001_initial"),
        ("recruiting", "0001_initial"),
        ("cancellations", "0001_initial"),
        ("vendors", "0001_initial"),
        ("notifications", "0001_initial"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        LetLook(
            "operations",
            [
                "accounts.Company",
                "audit.Entry",
                "worklist.Task",
                "recruiting.Interview",
                "cancellations.Cancellation",
                "vendors.VendorAccount",
                "vendors.VendorCall",
                "notifications.Message",
                "notifications.Delivery",
            ],
        ),
        # The queue has no index by which the few that failed are found among a day's finished ones.
        migrations.RunSQL(
            "CREATE INDEX raincheck_failed_jobs ON procrastinate_jobs (id) WHERE status = 'failed'",
            "DROP INDEX raincheck_failed_jobs",
        ),
    ]
