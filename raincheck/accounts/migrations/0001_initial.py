"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import raincheck.core.actor
import raincheck.core.ids
from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):
    initial = True

    dependencies = [("core", "0001_runtime_role")]

    operations = [
        migrations.CreateModel(
            name="CandidateIdentity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("data_key", models.BinaryField(help_text="wrapped; destroyed by erasure", null=True)),
                ("phone_sealed", models.BinaryField(null=True)),
                ("phone_hash", models.BinaryField(max_length=32, null=True)),
                ("email_sealed", models.BinaryField(null=True)),
                ("email_hash", models.BinaryField(max_length=32, null=True)),
                ("id_number_sealed", models.BinaryField(null=True)),
                ("id_number_hash", models.BinaryField(max_length=32, null=True)),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans", max_length=8
                    ),
                ),
                ("timezone", models.CharField(blank=True, help_text="empty: the company's", max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans", max_length=8
                    ),
                ),
                ("timezone", models.CharField(default="Asia/Shanghai", max_length=64)),
                ("contact_name", models.CharField(max_length=80)),
                ("contact_phone", models.CharField(max_length=32)),
                ("contact_email", models.EmailField(max_length=254)),
                ("work_starts", models.TimeField(default="09:00")),
                ("work_ends", models.TimeField(default="18:00")),
                ("work_days", models.CharField(default="12345", help_text="ISO weekdays", max_length=7)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("work_ends__gt", models.F("work_starts"))),
                        name="company_work_day_forwards",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CandidateSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("started_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "identity",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.candidateidentity",
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
        migrations.AddField(
            model_name="candidateidentity",
            name="company",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.CreateModel(
            name="Staff",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=80)),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans", max_length=8
                    ),
                ),
                ("timezone", models.CharField(blank=True, help_text="empty: the company's", max_length=64)),
                ("is_active", models.BooleanField(default=True)),
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
            name="RoleGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("interviewer", "面试官"),
                            ("department_viewer", "用人部门"),
                            ("recruiter", "招聘专员"),
                            ("hr_manager", "HR经理"),
                            ("company_admin", "企业管理员"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "department_id",
                    models.UUIDField(help_text="a recruiting.Department of the same company", null=True),
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
                    "staff",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignInCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("phone_hash", models.BinaryField(max_length=32)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("spent_at", models.DateTimeField(null=True)),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.candidateidentity",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="candidateidentity",
            constraint=models.UniqueConstraint(fields=("company", "phone_hash"), name="identity_phone_once"),
        ),
        migrations.AddConstraint(
            model_name="candidateidentity",
            constraint=models.UniqueConstraint(
                fields=("company", "id_number_hash"), name="identity_id_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                fields=("staff", "role", "department_id"), name="role_grant_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", raincheck.core.actor.Role["DEPARTMENT_VIEWER"]), _negated=True),
                    ("department_id__isnull", False),
                    _connector="OR",
                ),
                name="role_grant_department_viewer_names_one",
            ),
        ),
        migrations.AddIndex(
            model_name="signincode",
            index=models.Index(fields=["company", "phone_hash", "sent_at"], name="sign_in_code_latest"),
        ),
        RaiseWalls(
            ["company", "staff", "rolegrant", "candidateidentity", "signincode", "candidatesession"],
            looks={"company": ["company-from-address", "sign-in"], "staff": ["sign-in"]},
            touches={"staff": ["sign-in"]},
        ),
    ]
