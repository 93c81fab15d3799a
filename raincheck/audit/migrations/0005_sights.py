"""Who saw whose data is asked often enough, and lies among so much else, that it has an index of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    # The release before was still unpublished when this was written.
    old_code_copes = "no installation was out there yet: no table is large, and nobody imports while this runs"

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
