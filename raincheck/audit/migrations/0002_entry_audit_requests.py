"""The auditor's index: requests for cancellation alone, newest first. An entry of any other kind pays nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("action__in", ("cancellation.requested", "cancellation.refused"))),
                fields=["company_id", "-at", "-id"],
                name="audit_requests",
            ),
        ),
    ]
