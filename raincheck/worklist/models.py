"""The inbox's one table."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within


class Kind(models.TextChoices):
    """What asks for a person."""

    REVIEW_ESCALATED = "review_escalated", _("审核超时")
    REVOKE_BY_HAND = "revoke_by_hand", _("人工撤销链接")
    VENDOR_PENDING = "vendor_pending", _("AI面试系统未确认")
    MISMATCH = "mismatch", _("记录不一致")
    CONTRADICTED = "contradicted", _("取消后仍被进行")
    MOVE_FAILED = "move_failed", _("归档失败")
    INVITE_FAILED = "invite_failed", _("邀请失败")
    RESCHEDULE_FAILED = "reschedule_failed", _("改期未同步")
    NOBODY_REACHED = "nobody_reached", _("通知未送达")
    ANSWER_AT_RISK = "answer_at_risk", _("1分钟确认将逾时")
    OUTCOME_AT_RISK = "outcome_at_risk", _("15分钟处理将逾时")
    JOB_FAILED = "job_failed", _("后台作业失败")
    DIFFERENCE = "difference", _("对账差异")
    OTHER_TIME_WANTED = "other_time_wanted", _("候选人希望改期")
    VENDOR_DOWN = "vendor_down", _("AI面试系统不可用")
    CALENDAR_UNREACHED = "calendar_unreached", _("日历未同步")
    CHANNEL_BROKEN = "channel_broken", _("通知渠道需修复")
    COPY_WANTED = "copy_wanted", _("候选人索取个人信息副本")
    ERASURE_WANTED = "erasure_wanted", _("候选人要求删除个人信息")
    QUARANTINED = "quarantined", _("导入的行待处理")
    UNCLEAR_REASONS = "unclear_reasons", _("原因待归类")
    IMPORT_STOPPED = "import_stopped", _("导入中断")


#: What a decision settles, never a note alone.
DECIDED = frozenset({Kind.COPY_WANTED, Kind.ERASURE_WANTED})


class State(models.TextChoices):
    """Open until somebody settles it."""

    OPEN = "open", _("待处理")
    DONE = "done", _("已处理")


class Task(CompanyRow):
    """One thing for one person to settle. `details` holds facts for its words, never personal data."""

    kind = models.CharField(max_length=24, choices=Kind.choices)
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    interview_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)
    owner = within("accounts.Staff", null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = within("accounts.Staff", null=True)
    resolution = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="task_open_once", fields=["kind", "subject_id"], condition=Q(state=State.OPEN)
            ),
            models.CheckConstraint(
                name="task_done_is_settled", condition=Q(state=State.OPEN) | Q(settled_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["company", "state", "due_at"], name="task_inbox")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
