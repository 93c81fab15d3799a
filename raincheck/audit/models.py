"""The audit trail. No foreign keys: an entry outlives what it speaks of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from raincheck.audit.canonical import VERSION, canonical, microseconds
from raincheck.audit.catalogue import REQUESTS, SIGHTS
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.ledger import Expiry, Leaf, Node, Seal, Stamp
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id, new_ids

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
        [entry] = cls.all_of(actor=actor, deeds=[deed], at=at, request_id=request_id)
        return entry

    @classmethod
    def all_of(
        cls, *, actor: Actor, deeds: Iterable[Deed], at: datetime, request_id: str = ""
    ) -> "list[Entry]":
        """Return new entries of one actor and instant; what they have in common is written once."""
        told, kind = list(deeds), str(actor.kind)
        common = {
            "v": VERSION,
            "at": microseconds(at),
            "company_id": str(actor.company_id),
            "actor_kind": kind,
            "actor_id": _text(actor.id),
            "request_id": request_id,
        }
        entries = []
        for id_, deed in zip(new_ids(len(told)), told, strict=True):
            action, on, facts = str(deed.action), deed.subject, dict(deed.facts)
            text = canonical({**common, **_about(on), "id": str(id_), "action": action, "facts": facts})
            entries.append(
                # Django takes twice as long where fields are named. In their order:
                cls(
                    id_,
                    actor.company_id,
                    at,
                    kind,
                    actor.id,
                    action,
                    on.type,
                    on.id,
                    on.interview_id,
                    on.cancellation_id,
                    facts,
                    request_id,
                    text,
                )
            )
        return entries


def _about(subject: Subject) -> dict[str, str | None]:
    return {
        "subject_type": subject.type,
        "subject_id": str(subject.id),
        "interview_id": _text(subject.interview_id),
        "cancellation_id": _text(subject.cancellation_id),
    }


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
