"""Verifying the trail against checkpoints that lie outside the database: what is wrong, and where.

One pass over all entries, unsorted: every text is hashed and held against its leaf, its columns and its time; then
the leaves against the signed roots. The database is believed in nothing but what it hands out.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import psycopg
from django.db import DataError, connection, transaction
from django.db.models import Count, Max

from raincheck.audit.expiring import expired_below
from raincheck.audit.findings import Finding
from raincheck.audit.ledger import Leaf, Seal
from raincheck.audit.merkle import Levels
from raincheck.audit.notes import Checkpoint, NotOurs, Verifier
from raincheck.audit.reading import GUARDED, SWIFT, rows
from raincheck.audit.shelf import WIDTH
from raincheck.audit.stamps import Judged, Stamped, judge
from raincheck.audit.structure import weaknesses

#: An entry bears the time of its transaction; one so much older than the seal before its own is dated back.
TOLERANCE = timedelta(minutes=15)
#: So many of a kind are named; more are counted.
NAMED = 100
_UNSEALED = (
    "SELECT e.id, e.at, e.xid::text::numeric < %s FROM audit_entry e"
    " WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id) ORDER BY e.xid, e.id"
)


@dataclass
class Report:
    """What a verification saw. `unsealed_at` is when the oldest entry that no checkpoint covers yet was written."""

    sealed: int = 0
    entries: int = 0
    expired: int = 0
    unsealed: int = 0
    unsealed_at: datetime | None = None
    covered: int = 0
    stamps: Judged = field(default_factory=Judged)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.findings


@dataclass
class _Seen:
    """What the pass over the entries gathers."""

    leaves: bytearray
    present: bytearray
    changed: dict[int, bytes] = field(default_factory=dict)
    differing: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    dated_back: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    entries: int = 0
    unsealed: int = 0


def verify(
    *,
    checkpoints: Sequence[Checkpoint],
    verifier: Verifier,
    leaves: bytes = b"",
    stamped: Sequence[Stamped] = (),
) -> Report:
    """Verify all entries against these checkpoints, within a scope that may read them.

    `stamped` are checkpoints' notes with the stamps that lie beside them, besides those that are at hand.

    `leaves` are the leaf hashes kept outside the database (shelf.py), which locate what was changed together with
    its leaf. The scope's transaction should be REPEATABLE READ, so that all is of one moment.
    """
    stored, findings = _stored(verifier)
    stamps = judge(verifier, stamped)
    every = [*stored, *stamps.checkpoints, *checkpoints]
    known = sorted({(c.size, c.root): c for c in every}.values(), key=lambda c: c.size)
    below, forged = expired_below(verifier)
    seen = _pass(known)
    seen.strays += _beyond(seen, known)
    report = Report(sealed=len(seen.leaves) // WIDTH, entries=seen.entries, unsealed=seen.unsealed)
    report.stamps = stamps
    report.findings = [*findings, *forged, *stamps.findings]
    report.findings += [Finding(kind, detail=what) for kind, what in weaknesses()]
    report.findings += _history(seen, known, checkpoints, leaves)
    report.findings += _entries(seen, below)
    report.findings += _unsealed(report)
    report.expired = sum(index < below for index in seen.missing)
    report.covered = max((c.size for c in checkpoints), default=0)
    return report


def _beyond(seen: _Seen, known: Sequence[Checkpoint]) -> list[int]:
    """Return the leaves that lie behind the last checkpoint: leaves and checkpoints are made together."""
    rows = Seal.objects.aggregate(last=Max("size"))["last"] or 0
    covered = max((checkpoint.size for checkpoint in known), default=0)
    return [index for index in range(max(rows, covered), len(seen.present)) if seen.present[index]]


def _stored(verifier: Verifier) -> tuple[list[Checkpoint], list[Finding]]:
    """Read the database's own checkpoints, and find those that were rewritten there."""
    found, wrong = [], []
    for seal in Seal.objects.order_by("size"):
        try:
            checkpoint = Checkpoint.read(seal.note, verifier)
        except NotOurs as error:
            wrong.append(Finding("checkpoint_not_ours", seal.size, detail=str(error)))
            continue
        if (checkpoint.size, checkpoint.root) != (seal.size, bytes(seal.root)):
            wrong.append(
                Finding("checkpoint_rewritten", seal.size, detail="its row says other than its note")
            )
        found.append(checkpoint)
    return found, wrong


class _Floors:
    """Before which microsecond no leaf of an index can have been written: the seal before its own, less a while."""

    def __init__(self, known: Sequence[Checkpoint], size: int) -> None:
        self._sizes = [0, *(c.size for c in known)]
        self._times = [0, *(int((c.at - TOLERANCE).timestamp() * 1_000_000) for c in known)]
        #: The highest of each block of 256, so that the pass asks precisely for the few that lie under it.
        self.blocks = [self.of(begin + 255) for begin in range(0, size + 256, 256)]

    def of(self, index: int) -> int:
        """Return it for one leaf."""
        return self._times[bisect_right(self._sizes, index) - 1]


def _pass(known: Sequence[Checkpoint]) -> _Seen:
    there = Leaf.objects.aggregate(last=Max("index"), count=Count("index"))
    # A leaf put far beyond all others doesn't decide how much memory is taken.
    signed = max((checkpoint.size for checkpoint in known), default=0)
    size = min((-1 if there["last"] is None else there["last"]) + 1, there["count"] + signed)
    floors = _Floors(known, size)
    try:
        with transaction.atomic():
            return _read(SWIFT, size, floors)
    except (DataError, psycopg.DataError):
        return _read(GUARDED, size, floors)


