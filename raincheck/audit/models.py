"""The audit trail. No foreign keys: an entry outlives what it speaks of."""

from django.db import models
from django.db.models import Q

from raincheck.audit.catalogue import REQUESTS
from raincheck.core.ids import new_id


class Entry(models.Model):
    """One deed. `facts` holds pseudonyms and facts, never a name, phone, mail or ID number."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company_id = models.UUIDField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    action = models.CharField(max_length=48)
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    interview_id = models.UUIDField(null=True)
    cancellation_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["company_id", "at"], name="audit_company_at"),
            models.Index(fields=["interview_id"], name="audit_interview"),
            models.Index(fields=["cancellation_id"], name="audit_cancellation"),
            models.Index(
                fields=["company_id", "-at", "-id"], name="audit_requests", condition=Q(action__in=REQUESTS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.subject_type} {self.subject_id}"
