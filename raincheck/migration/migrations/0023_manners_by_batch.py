"""Which batch said in which manner a list's values are read: what one said that was rolled back no longer counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migration", "0022_rows_repeated")]

    operations = [
        migrations.AddField(
            model_name="sourcemapping",
            name="manners",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
