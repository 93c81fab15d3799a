"""Opening a batch, and reading them: by company, newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rollback.models import Batch, BatchKind


@dataclass(frozen=True)
class Touch:
    """So many rows of one table, done so to."""

    table: str
    operation: str
    rows: int


def open_batch(
    *, kind: BatchKind, name: str, actor: Actor, now: datetime, reverses: Batch | None = None
) -> Batch:
    """Write a batch and keep, from here to the end of the transaction, what is done as its own."""
    batch = Batch.objects.create(
        company_id=actor.company_id,
        kind=kind,
        at=now,
        name=name[:255],
        actor_kind=actor.kind,
        actor_id=actor.id,
        reverses=reverses,
    )
    record_into(batch)
    return batch


def batches(actor: Actor) -> "QuerySet[Batch]":
    """Return a company's batches, newest first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_BATCHES)
    return Batch.objects.filter(company_id=actor.company_id).select_related("reverses").order_by("-at", "-id")


def batch(actor: Actor, batch_id: UUID) -> Batch:
    """Return one. Raises NotAllowed, NotFound."""
    found = batches(actor).filter(id=batch_id).first()
    if found is None:
        raise NotFound(detail=str(batch_id))
    return found


def undone_by(one: Batch) -> Batch | None:
    """Return the batch that undid this one."""
    return Batch.objects.filter(company_id=one.company_id, reverses=one).first()


def touches(one: Batch) -> list[Touch]:
    """Return what a batch did, by table and operation. A row that it touched twice counts twice."""
    query = (
        "SELECT table_name, operation, sum(cardinality(ids))::bigint FROM migration_touched"
        " WHERE company_id = %s AND batch_id = %s GROUP BY 1, 2 ORDER BY min(number)"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [one.company_id, one.id])
        return [Touch(*row) for row in cursor.fetchall()]
