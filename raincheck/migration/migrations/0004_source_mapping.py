"""What people said of the columns of a source, kept for its next file."""

import django.db.models.deletion
import raincheck.core.ids
from django.db import migrations, models

from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls_around_addresses"),
        ("migration", "0003_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceMapping",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("headings_hash", models.BinaryField(max_length=32)),
                ("columns", models.JSONField()),
                ("confirmed_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "headings_hash"), name="source_mapping_once")
                ],
            },
        ),
        RaiseWalls(["sourcemapping"]),
    ]
