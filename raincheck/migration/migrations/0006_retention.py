"""How long a company keeps what, and what went."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


def _row(**more):
    return [
        ("id", models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
        (
            "company",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        *more.items(),
    ]


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
        ("migration", "0005_exports"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionRule",
            fields=_row(
                kind=models.CharField(max_length=24),
                days=models.PositiveIntegerField(),
                changed_at=models.DateTimeField(),
                changed_by=_within("accounts.staff"),
            ),
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "kind"), name="retention_rule_once"),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 30)), name="retention_rule_keeps_a_month"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="RetentionRun",
            fields=_row(
                begun_at=models.DateTimeField(),
                finished_at=models.DateTimeField(null=True),
                asked_by=_within("accounts.staff", null=True),
                before=models.JSONField(),
                result=models.JSONField(default=dict),
                entry_id=models.UUIDField(
                    null=True, help_text="the audit entry that holds its counts and checksums"
                ),
            ),
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None)),
                        fields=("company",),
                        name="retention_run_one_at_a_time",
                    )
                ],
                "indexes": [models.Index(fields=["company", "-begun_at"], name="retention_run_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Gone",
            fields=_row(
                kind=models.CharField(max_length=24),
                ids=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                run=_within("migration.retentionrun", related_name="gone"),
            ),
            options={"indexes": [models.Index(fields=["run", "kind", "id"], name="retention_gone_of_run")]},
        ),
        RaiseWalls(["retentionrule", "retentionrun", "gone"]),
    ]
