"""Filters that people keep, walled in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_quiet_hours"),
        ("insights", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "page",
                    models.CharField(
                        choices=[
                            ("cancellations", "取消申请"),
                            ("trail", "操作记录"),
                            ("sights", "查看记录"),
                        ],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("query", models.JSONField()),
                ("shared", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
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
                    "staff",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("staff", "page", "name"), name="saved_view_once")
                ]
            },
        ),
        RaiseWalls(["savedview"]),
    ]
