"""Invitations, API keys, tries at signing in, a company's parent; and walls around what allauth keeps of staff."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls

_ROLES = [
    ("interviewer", "面试官"),
    ("department_viewer", "用人部门"),
    ("recruiter", "招聘专员"),
    ("hr_manager", "HR经理"),
    ("company_admin", "企业管理员"),
    ("auditor", "审计员"),
]
_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
#: allauth's tables know no company: each is walled in by the member of staff it is about.
_SEEN = "EXISTS (SELECT 1 FROM accounts_staff WHERE accounts_staff.id = user_id)"
_SEEN_ACCOUNT = "EXISTS (SELECT 1 FROM socialaccount_socialaccount a WHERE a.id = account_id)"
_BY_PERSON = {
    "mfa_authenticator": _SEEN,
    "usersessions_usersession": _SEEN,
    "socialaccount_socialaccount": _SEEN,
    "socialaccount_socialtoken": _SEEN_ACCOUNT,
}
#: Who signs in isn't in any company's scope yet: what they do to their own sign-in is recorded all the same.
_OWN_DEEDS = (
    "CREATE POLICY own_sign_in ON audit_entry FOR INSERT WITH CHECK ("
    "current_setting('raincheck.system', true) = 'sign-in' AND actor_kind = 'staff' AND action LIKE 'staff.%'"
    " AND subject_type = 'staff' AND subject_id = actor_id AND EXISTS (SELECT 1 FROM accounts_staff"
    " WHERE accounts_staff.id = actor_id AND accounts_staff.company_id = audit_entry.company_id))"
)


def _wall(table: str, rule: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY company_wall ON {table} USING ({rule}) WITH CHECK ({rule})",
        ],
        f"DROP POLICY company_wall ON {table}",
    )


def _id() -> models.UUIDField:
    return models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)


def _company() -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.company"
    )


def _staff(**options: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **options,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_quiet_hours"),
        ("audit", "0004_seal"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="parent_may_read",
            field=models.BooleanField(default=False, db_default=False, help_text="the company's own to grant"),
        ),
        migrations.AlterField(
            model_name="rolegrant", name="role", field=models.CharField(choices=_ROLES, max_length=24)
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", _id()),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, max_length=80)),
                ("role", models.CharField(choices=_ROLES, max_length=24)),
                (
                    "department_id",
                    models.UUIDField(help_text="a recruiting.Department of the same company", null=True),
                ),
                ("language", models.CharField(choices=_LANGUAGES, default="zh-hans", max_length=8)),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("accepted_by", _staff(null=True)),
                ("company", _company()),
                ("invited_by", _staff(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                        fields=("company", "email"),
                        name="invitation_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "department_viewer"), _negated=True),
                            ("department_id__isnull", False),
                            _connector="OR",
                        ),
                        name="invitation_department_viewer_names_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", _id()),
                ("name", models.CharField(max_length=80)),
                ("scopes", models.JSONField(default=list)),
                ("token_hash", models.BinaryField(max_length=32)),
                ("ending", models.CharField(max_length=4)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(help_text="to the minute", null=True)),
                ("company", _company()),
                ("made_by", _staff()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="SignInTry",
            fields=[
                ("id", _id()),
                ("kind", models.CharField(max_length=8)),
                ("account_hash", models.BinaryField(max_length=32)),
                ("address_hash", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account_hash", "at"], name="sign_in_try_account"),
                    models.Index(fields=["address_hash", "at"], name="sign_in_try_address"),
                ],
            },
        ),
        RaiseWalls(["invitation", "apikey"]),
        *[_wall(table, rule) for table, rule in _BY_PERSON.items()],
        migrations.RunSQL(_OWN_DEEDS, "DROP POLICY own_sign_in ON audit_entry"),
    ]
