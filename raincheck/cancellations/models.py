"""Tables of the heart."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, HeldRow, within
from raincheck.core.actor import Actor


class Reason(CompanyRow):
    """取消原因: a code with words in both languages. Free text is a note beside it, never instead of it."""

    code = models.CharField(max_length=40)
    label_zh = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60)
    category = models.CharField(
        max_length=16,
        choices=[
            ("personal", _("个人")),
            ("career", _("求职")),
            ("technical", _("技术")),
            ("company", _("公司")),
        ],
    )
    for_candidate = models.BooleanField(default=True)
    for_staff = models.BooleanField(default=True)
    leads_to = models.CharField(
        max_length=16, default="to_rebook", help_text="the ApplicationState a cancelled interview leads to"
    )
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="reason_code_once", fields=["company", "code"])]

    def __str__(self) -> str:
        return self.code

    def is_for(self, actor: Actor) -> bool:
        """Say whether this actor may choose it."""
        return self.active and (self.for_candidate if actor.is_candidate else self.for_staff)


class Policy(CompanyRow):
    """取消规则, one version. Saving makes a new one; the old stay, for what was judged by them."""

    version = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    active = models.BooleanField(default=True)
    saved_at = models.DateTimeField()
    saved_by = within("accounts.Staff", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policy_version_once", fields=["company", "version"]),
            models.UniqueConstraint(name="policy_one_active", fields=["company"], condition=Q(active=True)),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class PolicyRule(CompanyRow):
    """One rule of one version, in its place; `body` is `policy.Rule.to_json()`."""

    policy = within("cancellations.Policy", related_name="rules")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    body = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policy_rule_place_once", fields=["policy", "position"]),
            models.UniqueConstraint(name="policy_rule_code_once", fields=["policy", "code"]),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.code


class State(models.TextChoices):
    """取消申请's own state."""

    IN_REVIEW = "in_review", _("待审核")
    PROCESSING = "processing", _("取消中")
    COMPLETED = "completed", _("已取消")
    REJECTED = "rejected", _("已驳回")
    WITHDRAWN = "withdrawn", _("已撤回")


LIVE = (State.IN_REVIEW, State.PROCESSING)


class Agreement(models.TextChoices):
    """How far the AI interview system agrees: an axis of its own."""

    NOT_NEEDED = "not_needed", _("无需确认")
    PENDING = "pending", _("AI面试系统确认中")
    AGREED = "agreed", _("AI面试系统已确认")
    PERSON = "person", _("需人工撤销")
    CONTRADICTED = "contradicted", _("与AI面试系统不一致")


#: With these the candidate can't be admitted any more.
_SURE = (Agreement.AGREED, Agreement.NOT_NEEDED)


class Batch(CompanyRow):
    """Many cancellations at once, opened part by part: a position's whole schedule.

    `left` counts the parts still to be opened; each part takes itself off in the transaction that opens it.
    """

    position = within("recruiting.Position")
    reason_code = models.CharField(max_length=40)
    asked_by = models.UUIDField(null=True, help_text="staff")
    opened_at = models.DateTimeField()
    left = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.position_id} {self.opened_at:%Y-%m-%d %H:%M}"


class Cancellation(HeldRow):
    """取消申请: one request and its whole story. Verdict, rule, version and facts are frozen at request."""

    interview = within("recruiting.Interview", related_name="cancellations")
    state = models.CharField(max_length=12, choices=State.choices)
    initiator = models.CharField(max_length=16)
    requested_by = models.UUIDField(null=True, help_text="the actor's id: candidate, staff, or none")
    requested_at = models.DateTimeField()
    channel = models.CharField(max_length=16, help_text="portal, console, freeze, api")
    reason = within("cancellations.Reason")
    note = models.TextField(blank=True)
    unsorted = models.PositiveSmallIntegerField(
        null=True,
        help_text="imported: so many characters the note begins with are a reason nobody has sorted yet",
    )
    idempotency_key = models.CharField(max_length=80, null=True)  # noqa: DJ001 (null: none was given)
    batch_id = models.UUIDField(null=True)

    outcome = models.CharField(max_length=8)
    rule = models.CharField(max_length=40)
    policy_version = models.PositiveIntegerField()
    checks = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    review = models.JSONField(null=True, help_text="the rule's review plan, as frozen")

    due_at = models.DateTimeField(null=True, help_text="the clock that runs now, of whatever kind")
    final_due_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True, help_text="staff; null: a rule or the system decided")
    decision_note = models.TextField(blank=True)

    though_begun = models.BooleanField(
        default=False, help_text="a person, knowing that it had begun, said to cancel it"
    )

    agreement = models.CharField(max_length=16, choices=Agreement.choices, default=Agreement.PENDING)
    mismatch = models.CharField(max_length=16, blank=True, help_text="unknown, other_time")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cancellation_one_live", fields=["interview"], condition=Q(state__in=LIVE)
            ),
            models.UniqueConstraint(name="cancellation_idempotency", fields=["company", "idempotency_key"]),
            models.CheckConstraint(
                name="cancellation_review_has_clock",
                condition=~Q(state=State.IN_REVIEW) | Q(due_at__isnull=False, final_due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="cancellation_completed_has_time",
                condition=~Q(state=State.COMPLETED) | Q(completed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="cancellation_clocks", condition=Q(due_at__isnull=False)),
            models.Index(fields=["company", "requested_at"], name="cancellation_by_time"),
            models.Index(fields=["batch_id"], name="cancellation_batch", condition=Q(batch_id__isnull=False)),
            models.Index(
                fields=["next_attempt_at"],
                name="cancellation_errands",
                condition=Q(next_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["company"], name="cancellation_unsorted", condition=Q(unsorted__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.state}"

    @property
    def unconfirmed(self) -> str:
        """How far off agreement is where 已取消 alone would say too much: the link may still open; else `""`."""
        done = self.state == State.COMPLETED
        return self.agreement if done and self.agreement not in _SURE else ""
