from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cancellations", "0006_company_by_reference")]

    operations = [
        migrations.AddField(
            model_name="cancellation",
            name="unsorted",
            field=models.PositiveSmallIntegerField(
                help_text="imported: so many characters the note begins with are a reason nobody has sorted yet",
                null=True,
            ),
        ),
    ]
