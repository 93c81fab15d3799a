"""Sealing: entries become leaves of one Merkle tree, and a signed checkpoint says so.

Commits come out of the order of ids, so entries are taken by transaction: those whose transaction lies under the
snapshot's xmin, which is to say that everything that may still commit has a greater one. None is passed over, and
none is sealed that may yet vanish. One at a time, wherever the workers are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import connection

from raincheck.audit import shelf
from raincheck.audit.merkle import TILE, Tree, root_of
from raincheck.audit.models import Leaf, Node, Seal
from raincheck.audit.notes import Checkpoint, NotOurs, signer
from raincheck.core.scope import Purpose, system_scope

log = structlog.get_logger(__name__)
#: So many entries at most become leaves in one transaction.
BATCH = 50_000
#: The sealer's lock, one in the whole database.
_LOCK = 7_246_324
_UNSEALED = "NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)"
_TAKE = """
WITH horizon AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin),
fresh AS MATERIALIZED (
  SELECT e.id, e.canonical, e.xid FROM audit_entry e, horizon h WHERE {where} ORDER BY e.xid, e.id LIMIT %(limit)s),
made AS (
  INSERT INTO audit_leaf (index, entry_id, hash)
  SELECT %(first)s + row_number() OVER (ORDER BY xid, id) - 1, id,
         sha256('\\x00'::bytea || convert_to(canonical, 'UTF8')) FROM fresh
  RETURNING index, hash)
SELECT made.index, made.hash,
       CASE WHEN (SELECT count(*) FROM fresh) < %(limit)s THEN h.xmin::text
            ELSE (SELECT xid::text FROM fresh ORDER BY xid DESC LIMIT 1) END
FROM made, horizon h ORDER BY made.index
"""
_ORDINARY = _TAKE.format(where=f"e.xid >= %(horizon)s::xid8 AND e.xid < h.xmin AND {_UNSEALED}")
#: In a database restored elsewhere, entries are of transactions that are yet to come: those are long over.
_THOROUGH = _TAKE.format(
    where=f"(e.xid < h.xmin OR e.xid >= pg_snapshot_xmax(pg_current_snapshot())) AND {_UNSEALED}"
)


class Forked(Exception):
    """The database isn't the one whose checkpoint lies on the shelf: nothing more may be signed."""

    code = "audit_forked"


def seal(*, thorough: bool = False) -> Checkpoint | None:
    """Seal what can be sealed and return the checkpoint; None where there is nothing new, or another is at it.

    `thorough` looks at all entries and not only those since the last seal, as after a restore into another
    database, whose transactions are numbered anew. Raises Forked, OSError.
    """
    with system_scope(Purpose.SEAL) as now:
        if not _alone():
            return None
        last = Seal.objects.order_by("size").last()
        first, horizon = (last.size, last.horizon) if last else (0, "0")
        require_same_history(first)
        taken = _take(first=first, horizon=horizon, thorough=thorough)
        checkpoint = _sealed(first, taken, now) if taken else None
    _put_on_shelf()
    return checkpoint


@contextmanager
def unsealed_meanwhile() -> Iterator[None]:
    """Have nothing sealed during a `with` block of many transactions, such as those that make up a demo's past.

    What is dated back between two seals is what a forger would do, and is found as that.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def tiles(level: int, number: int) -> Sequence[bytes]:
    """Return the hashes of a tile, as the database has them."""
    within = {"index__gte": number * TILE, "index__lt": (number + 1) * TILE}
    found = Leaf.objects.filter(**within) if level == 0 else Node.objects.filter(level=level, **within)
    return [bytes(hashed) for hashed in found.order_by("index").values_list("hash", flat=True)]


def require_same_history(size: int) -> None:
    """Raise Forked unless the database's `size` leaves begin with those of the newest checkpoint on the shelf."""
    try:
        known = shelf.newest(signer().verifier)
    except NotOurs as error:
        raise Forked(f"the checkpoint on the shelf: {error}") from error
    if known is None or known.size == 0:
        return
    if known.size > size:
        raise Forked(f"a checkpoint covers {known.size} entries, the database has sealed {size}")
    try:
        same = Tree(size, tiles).root(known.size) == known.root
    except IndexError:
        same = False
    if not same:
        raise Forked(f"the first {known.size} entries are no longer those that were signed")


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _take(*, first: int, horizon: str, thorough: bool) -> list[tuple[int, bytes, str]]:
    with connection.cursor() as cursor:
        values: dict[str, str | int] = {"first": first, "horizon": horizon, "limit": BATCH}
        cursor.execute(_THOROUGH if thorough else _ORDINARY, values)
        return list(cursor.fetchall())


def _sealed(first: int, taken: Sequence[tuple[int, bytes, str]], now: datetime) -> Checkpoint:
    size = first + len(taken)
    _grow(first, size)
    key = signer()
    root = Tree(size, tiles).root()
    checkpoint = Checkpoint(key.verifier.name, size, root, now).signed(key)
    Seal.objects.create(size=size, root=root, note=checkpoint.note, horizon=taken[-1][2], sealed_at=now)
    return checkpoint


def _grow(first: int, size: int) -> None:
    """Store a hash for each tile that has become whole, level by level."""
    level = 0
    while first // TILE < size // TILE:
        first, size = first // TILE, size // TILE
        made = [Node(level=level + 1, index=n, hash=root_of(tiles(level, n))) for n in range(first, size)]
        level += 1
        Node.objects.bulk_create(made)


def _put_on_shelf() -> None:
    """Bring the shelf up to what is committed: also what a sealer that died in between has left undone."""
    with system_scope(Purpose.SEAL):
        last = Seal.objects.order_by("size").last()
        if last is None:
            return
        known = shelf.newest(signer().verifier)
        if known is not None and known.size >= last.size:
            return
        start = min(shelf.leaves_kept(), known.size if known else 0)
        hashes = Leaf.objects.filter(index__gte=start, index__lt=last.size).order_by("index")
        leaves = [bytes(hashed) for hashed in hashes.values_list("hash", flat=True)]
        checkpoint = Checkpoint.read(last.note, signer().verifier)
    shelf.keep(checkpoint, leaves, start=start)
