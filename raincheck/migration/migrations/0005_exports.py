"""Exports that were asked for, and their files in sealed pieces."""

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


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_quiet_hours"),
        ("migration", "0004_source_mapping"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=_row(
                state=models.CharField(
                    choices=[("asked", "正在准备"), ("ready", "可下载"), ("failed", "未能完成"), ("gone", "已销毁")],
                    default="asked",
                    max_length=8,
                ),
                asked_at=models.DateTimeField(),
                asked_by=models.ForeignKey(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.staff",
                ),
                taken_at=models.DateTimeField(null=True, help_text="the moment whose state the file holds"),
                expires_at=models.DateTimeField(null=True),
                data_key=models.BinaryField(null=True, help_text="wrapped; destroyed with the file"),
                rows=models.PositiveBigIntegerField(default=0),
                bytes=models.PositiveBigIntegerField(default=0),
                sha256=models.CharField(blank=True, max_length=64),
                downloads=models.PositiveIntegerField(default=0),
            ),
        ),
        migrations.CreateModel(
            name="ExportPiece",
            fields=_row(
                number=models.PositiveIntegerField(),
                sealed=models.BinaryField(),
                export=models.ForeignKey(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="pieces",
                    to="migration.export",
                ),
            ),
        ),
        migrations.AddConstraint(
            "export",
            models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("company",), name="export_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            "export",
            models.CheckConstraint(
                condition=~models.Q(state="ready")
                | models.Q(data_key__isnull=False, taken_at__isnull=False, expires_at__isnull=False),
                name="export_ready_has_its_key",
            ),
        ),
        migrations.AddIndex("export", models.Index(fields=["company", "-asked_at"], name="export_by_time")),
        migrations.AddConstraint(
            "exportpiece",
            models.UniqueConstraint(fields=("export", "number"), name="export_piece_once"),
        ),
        RaiseWalls(["export", "exportpiece"]),
    ]
