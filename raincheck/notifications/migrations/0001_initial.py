"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("entry_id", models.UUIDField(help_text="the audit entry that caused it")),
                ("event", models.CharField(max_length=40)),
                ("template", models.CharField(max_length=60)),
                (
                    "recipient_kind",
                    models.CharField(choices=[("candidate", "候选人"), ("staff", "员工")], max_length=12),
                ),
                ("recipient_id", models.UUIDField(help_text="an identity or a member of staff")),
                ("interview_id", models.UUIDField(null=True)),
                ("language", models.CharField(max_length=8)),
                ("timezone", models.CharField(max_length=64)),
                ("channels", models.JSONField(help_text="names of the channels it goes out on")),
                ("params", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "发送中"), ("sent", "已送达"), ("failed", "未送达")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
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
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("channel", models.CharField(max_length=16)),
                ("attempt", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("sent", "成功"), ("retry", "稍后重试"), ("failed", "失败")], max_length=8
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=200)),
                ("provider_id", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
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
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="notifications.message",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["recipient_id", "made_at"], name="message_inbox"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["next_attempt_at"], name="message_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                fields=("entry_id", "recipient_kind", "recipient_id", "template"), name="message_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("message", "channel", "attempt"), name="delivery_attempt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "sent")),
                fields=("message", "channel"),
                name="delivery_sent_once",
            ),
        ),
        RaiseWalls(["message", "delivery"], looks={"message": ["sweep"]}),
    ]
