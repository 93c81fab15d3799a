"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Task",
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
                            ("review_escalated", "审核超时"),
                            ("revoke_by_hand", "人工撤销链接"),
                            ("vendor_pending", "AI面试系统未确认"),
                            ("mismatch", "记录不一致"),
                            ("contradicted", "取消后仍被进行"),
                            ("move_failed", "归档失败"),
                            ("invite_failed", "邀请失败"),
                            ("reschedule_failed", "改期未同步"),
                            ("nobody_reached", "通知未送达"),
                        ],
                        max_length=24,
                    ),
                ),
                ("subject_type", models.CharField(max_length=32)),
                ("subject_id", models.UUIDField()),
                ("interview_id", models.UUIDField(null=True)),
                ("details", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待处理"), ("done", "已处理")], default="open", max_length=8
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("resolution", models.TextField(blank=True)),
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
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "state", "due_at"], name="task_inbox")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("kind", "subject_id"),
                        name="task_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "open"), ("settled_at__isnull", False), _connector="OR"),
                        name="task_done_is_settled",
                    ),
                ],
            },
        ),
        RaiseWalls(["task"]),
    ]
