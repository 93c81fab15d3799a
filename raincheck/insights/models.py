"""The audit trail as an auditor joins it, a view of its own table; and the filters that they keep."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within


class Request(models.Model):
    """One request for cancellation as the trail holds it, refused ones included; read, never written.

    The trail itself has no foreign keys, for an entry outlives what it speaks of; here they are for joining.
    """

    id = models.UUIDField(primary_key=True)
    company_id = models.UUIDField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    action = models.CharField(max_length=48)
    facts = models.JSONField()
    interview = models.ForeignKey(
        "recruiting.Interview", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    cancellation = models.ForeignKey(
        "cancellations.Cancellation",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        managed = False
        db_table = "audit_entry"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class Listed(models.TextChoices):
    """The lists of the audit, each with filters of its own."""

    CANCELLATIONS = "cancellations", _("取消申请")
    TRAIL = "trail", _("操作记录")
    SIGHTS = "sights", _("查看记录")


class SavedView(CompanyRow):
    """A list's filters under a name: one's own, or the company's to use. `query` holds fields as they were typed.

    A candidate's name is never one of them: nothing would take it out again once they are erased.
    """

    staff = within("accounts.Staff")
    page = models.CharField(max_length=16, choices=Listed.choices)
    name = models.CharField(max_length=40)
    query = models.JSONField()
    shared = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="saved_view_once", fields=["staff", "page", "name"])]

    def __str__(self) -> str:
        return f"{self.page} {self.name}"
