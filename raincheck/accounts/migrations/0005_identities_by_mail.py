"""Imports look people up by their mail, too: a million of them by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    # The release before was still unpublished when this was written.
    old_code_copes = "no installation was out there yet: no table is large, and nobody imports while this runs"

    dependencies = [("accounts", "0004_staff_sign_in")]

    operations = [
        migrations.AddIndex(
            model_name="candidateidentity",
            index=models.Index(fields=["company", "email_hash"], name="identity_email"),
        ),
    ]
