"""Legal holds."""

import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


def _within(to, **more):
    return models.ForeignKey(
        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to, **more
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_quiet_hours"),
        ("recruiting", "0003_interviews_to_come"),
        ("archive", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("why", models.CharField(max_length=500)),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
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
                ("lifted_by", _within("accounts.staff", null=True)),
                ("placed_by", _within("accounts.staff")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("company", "candidate"),
                        name="legal_hold_one_in_force",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        RaiseWalls(["legalhold"]),
    ]
