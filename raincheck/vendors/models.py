"""Tables of the vendors room."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.core import crypto


class VendorAccount(CompanyRow):
    """One company's account at one AI interview system; its secrets are sealed.

    `options` are the adapter's plain settings. `template` is what candidates are invited to there where
    `templates`, by our position's id, names nothing else.
    """

    name = models.CharField(max_length=80)
    adapter = models.CharField(max_length=40)
    base_url = models.URLField(blank=True)
    api_key_sealed = models.BinaryField(null=True)
    webhook_secret_sealed = models.BinaryField(null=True)
    credentials_sealed = models.BinaryField(null=True, help_text="a JSON object of further credentials")
    options = models.JSONField(default=dict)
    template = models.CharField(max_length=128, blank=True)
    templates = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(default=0, help_text="calls in a row that got no answer")
    paused_until = models.DateTimeField(null=True, help_text="the breaker is open, or the vendor said wait")
    next_call_at = models.DateTimeField(
        null=True, help_text="where the vendor has a rate: the next free place"
    )
    answered_at = models.DateTimeField(null=True, help_text="when a test of the connection last went well")
    trouble = models.CharField(max_length=200, blank=True, help_text="what the last test or failure said")

    class Meta:
        constraints = [models.UniqueConstraint(name="vendor_account_name_once", fields=["company", "name"])]

    def __str__(self) -> str:
        return self.name

    def secret(self, field: str) -> str:
        """Open `api_key`, `webhook_secret` or `credentials`; `""` where none is set."""
        sealed = getattr(self, f"{field}_sealed")
        return crypto.open_secret(f"vendor:{self.id}:{field}", sealed) if sealed else ""

    def seal(self, field: str, value: str) -> None:
        """Set `api_key`, `webhook_secret` or `credentials` on this (unsaved) row; `""` takes it away."""
        sealed = crypto.seal_secret(f"vendor:{self.id}:{field}", value) if value else None
        setattr(self, f"{field}_sealed", sealed)


class VendorCall(CompanyRow):
    """One call made to a vendor: what, with which key, which attempt, and what came of it. No personal data."""

    account = within("vendors.VendorAccount")
    interview = within("recruiting.Interview", null=True)
    cancellation_id = models.UUIDField(null=True)
    operation = models.CharField(max_length=16)
    key = models.CharField(max_length=80)
    attempt = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=24)
    detail = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["interview", "at"], name="vendor_call_timeline"),
            models.Index(fields=["account", "at"], name="vendor_call_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.outcome}"


class InboundEvent(CompanyRow):
    """What a vendor told us, stored before it is answered, each event once.

    `asked_at`: when the vendor was last asked what is now, because the event itself doesn't say it for certain.
    """

    account = within("vendors.VendorAccount")
    interview = within("recruiting.Interview", null=True)
    event_id = models.CharField(max_length=128)
    kind = models.CharField(max_length=60)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="inbound_event_once", fields=["account", "event_id"])]
        indexes = [
            models.Index(fields=["interview", "asked_at"], name="inbound_event_asked"),
            models.Index(fields=["account", "received_at"], name="inbound_event_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Outcome(models.TextChoices):
    """How a reconciliation ended."""

    OK = "ok", _("双方一致")
    DIFFERENCES = "differences", _("存在差异")
    SUSPICIOUS = "suspicious", _("对方列表可疑")
    FAILED = "failed", _("对账未完成")


class Reconciliation(CompanyRow):
    """One run of the comparison of a vendor's list with ours: its report, and while it runs how far it is.

    `counts` holds, by kind, what still differed when it was read again; of a suspicious run, what the list alone
    said. A checksum is a digest of (reference, state) of one side.
    """

    account = within("vendors.VendorAccount")
    trigger = models.CharField(max_length=8, choices=[(one, one) for one in ("schedule", "staff", "command")])
    requested_by = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(help_text="when it last got on")
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="why it failed")
    singly = models.BooleanField(default=False, help_text="the vendor lists nothing: read one by one")
    pages = models.PositiveIntegerField(default=0)
    rows_there = models.PositiveIntegerField(default=0)
    rows_here = models.PositiveIntegerField(default=0)
    checksum_there = models.CharField(max_length=16, blank=True)
    checksum_here = models.CharField(max_length=16, blank=True)
    counts = models.JSONField(default=dict)
    gone_on_reread = models.PositiveIntegerField(default=0)
    unchecked = models.PositiveIntegerField(default=0, help_text="more than are read again in one run")
    repaired = models.PositiveIntegerField(default=0)
    tasks_opened = models.PositiveIntegerField(default=0)
    tasks_closed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="reconciliation_one_at_a_time", fields=["account"], condition=Q(finished_at=None)
            ),
            models.CheckConstraint(
                name="reconciliation_ends_with_outcome",
                condition=Q(finished_at=None, outcome="") | (Q(finished_at__isnull=False) & ~Q(outcome="")),
            ),
        ]
        indexes = [models.Index(fields=["account", "-requested_at"], name="reconciliation_last")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.outcome or 'running'}"

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def differences(self) -> int:
        """How many pairs differ, as far as was looked at."""
        return sum(self.counts.values())
