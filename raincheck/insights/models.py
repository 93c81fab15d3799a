"""The audit trail as an auditor joins it. A view of the trail's own table: nothing is stored twice."""

from django.db import models


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
