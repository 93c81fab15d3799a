"""Imports look people up by their mail, too: a million of them by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_staff_sign_in")]

    operations = [
        migrations.AddIndex(
            model_name="candidateidentity",
            index=models.Index(fields=["company", "email_hash"], name="identity_email"),
        ),
    ]
