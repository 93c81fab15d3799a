"""What kept an erasure that was granted, and told, from being carried out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0004_company_by_reference")]

    operations = [
        migrations.AddField(
            model_name="datarequest",
            name="hindrance",
            field=models.CharField(
                blank=True,
                choices=[("on_hold", "依法须保留资料"), ("still_expected", "又安排了面试")],
                db_default="",
                default="",
                max_length=16,
            ),
        ),
    ]
