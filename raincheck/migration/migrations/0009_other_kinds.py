"""Imports of candidates, applications, positions and cancellations: their rows as they were, and of which kind a source is."""

import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls
from raincheck.migration.rollback.capture import Capture


def _within(to, related_name="+", **more):
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=to,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_quiet_hours"),
        ("migration", "0008_checkpoints"),
        ("recruiting", "0003_interviews_to_come"),
    ]

    operations = [
        migrations.AddField(
            "sourcemapping",
            "kind",
            models.CharField(db_default="interviews", default="interviews", max_length=16),
        ),
        migrations.CreateModel(
            name="BroughtRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("candidates", "候选人"),
                            ("applications", "投递"),
                            ("positions", "岗位"),
                            ("cancellations", "取消申请"),
                        ],
                        max_length=16,
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("subject_id", models.UUIDField()),
                (
                    "made",
                    models.BooleanField(help_text="whether the row made its subject, or only told more of it"),
                ),
                ("original_sealed", models.BinaryField()),
                ("data_key", models.BinaryField(null=True)),
                ("candidate", _within("recruiting.candidate", null=True)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                ("run", _within("migration.importrun", related_name="brought")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "fingerprint"), name="brought_row_once")
                ],
                "indexes": [
                    models.Index(fields=["subject_id"], name="brought_by_subject"),
                    models.Index(fields=["candidate"], name="brought_by_candidate"),
                ],
            },
        ),
        RaiseWalls(["broughtrow"]),
        Capture(["migration_broughtrow"]),
    ]
