"""An interview's messages are found by an index: its timeline, its profile and the promises ask for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["interview_id"], name="message_interview"),
        ),
    ]
