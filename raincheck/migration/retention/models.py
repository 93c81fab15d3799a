"""Tables of retention: a company's rules, each run of them, and by kind the ids of what went."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from raincheck.accounts.tenancy import CompanyRow, within


class RetentionRule(CompanyRow):
    """How many days a kind of data is kept; a kind without a rule is kept for good."""

    kind = models.CharField(max_length=24)
    days = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    changed_by = within("accounts.Staff")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="retention_rule_once", fields=["company", "kind"]),
            models.CheckConstraint(name="retention_rule_keeps_a_month", condition=Q(days__gte=30)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.days} d"


class RetentionRun(CompanyRow):
    """One run. `before` has, by kind, the instant before which things went; `result`, once over, what was done."""

    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    asked_by = within("accounts.Staff", null=True)
    before = models.JSONField()
    result = models.JSONField(default=dict)
    entry_id = models.UUIDField(null=True, help_text="the audit entry that holds its counts and checksums")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="retention_run_one_at_a_time", fields=["company"], condition=Q(finished_at=None)
            )
        ]
        indexes = [models.Index(fields=["company", "-begun_at"], name="retention_run_by_time")]

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M}"


class Gone(CompanyRow):
    """The ids of rows that one transaction of a run took, in order; written in that transaction."""

    run = within("migration.RetentionRun", related_name="gone")
    kind = models.CharField(max_length=24)
    ids = ArrayField(models.UUIDField())

    class Meta:
        indexes = [models.Index(fields=["run", "kind", "id"], name="retention_gone_of_run")]

    def __str__(self) -> str:
        return f"{self.kind} × {len(self.ids)}"
