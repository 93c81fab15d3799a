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
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Candidate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("school", models.CharField(blank=True, max_length=120)),
                ("headline", models.CharField(blank=True, help_text="CV in one line", max_length=200)),
                ("pool_consent", models.BooleanField(help_text="null: never asked", null=True)),
                ("pool_consent_at", models.DateTimeField(null=True)),
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
                    "identity",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.candidateidentity",
                        unique=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Application",
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
                            ("applied", "已投递"),
                            ("interviewing", "面试中"),
                            ("interviewed", "已面试"),
                            ("to_rebook", "待重新安排"),
                            ("offered", "已录用"),
                            ("declined", "不合适"),
                            ("withdrawn", "已放弃"),
                            ("pooled", "已入人才库"),
                        ],
                        default="applied",
                        max_length=16,
                    ),
                ),
                (
                    "state_note",
                    models.CharField(
                        blank=True, help_text="why a person last changed the state", max_length=500
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=60)),
                ("applied_at", models.DateTimeField()),
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
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="recruiting.candidate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Department",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120)),
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
            name="Interview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("slot", "固定时段"), ("window", "开放窗口")], max_length=8),
                ),
                (
                    "precision",
                    models.CharField(
                        choices=[("minute", "分钟"), ("day", "日期")], default="minute", max_length=8
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("scheduled", "待面试"),
                            ("in_progress", "进行中"),
                            ("submitted", "已提交"),
                            ("cancelling", "取消中"),
                            ("cancelled", "已取消"),
                            ("no_show", "未到"),
                            ("expired", "已过期"),
                        ],
                        default="scheduled",
                        max_length=12,
                    ),
                ),
                (
                    "sequence",
                    models.PositiveIntegerField(
                        default=0, help_text="grows with each change a calendar must follow"
                    ),
                ),
                (
                    "vendor_account_id",
                    models.UUIDField(help_text="a vendors.VendorAccount; null: no vendor", null=True),
                ),
                ("vendor_ref", models.CharField(blank=True, max_length=128)),
                ("vendor_link", models.CharField(blank=True, max_length=500)),
                (
                    "vendor_progress",
                    models.CharField(
                        choices=[
                            ("unknown", "未知"),
                            ("unopened", "未打开"),
                            ("opened", "已打开"),
                            ("partly_recorded", "部分作答"),
                            ("submitted", "已提交"),
                        ],
                        default="unknown",
                        max_length=16,
                    ),
                ),
                (
                    "vendor_word",
                    models.CharField(
                        blank=True, help_text="the vendor's own status, as it said it", max_length=64
                    ),
                ),
                ("vendor_version", models.BigIntegerField(default=0)),
                ("vendor_said_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interviews",
                        to="recruiting.application",
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
                    "previous",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.interview",
                        unique=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("dimension", models.CharField(max_length=60)),
                ("score", models.DecimalField(decimal_places=2, max_digits=6)),
                ("max_score", models.DecimalField(decimal_places=2, max_digits=6)),
                ("partial", models.BooleanField(default=False)),
                ("scored_at", models.DateTimeField()),
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
                        related_name="assessments",
                        to="recruiting.interview",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Interviewer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
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
                    "interview",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interviewers",
                        to="recruiting.interview",
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
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "开放"), ("frozen", "已冻结"), ("closed", "已关闭")],
                        default="open",
                        max_length=8,
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
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="application",
            name="position",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="applications",
                to="recruiting.position",
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(fields=["company", "name"], name="candidate_name"),
        ),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.UniqueConstraint(fields=("company", "name"), name="department_name_once"),
        ),
        migrations.AddIndex(
            model_name="interview",
            index=models.Index(fields=["company", "starts_at"], name="interview_by_start"),
        ),
        migrations.AddIndex(
            model_name="interview",
            index=models.Index(fields=["company", "state", "ends_at"], name="interview_by_state"),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="interview_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(("precision", "minute"), ("kind", "window"), _connector="OR"),
                name="interview_day_precision_is_a_window",
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("vendor_ref", ""), _negated=True),
                fields=("vendor_account_id", "vendor_ref"),
                name="interview_vendor_ref_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.UniqueConstraint(
                fields=("interview", "dimension"), name="assessment_dimension_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__gte", 0), ("score__lte", models.F("max_score"))),
                name="assessment_score_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="interviewer",
            constraint=models.UniqueConstraint(fields=("interview", "staff"), name="interviewer_once"),
        ),
        migrations.AddConstraint(
            model_name="position",
            constraint=models.UniqueConstraint(
                fields=("company", "department", "title"), name="position_title_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(fields=("candidate", "position"), name="application_once"),
        ),
        RaiseWalls(
            ["department", "position", "candidate", "application", "interview", "interviewer", "assessment"],
            looks={"interview": ["sweep"]},
        ),
        migrations.RunSQL(
            composite_key("accounts_rolegrant", "department_id", "recruiting_department"),
            migrations.RunSQL.noop,
        ),
    ]
