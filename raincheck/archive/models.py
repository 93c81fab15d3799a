"""Tables of the archive room."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, HeldRow, within


class HistoryRecord(HeldRow):
    """面试历史记录: the interview as it stood, whole; also the single cancel's backup.

    `snapshot` is the interview's row with its people and scores as plain values; `checksum` the SHA-256
    of its canonical JSON, checked when it is read back.
    """

    interview = within("recruiting.Interview", unique=True)
    cancellation_id = models.UUIDField(unique=True)
    reason_code = models.CharField(max_length=40)
    initiator = models.CharField(max_length=16)
    candidate = within("recruiting.Candidate")
    position = within("recruiting.Position")
    department = within("recruiting.Department")
    school = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    snapshot = models.JSONField()
    checksum = models.CharField(max_length=64)
    archived_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["company", "archived_at"], name="history_by_time")]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.reason_code}"


class TalentProfile(HeldRow):
    """人才库档案. `in_pool` only with the candidate's consent; without it the record stays, unlisted."""

    candidate = within("recruiting.Candidate", unique=True)
    in_pool = models.BooleanField(default=False)
    pooled_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.candidate_id)


class LegalHold(CompanyRow):
    """依法保留: while in force, nothing of the candidate, or without one of the whole company, is deleted or erased."""

    candidate = within("recruiting.Candidate", null=True)
    why = models.CharField(max_length=500)
    placed_at = models.DateTimeField()
    placed_by = within("accounts.Staff")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = within("accounts.Staff", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="legal_hold_one_in_force",
                fields=["company", "candidate"],
                nulls_distinct=False,
                condition=models.Q(lifted_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id or 'all'} since {self.placed_at:%Y-%m-%d}"


class EntryKind(models.TextChoices):
    """What a profile is made of."""

    CV = "cv", _("简历")
    APPLICATION = "application", _("投递")
    ASSESSMENT = "assessment", _("评估")
    COMMUNICATION = "communication", _("沟通")
    CANCELLATION = "cancellation", _("取消")


class ProfileEntry(HeldRow):
    """One thing known of the candidate, linked to where it came from; never twice."""

    # Its uniqueness begins with it: no index of its own.
    profile = within("archive.TalentProfile", related_name="entries", db_index=False)
    kind = models.CharField(max_length=16, choices=EntryKind.choices)
    subject_id = models.UUIDField()
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="profile_entry_once", fields=["profile", "kind", "subject_id"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class RequestKind(models.TextChoices):
    """What a candidate may ask about their own data."""

    COPY = "copy", _("个人信息副本")
    ERASURE = "erasure", _("删除个人信息")


class RequestState(models.TextChoices):
    """Open until HR decides, or the candidate takes it back."""

    OPEN = "open", _("处理中")
    GRANTED = "granted", _("已同意")
    DECLINED = "declined", _("未同意")
    WITHDRAWN = "withdrawn", _("已撤回")


class Hindrance(models.TextChoices):
    """What comes between a granted erasure and its being carried out; each the code of a refusal."""

    ON_HOLD = "on_hold", _("依法须保留资料")
    STILL_EXPECTED = "still_expected", _("又安排了面试")


class DataRequest(CompanyRow):
    """A candidate's request for a copy of their data, or for its erasure; `answer` is what they are told.

    A granted copy can be fetched until `open_until`. `hindrance` is what kept an erasure, granted and told, from
    being carried out, as long as it hasn't been decided anew.
    """

    candidate = within("recruiting.Candidate")
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = within("accounts.Staff", null=True)
    answer = models.TextField(blank=True)
    open_until = models.DateTimeField(null=True)
    hindrance = models.CharField(
        max_length=16, choices=Hindrance.choices, blank=True, default="", db_default=""
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="data_request_open_once",
                fields=["candidate", "kind"],
                condition=Q(state=RequestState.OPEN),
            ),
            models.CheckConstraint(
                name="data_request_ended_has_time",
                condition=Q(state=RequestState.OPEN) | Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
