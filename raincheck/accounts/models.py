"""Tables of the accounts room."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.core.actor import STAFF_ROLES, Role
from raincheck.core.errors import Contact
from raincheck.core.ids import new_id

ROLE_LABELS = {
    Role.INTERVIEWER: _("面试官"),
    Role.DEPARTMENT_VIEWER: _("用人部门"),
    Role.RECRUITER: _("招聘专员"),
    Role.HR_MANAGER: _("HR经理"),
    Role.COMPANY_ADMIN: _("企业管理员"),
    Role.AUDITOR: _("审计员"),
    Role.INTEGRATION: _("系统集成"),
}


class Language(models.TextChoices):
    """The languages people are spoken to in."""

    ZH = "zh-hans", "简体中文"
    EN = "en", "English"


class Company(models.Model):
    """企业: the tenant. Its contact is what every refusal shows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ZH)
    timezone = models.CharField(max_length=64, default="Asia/Shanghai")
    contact_name = models.CharField(max_length=80)
    contact_phone = models.CharField(max_length=32)
    contact_email = models.EmailField()
    work_starts = models.TimeField(default="09:00")
    work_ends = models.TimeField(default="18:00")
    work_days = models.CharField(max_length=7, default="12345", help_text="ISO weekdays")
    quiet_from = models.TimeField(
        default="22:00", help_text="by the reader's clock; the same as quiet_to: never quiet"
    )
    quiet_to = models.TimeField(default="08:00")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    parent_may_read = models.BooleanField(
        default=False, db_default=False, help_text="the company's own to grant"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="company_work_day_forwards", condition=Q(work_ends__gt=F("work_starts"))
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def contact(self) -> Contact:
        """Whom to reach at this company."""
        return Contact(self.contact_name, self.contact_phone, self.contact_email)


#: Where nobody can be written to (RFC 2606).
_GIVEN_UP = "@left.invalid"


class Staff(AbstractBaseUser):
    """A person who works for the company and signs in at the console."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ZH)
    timezone = models.CharField(max_length=64, blank=True, help_text="empty: the company's")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = BaseUserManager["Staff"]()

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The mail address as it is shown: nothing once it is somebody else's."""
        return "" if self.email.endswith(_GIVEN_UP) else self.email

    def give_address_up(self) -> None:
        """Let somebody else have the address of one who left; it is unique."""
        self.email = f"{self.id}{_GIVEN_UP}"
        self.save(update_fields=["email"])


class RoleGrant(CompanyRow):
    """One role of one person; a department viewer's grant names the department."""

    staff = within("accounts.Staff", related_name="grants")
    role = models.CharField(max_length=24, choices=[(role.value, ROLE_LABELS[role]) for role in STAFF_ROLES])
    department_id = models.UUIDField(null=True, help_text="a recruiting.Department of the same company")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="role_grant_once", fields=["staff", "role", "department_id"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="role_grant_department_viewer_names_one",
                condition=~Q(role=Role.DEPARTMENT_VIEWER) | Q(department_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.role}"


class CandidateIdentity(CompanyRow):
    """One candidate as one company knows them: how to reach them, sealed under a key of their own."""

    data_key = models.BinaryField(null=True, help_text="wrapped; destroyed by erasure")
    phone_sealed = models.BinaryField(null=True)
    phone_hash = models.BinaryField(null=True, max_length=32)
    email_sealed = models.BinaryField(null=True)
    email_hash = models.BinaryField(null=True, max_length=32)
    id_number_sealed = models.BinaryField(null=True)
    id_number_hash = models.BinaryField(null=True, max_length=32)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ZH)
    timezone = models.CharField(max_length=64, blank=True, help_text="empty: the company's")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="identity_phone_once", fields=["company", "phone_hash"]),
            models.UniqueConstraint(name="identity_id_number_once", fields=["company", "id_number_hash"]),
        ]
        # An address may be shared; with the name it says who somebody is.
        indexes = [models.Index(fields=["company", "email_hash"], name="identity_email")]

    def __str__(self) -> str:
        return str(self.id)


class SignInCode(CompanyRow):
    """A one-time code on its way to a phone. The code itself is nowhere: it is derived from the row's id."""

    phone_hash = models.BinaryField(max_length=32)
    identity = within("accounts.CandidateIdentity", null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company", "phone_hash", "sent_at"], name="sign_in_code_latest")]

    def __str__(self) -> str:
        return str(self.id)


class CandidateSession(CompanyRow):
    """A candidate's signed-in browser; the cookie holds the token, the row only its hash."""

    identity = within("accounts.CandidateIdentity")
    token_hash = models.BinaryField(max_length=32, unique=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class Invitation(CompanyRow):
    """Somebody asked to join as staff. The link's key is nowhere: it is the row's id, signed."""

    email = models.EmailField()
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=24, choices=[(role.value, ROLE_LABELS[role]) for role in STAFF_ROLES])
    department_id = models.UUIDField(null=True, help_text="a recruiting.Department of the same company")
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ZH)
    invited_by = within("accounts.Staff", null=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = within("accounts.Staff", null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="invitation_open_once",
                fields=["company", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="invitation_department_viewer_names_one",
                condition=~Q(role=Role.DEPARTMENT_VIEWER) | Q(department_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ApiKey(CompanyRow):
    """A program's way in. The key itself is shown once; the row has only its hash, and its last signs to know it by."""

    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    token_hash = models.BinaryField(max_length=32)
    ending = models.CharField(max_length=4)
    made_by = within("accounts.Staff")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="to the minute")

    def __str__(self) -> str:
        return self.name


class SignInTry(models.Model):
    """A sign-in of staff that failed, or a password asked for anew: keyed hashes alone, to be counted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8)
    account_hash = models.BinaryField(max_length=32)
    address_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account_hash", "at"], name="sign_in_try_account"),
            models.Index(fields=["address_hash", "at"], name="sign_in_try_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"
