"""Tables of the vendors room."""

from django.db import models

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.core import crypto


class VendorAccount(CompanyRow):
    """One company's account at one AI interview system; its secrets are sealed."""

    name = models.CharField(max_length=80)
    adapter = models.CharField(max_length=40)
    base_url = models.URLField(blank=True)
    api_key_sealed = models.BinaryField(null=True)
    webhook_secret_sealed = models.BinaryField(null=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="vendor_account_name_once", fields=["company", "name"])]

    def __str__(self) -> str:
        return self.name

    def secret(self, field: str) -> str:
        """Open `api_key` or `webhook_secret`; `""` where none is set."""
        sealed = getattr(self, f"{field}_sealed")
        return crypto.open_secret(f"vendor:{self.id}:{field}", sealed) if sealed else ""

    def seal(self, field: str, value: str) -> None:
        """Set `api_key` or `webhook_secret` on this (unsaved) row."""
        setattr(self, f"{field}_sealed", crypto.seal_secret(f"vendor:{self.id}:{field}", value))


class VendorCall(CompanyRow):
    """One call made to a vendor: what, with which key, and what came of it. No personal data."""

    account = within("vendors.VendorAccount")
    interview = within("recruiting.Interview")
    cancellation_id = models.UUIDField(null=True)
    operation = models.CharField(max_length=16)
    key = models.CharField(max_length=80)
    outcome = models.CharField(max_length=24)
    detail = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["interview", "at"], name="vendor_call_timeline")]

    def __str__(self) -> str:
        return f"{self.operation} {self.outcome}"


class InboundEvent(CompanyRow):
    """What a vendor told us, stored before it is answered, each event once."""

    account = within("vendors.VendorAccount")
    event_id = models.CharField(max_length=128)
    kind = models.CharField(max_length=60)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="inbound_event_once", fields=["account", "event_id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
