"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("recruiting", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="TalentProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("in_pool", models.BooleanField(default=False)),
                ("pooled_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.candidate",
                        unique=True,
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HistoryRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("cancellation_id", models.UUIDField(unique=True)),
                ("reason_code", models.CharField(max_length=40)),
                ("initiator", models.CharField(max_length=16)),
                ("school", models.CharField(blank=True, max_length=120)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("snapshot", models.JSONField()),
                ("checksum", models.CharField(max_length=64)),
                ("archived_at", models.DateTimeField()),
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
                (
                    "department",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.department",
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
                    "position",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.position",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "archived_at"], name="history_by_time")],
            },
        ),
        migrations.CreateModel(
            name="ProfileEntry",
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
                            ("cv", "简历"),
                            ("application", "投递"),
                            ("assessment", "评估"),
                            ("communication", "沟通"),
                            ("cancellation", "取消"),
                        ],
                        max_length=16,
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("data", models.JSONField(default=dict)),
                ("occurred_at", models.DateTimeField()),
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
                    "profile",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="archive.talentprofile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("profile", "kind", "subject_id"), name="profile_entry_once"
                    )
                ],
            },
        ),
        RaiseWalls(["historyrecord", "talentprofile", "profileentry"]),
    ]
