"""Take-overs: the days compared, and the rows that differed."""

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
        ("migration", "0006_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="DualTrack",
            fields=_row(
                name=models.CharField(max_length=80),
                timezone=models.CharField(max_length=64),
                needed=models.PositiveSmallIntegerField(help_text="so many days in a row must agree"),
                since=models.DateTimeField(
                    null=True, help_text="interviews before it aren't compared; null: all are"
                ),
                begun_at=models.DateTimeField(),
                begun_by=_within("accounts.staff", null=True),
                switched_at=models.DateTimeField(null=True),
                switched_by=_within("accounts.staff", null=True),
                report=models.TextField(blank=True),
            ),
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "name"), name="dual_track_name_once"),
                    models.CheckConstraint(condition=models.Q(needed__gte=1), name="dual_track_needs_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(switched_at=None) | ~models.Q(report=""),
                        name="dual_track_switched_with_report",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="TrackDay",
            fields=_row(
                day=models.DateField(),
                loaded_at=models.DateTimeField(),
                file_name=models.CharField(max_length=255),
                sha256=models.CharField(max_length=64),
                rows_there=models.PositiveIntegerField(),
                rows_here=models.PositiveIntegerField(),
                agreeing=models.PositiveIntegerField(),
                counts=models.JSONField(default=dict, help_text="differences by kind"),
                checksum_there=models.CharField(max_length=16),
                checksum_here=models.CharField(max_length=16),
                track=_within("migration.dualtrack", related_name="days"),
            ),
            options={
                "constraints": [models.UniqueConstraint(fields=("track", "day"), name="track_day_once")]
            },
        ),
        migrations.CreateModel(
            name="TrackDifference",
            fields=_row(
                kind=models.CharField(
                    choices=[
                        ("missing_here", "本平台没有"),
                        ("missing_there", "对方没有"),
                        ("other_state", "状态不同"),
                        ("other_time", "时间不同"),
                        ("unreadable", "读不了这一行"),
                    ],
                    max_length=16,
                ),
                number=models.PositiveIntegerField(null=True, help_text="as a spreadsheet counts, from 1"),
                interview_id=models.UUIDField(null=True),
                there=models.JSONField(default=dict),
                here=models.JSONField(default=dict),
                day=_within("migration.trackday", related_name="differences"),
            ),
            options={
                "indexes": [models.Index(fields=["day", "kind", "number"], name="track_difference_of_day")]
            },
        ),
        RaiseWalls(["dualtrack", "trackday", "trackdifference"]),
    ]
