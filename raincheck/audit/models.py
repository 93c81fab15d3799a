"""The audit trail. No foreign keys: an entry outlives what it speaks of."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from raincheck.audit.canonical import VERSION, canonical, microseconds
from raincheck.audit.catalogue import REQUESTS, SIGHTS
from raincheck.audit.deeds import Deed
from raincheck.audit.ledger import Expiry, Leaf, Node, Seal, Stamp
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id

__all__ = ["Entry", "Expiry", "Leaf", "Node", "Seal", "Stamp"]

Column = TypeVar("Column", bound="models.Field[Any, Any]")


def generated(column: Column) -> Column:
    """Mark a column that PostgreSQL makes of `canonical` (columns.py): Django reads it and never writes it.

    Not Django's GeneratedField, which would read every one of them back from each INSERT.
    """
    vars(column)["generated"] = True
    return column


class Entry(models.Model):
    """One deed. Its truth is `canonical`; the columns are for finding it, and are made of that by the database.

    `facts` holds pseudonyms and facts, never a name, phone, mail or ID number. Beside them the table has
    `xid`, the transaction that wrote the entry, by which it is sealed (sealing.py).
    """

    id = generated(models.UUIDField(primary_key=True, default=new_id, editable=False))
    company_id = generated(models.UUIDField())
    at = generated(models.DateTimeField())
    actor_kind = generated(models.CharField(max_length=16))
    actor_id = generated(models.UUIDField(null=True))
    action = generated(models.CharField(max_length=48))
    subject_type = generated(models.CharField(max_length=32))
    subject_id = generated(models.UUIDField())
    interview_id = generated(models.UUIDField(null=True))
    cancellation_id = generated(models.UUIDField(null=True))
    facts = generated(models.JSONField(default=dict))
    request_id = generated(models.CharField(max_length=64, blank=True))
    canonical = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["company_id", "at"], name="audit_company_at"),
            models.Index(fields=["interview_id"], name="audit_interview"),
            models.Index(fields=["cancellation_id"], name="audit_cancellation"),
            models.Index(
                fields=["company_id", "-at", "-id"], name="audit_requests", condition=Q(action__in=REQUESTS)
            ),
            models.Index(
                fields=["company_id", "-at", "-id"], name="audit_seen", condition=Q(action__in=SIGHTS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.subject_type} {self.subject_id}"

    @classmethod
    def of(cls, *, actor: Actor, deed: Deed, at: datetime, request_id: str = "") -> "Entry":
        """Return a new entry, with the canonical text of what it says; `at` is an aware instant."""
        values: dict[str, Any] = {
            "id": new_id(),
            "company_id": actor.company_id,
            "actor_kind": str(actor.kind),
            "actor_id": actor.id,
            "action": str(deed.action),
            "subject_type": deed.subject.type,
            "subject_id": deed.subject.id,
            "interview_id": deed.subject.interview_id,
            "cancellation_id": deed.subject.cancellation_id,
            "facts": dict(deed.facts),
            "request_id": request_id,
        }
        document = {key: str(value) if isinstance(value, UUID) else value for key, value in values.items()}
        text = canonical({**document, "at": microseconds(at), "v": VERSION})
        return cls(**values, at=at, canonical=text)
