"""Who saw whose data is asked often enough, and lies among so much else, that it has an index of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_seal")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(
                    (
                        "action__in",
                        ("candidate.viewed", "candidate.revealed", "candidate.copied", "audit.exported"),
                    )
                ),
                fields=["company_id", "-at", "-id"],
                name="audit_sights",
            ),
        ),
    ]
