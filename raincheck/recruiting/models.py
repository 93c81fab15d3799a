"""Tables of the recruiting room. What can be held by a constraint is held by one."""

from datetime import datetime

from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, HeldRow, within


class Department(CompanyRow):
    """用人部门."""

    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(name="department_name_once", fields=["company", "name"])]

    def __str__(self) -> str:
        return self.name


class PositionState(models.TextChoices):
    """Frozen positions take no interviews; closed ones are over."""

    OPEN = "open", _("开放")
    FROZEN = "frozen", _("已冻结")
    CLOSED = "closed", _("已关闭")


class Position(CompanyRow):
    """岗位; its owner is the recruiter who hears first. One that was imported has none: then all of HR hears."""

    department = within("recruiting.Department")
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=PositionState.choices, default=PositionState.OPEN)
    owner = within("accounts.Staff", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="position_title_once", fields=["company", "department", "title"])
        ]

    def __str__(self) -> str:
        return self.title


class Candidate(HeldRow):
    """候选人. The name is clear, for people search by it; how to reach them lies sealed in `identity`."""

    identity = within("accounts.CandidateIdentity", unique=True)
    name = models.CharField(max_length=80)
    school = models.CharField(max_length=120, blank=True)
    headline = models.CharField(max_length=200, blank=True, help_text="CV in one line")
    pool_consent = models.BooleanField(null=True, help_text="null: never asked")
    pool_consent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company", "name"], name="candidate_name")]

    def __str__(self) -> str:
        return self.name


class ApplicationState(models.TextChoices):
    """Where an application stands; `actions.APPLICATION_MOVES` holds the allowed ways."""

    APPLIED = "applied", _("已投递")
    INTERVIEWING = "interviewing", _("面试中")
    INTERVIEWED = "interviewed", _("已面试")
    TO_REBOOK = "to_rebook", _("待重新安排")
    OFFERED = "offered", _("已录用")
    DECLINED = "declined", _("不合适")
    WITHDRAWN = "withdrawn", _("已放弃")
    POOLED = "pooled", _("已入人才库")


class Application(HeldRow):
    """投递: joins a candidate to a position; the channel it came by is its own."""

    # Its uniqueness begins with it: no index of its own.
    candidate = within("recruiting.Candidate", related_name="applications", db_index=False)
    position = within("recruiting.Position", related_name="applications")
    state = models.CharField(
        max_length=16, choices=ApplicationState.choices, default=ApplicationState.APPLIED
    )
    state_note = models.CharField(max_length=500, blank=True, help_text="why a person last changed the state")
    source = models.CharField(max_length=60, blank=True)
    applied_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="application_once", fields=["candidate", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} → {self.position_id}"


class InterviewKind(models.TextChoices):
    """A slot starts at an instant; a window is open until a deadline."""

    SLOT = "slot", _("固定时段")
    WINDOW = "window", _("开放窗口")


class InterviewState(models.TextChoices):
    """How far an interview has come; docs/reference/saga.md has every way from one to another."""

    SCHEDULED = "scheduled", _("待面试")
    IN_PROGRESS = "in_progress", _("进行中")
    SUBMITTED = "submitted", _("已提交")
    CANCELLING = "cancelling", _("取消中")
    CANCELLED = "cancelled", _("已取消")
    NO_SHOW = "no_show", _("未到")
    EXPIRED = "expired", _("已过期")


#: States in which the interview still holds its place in the schedule.
ON_SCHEDULE = (InterviewState.SCHEDULED, InterviewState.IN_PROGRESS, InterviewState.CANCELLING)


class Progress(models.TextChoices):
    """What the AI interview system last said of the candidate's doing."""

    UNKNOWN = "unknown", _("未知")
    UNOPENED = "unopened", _("未打开")
    OPENED = "opened", _("已打开")
    PARTLY_RECORDED = "partly_recorded", _("部分作答")
    SUBMITTED = "submitted", _("已提交")


class Interview(HeldRow):
    """AI面试. `starts_at`–`ends_at` is the slot, or the window's opening and deadline; both UTC."""

    application = within("recruiting.Application", related_name="interviews")
    kind = models.CharField(max_length=8, choices=InterviewKind.choices)
    precision = models.CharField(
        max_length=8, choices=[("minute", _("分钟")), ("day", _("日期"))], default="minute"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=InterviewState.choices, default=InterviewState.SCHEDULED)
    sequence = models.PositiveIntegerField(
        default=0, help_text="grows with each change a calendar must follow"
    )
    previous = within("recruiting.Interview", null=True, unique=True)

    vendor_account_id = models.UUIDField(null=True, help_text="a vendors.VendorAccount; null: no vendor")
    vendor_ref = models.CharField(max_length=128, blank=True)
    vendor_link = models.CharField(max_length=500, blank=True)
    vendor_progress = models.CharField(max_length=16, choices=Progress.choices, default=Progress.UNKNOWN)
    vendor_word = models.CharField(
        max_length=64, blank=True, help_text="the vendor's own status, as it said it"
    )
    vendor_version = models.BigIntegerField(default=0)
    vendor_said_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="interview_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="interview_day_precision_is_a_window",
                condition=Q(precision="minute") | Q(kind=InterviewKind.WINDOW),
            ),
            models.UniqueConstraint(
                name="interview_vendor_ref_once",
                fields=["vendor_account_id", "vendor_ref"],
                condition=~Q(vendor_ref=""),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "starts_at"], name="interview_by_start"),
            models.Index(fields=["company", "state", "ends_at"], name="interview_by_state"),
            # What is yet to come by the instant that counts: reminders are found by it.
            models.Index(
                "company",
                Case(When(kind="slot", then=F("starts_at")), default=F("ends_at")),
                name="interview_to_come",
                condition=Q(state="scheduled"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def key_instant(self) -> datetime:
        """The instant that notice is measured to: a slot's start, a window's deadline."""
        return self.starts_at if self.kind == InterviewKind.SLOT else self.ends_at

    @property
    def begun(self) -> bool:
        """Whether the candidate is known to have begun, and not to have handed in."""
        return self.state == InterviewState.IN_PROGRESS or self.vendor_progress == Progress.PARTLY_RECORDED

    @property
    def state_as_vendor_said(self) -> InterviewState:
        """The state to fall back to when a cancellation comes to nothing."""
        if self.vendor_progress == Progress.SUBMITTED:
            return InterviewState.SUBMITTED
        if self.vendor_progress == Progress.PARTLY_RECORDED:
            return InterviewState.IN_PROGRESS
        return InterviewState.SCHEDULED


class Interviewer(CompanyRow):
    """面试官: one member of staff on one interview."""

    interview = within("recruiting.Interview", related_name="interviewers")
    staff = within("accounts.Staff")

    class Meta:
        constraints = [models.UniqueConstraint(name="interviewer_once", fields=["interview", "staff"])]

    def __str__(self) -> str:
        return f"{self.staff_id}"


class Assessment(CompanyRow):
    """评估: one dimension's score, possibly from a half-finished interview."""

    interview = within("recruiting.Interview", related_name="assessments")
    dimension = models.CharField(max_length=60)
    score = models.DecimalField(max_digits=6, decimal_places=2)
    max_score = models.DecimalField(max_digits=6, decimal_places=2)
    partial = models.BooleanField(default=False)
    scored_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessment_dimension_once", fields=["interview", "dimension"]),
            models.CheckConstraint(
                name="assessment_score_in_range", condition=Q(score__gte=0) & Q(score__lte=F("max_score"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.score}/{self.max_score}"
