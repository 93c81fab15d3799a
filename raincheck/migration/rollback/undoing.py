"""Undoing a batch: every row exactly as it was before, in one transaction, or nothing and the reason why.

The undoing is a batch itself, so it can be undone in turn. The trail, messages, calls and tasks stay: they happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.core.scope import take_turns
from raincheck.migration.loading.held_back import let_go
from raincheck.migration.models import ImportRun, RunState
from raincheck.migration.rollback.batches import later_imports, open_batch, undone_by
from raincheck.migration.rollback.models import Batch, BatchKind
from raincheck.migration.rollback.obstacles import SHOWN, Obstacle, Table, Why, lay_out, obstacles, rows
from raincheck.migration.rollback.refusals import AlreadyUndone, NewerChanges, NothingKept, refuse
from raincheck.migration.sorting import tasks

#: Rows of a table after which the server has to be told how large it is by now.
_MANY = 500
#: The columns of a unique key.
_COLUMNS = """
SELECT a.attname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
CROSS JOIN unnest(i.indkey) WITH ORDINALITY k (number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE c.relname = %s AND i.indisunique ORDER BY k.place
"""


@dataclass(frozen=True)
class Undone:
    """What was done: the new batch, and how many rows were deleted, put back as they were, and made again."""

    batch: Batch
    deleted: int
    restored: int
    revived: int


def obstacles_to(batch: Batch) -> list[Obstacle]:
    """Return what stands against undoing a batch, now."""
    return obstacles(batch, lay_out(batch))


def roll_back(*, batch_id: UUID, actor: Actor, now: datetime) -> Undone:
    """Undo a batch.

    Raises NotAllowed, NotFound, AlreadyUndone, NothingKept, GoneOut, NewerChanges or its LaterImports; then nothing
    has changed.
    """
    demand(actor, Ability.MOVE_DATA)
    # Imports take the same turn: one that runs now could build on what is being undone.
    take_turns(f"import:{actor.company_id}")
    batch = _that_can_be_undone(batch_id, actor)
    tables = lay_out(batch)
    found = obstacles(batch, tables)
    refuse(found, later_imports(batch, found))
    stopped = ImportRun.objects.filter(company_id=actor.company_id, batch=batch, state=RunState.RUNNING)
    files = list(stopped.values_list("sha256", flat=True))
    undoing = open_batch(kind=BatchKind.ROLLBACK, name=batch.name, actor=actor, now=now, reverses=batch)
    try:
        with transaction.atomic():
            undone = _undo(undoing, tables)
    except IntegrityError as error:
        # What no obstacle foresaw: somebody came in between, or two rows want one place.
        raise NewerChanges([_in_the_place(error)]) from None
    facts = {
        "reverses": str(batch.id),
        "deleted": undone.deleted,
        "restored": undone.restored,
        "revived": undone.revived,
    }
    deed = Deed(Action.ROLLED_BACK, Subject("batch", undoing.id), facts)
    note(actor=actor, deed=deed, now=now)
    runs = [id_ for (id_,) in rows("SELECT id FROM batch_rows WHERE table_name = 'migration_importrun'")]
    tasks.follow_the_undoing(run_ids=runs, actor=actor, now=now)
    for sha256 in files:
        let_go(sha256=sha256, resolution=tasks.UNDONE, actor=actor, now=now)
    return undone


def _that_can_be_undone(batch_id: UUID, actor: Actor) -> Batch:
    batch = Batch.objects.filter(company_id=actor.company_id, id=batch_id).first()
    if batch is None:
        raise NotFound(detail=str(batch_id))
    if (already := undone_by(batch)) is not None:
        raise AlreadyUndone(detail=str(already.id))
    if not batch.touched.exists():
        raise NothingKept
    return batch


def _undo(undoing: Batch, tables: Sequence[Table]) -> Undone:
    """Make again, put back, delete: in this order nothing ever refers to what isn't there."""
    revived = 0
    for table in tables:
        made = _revive(table)
        revived += made
        if made >= _MANY:
            # Counted while it was empty, it would be read whole by whatever refers to it, for each row again.
            rows("SELECT migration_count_anew()")
    restored = sum(_restore(table) for table in tables)
    deleted = sum(_delete(table) for table in reversed(tables))
    return Undone(undoing, deleted, restored, revived)


def _revive(table: Table) -> int:
    return _all_of(
        table,
        "b.first <> 'I' AND b.last = 'D'",
        f'INSERT INTO "{table.name}" ({table.listed()}) SELECT {table.listed("p")} FROM batch_rows b'
        f' CROSS JOIN LATERAL jsonb_populate_record(NULL::"{table.name}", b.before) p'
        " WHERE b.table_name = %s AND b.first <> 'I' AND b.last = 'D'",
    )


def _restore(table: Table) -> int:
    return _all_of(
        table,
        "b.first <> 'I' AND b.last <> 'D'",
        f'UPDATE "{table.name}" r SET ({table.listed()}) = ROW ({table.listed("p")}) FROM batch_rows b'
        f' CROSS JOIN LATERAL jsonb_populate_record(NULL::"{table.name}", b.before) p'
        " WHERE b.table_name = %s AND b.first <> 'I' AND b.last <> 'D' AND r.id = b.id"
        f" AND {table.hash('r')} = b.after",
    )


def _delete(table: Table) -> int:
    return _all_of(
        table,
        "b.first = 'I' AND b.last <> 'D'",
        f"DELETE FROM \"{table.name}\" r USING batch_rows b WHERE b.table_name = %s AND b.first = 'I'"
        f" AND b.last <> 'D' AND r.id = b.id AND {table.hash('r')} = b.after",
    )


def _all_of(table: Table, which: str, statement: str) -> int:
    """Run a statement that must meet every one of these rows. Raises NewerChanges where one changed meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM batch_rows b WHERE b.table_name = %s AND {which}", [table.name])
        [wanted] = cursor.fetchone()
        if not wanted:
            return 0
        cursor.execute(statement, [table.name])
        if cursor.rowcount != wanted:
            raise NewerChanges([Obstacle(Why.CHANGED, table.name, wanted - cursor.rowcount, [])])
    return int(wanted)


def _in_the_place(error: IntegrityError) -> Obstacle:
    """Name the rows that have the place of some that would come back, by the key that says there is but one.

    PostgreSQL itself doesn't name them: of a table behind a wall it tells nobody what a key was of.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    table, key = (getattr(diagnosis, name, None) or "?" for name in ("table_name", "constraint_name"))
    columns = [name for (name,) in rows(_COLUMNS, [key])]
    if not columns:
        return Obstacle(Why.BUILT_ON, table, 1, [])
    same = " AND ".join(f'r."{name}" = p."{name}"' for name in columns)
    found = rows(
        f"SELECT DISTINCT r.id::text FROM \"{table}\" r JOIN batch_rows b ON b.table_name = %s AND b.first <> 'I'"
        f' CROSS JOIN LATERAL jsonb_populate_record(NULL::"{table}", b.before) p WHERE {same} AND r.id <> b.id',
        [table],
    )
    return Obstacle(Why.BUILT_ON, table, len(found) or 1, [id_ for (id_,) in found[:SHOWN]])
