"""Where the key of hashes is kept, sealed, from the first rotation of master keys on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_runtime_role")]

    operations = [
        migrations.CreateModel(
            name="SealedKey",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
            ],
            options={"db_table": "core_sealedkey"},
        ),
    ]
