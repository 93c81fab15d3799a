"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls, composite_key


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("archive", "0001_initial"),
        ("recruiting", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("active", models.BooleanField(default=True)),
                ("saved_at", models.DateTimeField()),
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
                    "saved_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PolicyRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=40)),
                ("body", models.JSONField()),
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
                    "policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rules",
                        to="cancellations.policy",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("label_zh", models.CharField(max_length=60)),
                ("label_en", models.CharField(max_length=60)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("personal", "个人"),
                            ("career", "求职"),
                            ("technical", "技术"),
                            ("company", "公司"),
                        ],
                        max_length=16,
                    ),
                ),
                ("for_candidate", models.BooleanField(default=True)),
                ("for_staff", models.BooleanField(default=True)),
                (
                    "leads_to",
                    models.CharField(
                        default="to_rebook",
                        help_text="the ApplicationState a cancelled interview leads to",
                        max_length=16,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("active", models.BooleanField(default=True)),
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
            name="Cancellation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("in_review", "待审核"),
                            ("processing", "取消中"),
                            ("completed", "已取消"),
                            ("rejected", "已驳回"),
                            ("withdrawn", "已撤回"),
                        ],
                        max_length=12,
                    ),
                ),
                ("initiator", models.CharField(max_length=16)),
                (
                    "requested_by",
                    models.UUIDField(help_text="the actor's id: candidate, staff, or none", null=True),
                ),
                ("requested_at", models.DateTimeField()),
                ("channel", models.CharField(help_text="portal, console, freeze, api", max_length=16)),
                ("note", models.TextField(blank=True)),
                ("idempotency_key", models.CharField(max_length=80, null=True)),
                ("batch_id", models.UUIDField(null=True)),
                ("outcome", models.CharField(max_length=8)),
                ("rule", models.CharField(max_length=40)),
                ("policy_version", models.PositiveIntegerField()),
                ("checks", models.JSONField(default=list)),
                ("facts", models.JSONField(default=dict)),
                ("review", models.JSONField(help_text="the rule's review plan, as frozen", null=True)),
                (
                    "due_at",
                    models.DateTimeField(help_text="the clock that runs now, of whatever kind", null=True),
                ),
                ("final_due_at", models.DateTimeField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.UUIDField(help_text="staff; null: a rule or the system decided", null=True),
                ),
                ("decision_note", models.TextField(blank=True)),
                (
                    "agreement",
                    models.CharField(
                        choices=[
                            ("not_needed", "无需确认"),
                            ("pending", "AI面试系统确认中"),
                            ("agreed", "AI面试系统已确认"),
                            ("person", "需人工撤销"),
                            ("contradicted", "与AI面试系统不一致"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("mismatch", models.CharField(blank=True, help_text="unknown, other_time", max_length=16)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("agreed_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
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
                        related_name="cancellations",
                        to="recruiting.interview",
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cancellations.reason",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(fields=("company", "version"), name="policy_version_once"),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)), fields=("company",), name="policy_one_active"
            ),
        ),
        migrations.AddConstraint(
            model_name="policyrule",
            constraint=models.UniqueConstraint(fields=("policy", "position"), name="policy_rule_place_once"),
        ),
        migrations.AddConstraint(
            model_name="policyrule",
            constraint=models.UniqueConstraint(fields=("policy", "code"), name="policy_rule_code_once"),
        ),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.UniqueConstraint(fields=("company", "code"), name="reason_code_once"),
        ),
        migrations.AddIndex(
            model_name="cancellation",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="cancellation_clocks"
            ),
        ),
        migrations.AddIndex(
            model_name="cancellation",
            index=models.Index(fields=["company", "requested_at"], name="cancellation_by_time"),
        ),
        migrations.AddConstraint(
            model_name="cancellation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("in_review", "processing"))),
                fields=("interview",),
                name="cancellation_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="cancellation",
            constraint=models.UniqueConstraint(
                fields=("company", "idempotency_key"), name="cancellation_idempotency"
            ),
        ),
        migrations.AddConstraint(
            model_name="cancellation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "in_review"), _negated=True),
                    models.Q(("due_at__isnull", False), ("final_due_at__isnull", False)),
                    _connector="OR",
                ),
                name="cancellation_review_has_clock",
            ),
        ),
        migrations.AddConstraint(
            model_name="cancellation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "completed"), _negated=True),
                    ("completed_at__isnull", False),
                    _connector="OR",
                ),
                name="cancellation_completed_has_time",
            ),
        ),
        RaiseWalls(["reason", "policy", "policyrule", "cancellation"], looks={"cancellation": ["sweep"]}),
        migrations.RunSQL(
            composite_key("archive_historyrecord", "cancellation_id", "cancellations_cancellation"),
            migrations.RunSQL.noop,
        ),
    ]
