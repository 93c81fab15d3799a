"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
import django.db.models.expressions
import raincheck.core.ids
from django.db import migrations, models

from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_walls_around_addresses"),
        ("recruiting", "0002_positions_without_owner"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("timezone", models.CharField(max_length=64)),
                ("rows_in", models.PositiveIntegerField()),
                ("loaded", models.PositiveIntegerField()),
                ("rejected", models.PositiveIntegerField()),
                ("unchanged", models.PositiveIntegerField()),
                ("warnings", models.JSONField(default=list)),
                ("mapping", models.JSONField(default=list)),
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
        ),
        migrations.CreateModel(
            name="ImportedRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("original_sealed", models.BinaryField()),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "interview",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.interview",
                        unique=True,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="migration.importrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CandidateKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key_hash", models.BinaryField(max_length=32)),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.candidate",
                    ),
                ),
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
                    models.UniqueConstraint(fields=("company", "key_hash"), name="candidate_key_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows_in",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("loaded"), "+", models.F("rejected")
                            ),
                            "+",
                            models.F("unchanged"),
                        ),
                    )
                ),
                name="import_run_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedrow",
            constraint=models.UniqueConstraint(fields=("company", "fingerprint"), name="imported_row_once"),
        ),
        RaiseWalls(["importrun", "importedrow", "candidatekey"]),
    ]
