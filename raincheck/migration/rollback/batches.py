"""Opening a batch, and reading them: by company, newest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rollback.models import Batch, BatchKind
from raincheck.migration.rollback.obstacles import Obstacle


class Standing(StrEnum):
    """Whether what a batch did counts: never undone, undone, or undone and that undone again."""

    VALID = "valid"
    UNDONE = "undone"
    RESTORED = "restored"


@dataclass(frozen=True)
class Fate:
    """What became of a batch: the ids of the batch that undid it, of the one that undid that one, and so on."""

    chain: tuple[UUID, ...]

    @property
    def standing(self) -> Standing:
        """Say whether what it did counts: each in the chain turns that."""
        if not self.chain:
            return Standing.VALID
        return Standing.UNDONE if len(self.chain) % 2 else Standing.RESTORED

    @property
    def last(self) -> UUID | None:
        """Return the batch that turned it last, and that is to be undone to turn it once more."""
        return self.chain[-1] if self.chain else None


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


def fates(company_id: UUID, batch_ids: Iterable[UUID]) -> dict[UUID, Fate]:
    """Return what became of each of these batches."""
    turned = Batch.objects.filter(company_id=company_id).exclude(reverses=None)
    undone = dict(turned.values_list("reverses_id", "id"))
    return {batch_id: Fate(tuple(_chain(batch_id, undone))) for batch_id in batch_ids}


def later_imports(one: Batch, found: Sequence[Obstacle]) -> list[Batch]:
    """Return what has to be undone before this batch can be, newest first: imports since, whose rows stand against it.

    Of an import that was undone and restored it is the batch that restored it.
    """
    ids = [id_ for obstacle in found for id_ in obstacle.ids]
    since = Batch.objects.filter(company_id=one.company_id, kind=BatchKind.IMPORT, at__gte=one.at)
    touching = (
        since.exclude(id=one.id).filter(touched__ids__overlap=ids).values_list("id", flat=True).distinct()
    )
    standing = fates(one.company_id, touching) if ids else {}
    wanted = [fate.last or id_ for id_, fate in standing.items() if fate.standing is not Standing.UNDONE]
    return list(Batch.objects.filter(company_id=one.company_id, id__in=wanted).order_by("-at", "-id"))


def _chain(batch_id: UUID, undone: Mapping[UUID, UUID]) -> Iterator[UUID]:
    while (by := undone.get(batch_id)) is not None:
        yield by
        batch_id = by


def touches(one: Batch) -> list[Touch]:
    """Return what a batch did, by table and operation. A row that it touched twice counts twice."""
    query = (
        "SELECT table_name, operation, sum(cardinality(ids))::bigint FROM migration_touched"
        " WHERE company_id = %s AND batch_id = %s GROUP BY 1, 2 ORDER BY min(number)"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [one.company_id, one.id])
        return [Touch(*row) for row in cursor.fetchall()]