def _read(statement: str, size: int, floors: _Floors) -> _Seen:
    seen = _Seen(leaves=bytearray(size * WIDTH), present=bytearray(size))
    leaves, present = seen.leaves, seen.present
    blocks = floors.blocks
    for index, kept, body, at, differs in rows(statement):
        if index is None:
            seen.entries += 1
            seen.unsealed += 1
            continue
        if not 0 <= index < size:
            seen.strays.append(index)
            continue
        place = index * WIDTH
        leaves[place : place + WIDTH] = kept
        if present[index]:
            seen.twice.append(index)
        present[index] = 1
        if body is None:
            seen.missing.append(index)
            continue
        seen.entries += 1
        found = sha256(b"\0" + body).digest()
        if found != kept:
            seen.changed[index] = found
        if differs:
            seen.differing.append(index)
        if at is None or (at < blocks[index >> 8] and at < floors.of(index)):
            seen.dated_back.append(index)
    return seen


def _history(
    seen: _Seen, known: Sequence[Checkpoint], given: Sequence[Checkpoint], outside: bytes
) -> Iterator[Finding]:
    """Hold the leaves against every signed root."""
    size = len(seen.present)
    for index in [index for index in range(size) if not seen.present[index]][:NAMED]:
        yield Finding("leaf_missing", index, detail="the log has no such leaf any more")
    kept = len(outside) // WIDTH
    here = Levels(_split(bytes(seen.leaves)))
    # As a rule those kept outside are the same, and the same tree stands over them.
    alike = seen.leaves.startswith(outside)
    beside = here if alike else Levels(_split(outside))
    vouched = max((c.size for c in known if c.size <= kept and beside.root(c.size) == c.root), default=0)
    reach = min(vouched, size) * WIDTH
    # What lies outside may be older than the last checkpoint: what it vouches for is put in, the rest is as it is here.
    whole = here if alike else Levels(_split(outside[:reach] + bytes(seen.leaves[reach:])))
    good, newest_good = (
        0,
        max((c.size for c in known if c.size <= size and whole.root(c.size) == c.root), default=0),
    )
    for checkpoint in known:
        if checkpoint.size > size:
            yield Finding(
                "rolled_back",
                size,
                detail=f"a checkpoint of {checkpoint.at.isoformat()} covers {checkpoint.size} entries, the database"
                f" has sealed {size}: truncated, or an older backup",
            )
        elif whole.root(checkpoint.size) == checkpoint.root:
            good = checkpoint.size
        elif checkpoint.size <= max(newest_good, kept):
            yield Finding(
                "fork", checkpoint.size, detail="signed with our key, but of another history than the others"
            )
        else:
            detail = f"some leaf from {good} to {checkpoint.size - 1} isn't the one that was signed"
            yield Finding("history_rewritten", good, detail=detail)
            break
    yield from _rewritten(seen.leaves[:reach], outside)


def _rewritten(leaves: bytearray, outside: bytes) -> Iterator[Finding]:
    """Name the leaves that aren't those kept outside; of `leaves` are those for which a checkpoint vouches."""
    if leaves == outside[: len(leaves)]:
        return
    for index in range(len(leaves) // WIDTH):
        place = slice(index * WIDTH, (index + 1) * WIDTH)
        if leaves[place] != outside[place]:
            yield Finding("leaf_rewritten", index, detail="its hash isn't the one that was signed")


def _entries(seen: _Seen, below: int) -> list[Finding]:
    """Put into words what the pass saw, and name the entries."""
    places = {bytes(seen.leaves[i * WIDTH : (i + 1) * WIDTH]): i for i in [*seen.changed, *seen.missing]}
    found = []
    for index, hashed in seen.changed.items():
        whose = places.get(hashed)
        detail = (
            "its text isn't the one that was sealed" if whose is None else f"its text is that of leaf {whose}"
        )
        found.append(Finding("changed" if whose is None else "moved", index, detail=detail))
    found += [Finding("missing", i, detail="the entry is gone") for i in seen.missing if i >= below]
    found += [Finding("inserted", i, detail="two entries bear this id") for i in seen.twice]
    found += [Finding("inserted", i, detail="a leaf beyond the log's ends") for i in seen.strays]
    found += [
        Finding("column_differs", i, detail="a column says other than its text") for i in seen.differing
    ]
    found += [Finding("dated_back", i, detail="older than the seal before its own") for i in seen.dated_back]
    return _named(found)


def _named(found: list[Finding]) -> list[Finding]:
    found.sort(key=lambda finding: finding.index or 0)
    wanted = [finding.index for finding in found if finding.index is not None]
    names = dict(Leaf.objects.filter(index__in=wanted[: NAMED * 10]).values_list("index", "entry_id"))
    return [Finding(f.kind, f.index, names.get(f.index or 0), f.detail) for f in found]


def _unsealed(report: Report) -> Iterator[Finding]:
    """Find entries that lie behind the last seal and yet aren't sealed: put there past it, with a false number."""
    if not report.unsealed:
        return
    last = Seal.objects.order_by("size").last()
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED, [int(last.horizon) if last else 0])
        for entry_id, at, behind in cursor.fetchall():
            report.unsealed_at = min(report.unsealed_at or at, at)
            if behind:
                yield Finding(
                    "inserted", None, entry_id, "written before the last seal, it says, and not sealed"
                )


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[i : i + WIDTH] for i in range(0, len(hashes) - WIDTH + 1, WIDTH)]
