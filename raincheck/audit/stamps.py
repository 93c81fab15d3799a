"""Judging the stamps there are: in the database, on the shelf, and in files somebody kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from raincheck.audit import shelf
from raincheck.audit.findings import Finding
from raincheck.audit.ledger import Stamp
from raincheck.audit.notes import Checkpoint, NotOurs, Verifier
from raincheck.audit.stamping import NotStamped, Trust

#: So far may our clock have been ahead of the authority's.
TOLERANCE = timedelta(minutes=5)
#: No log is longer than eight bytes can say; whoever forged a note may have written anything.
_NUMBER = re.compile("[0-9]{1,19}")
#: A checkpoint's note, and the stamp of it.
Stamped = tuple[str, bytes]


@dataclass
class Judged:
    """What came of it: how many hold, the newest of them, those nobody could judge, and what is wrong."""

    sound: int = 0
    size: int = 0
    at: datetime | None = None
    unjudged: int = 0
    checkpoints: list[Checkpoint] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def judge(verifier: Verifier, outside: Iterable[Stamped] = ()) -> Judged:
    """Judge all stamps by the certificates that are trusted now, within a scope that may read them."""
    judged, kept = Judged(), {row.size: row for row in Stamp.objects.order_by("size")}
    try:
        trust, why = Trust.of_settings(), ""
    except NotStamped as error:
        trust, why = None, str(error)
    if why:
        judged.findings.append(Finding("stamp_wrong", detail=why))
    elsewhere = [*shelf.stamped(), *outside]
    if trust is None:
        judged.unjudged = len(kept) + len(elsewhere)
        return judged
    for row in kept.values():
        at = _one(judged, (row.note, bytes(row.token)), verifier, trust)
        if at is not None and at != row.stamped_at:
            judged.findings.append(
                Finding("stamp_wrong", row.size, detail="its row says other than its stamp")
            )
    for note, token in elsewhere:
        before = len(judged.checkpoints)
        _one(judged, (note, token), verifier, trust)
        for checkpoint in judged.checkpoints[before:]:
            if checkpoint.size not in kept:
                detail = "stamped, as a file outside shows, and the database knows of no such stamp"
                judged.findings.append(Finding("stamp_missing", checkpoint.size, detail=detail))
    return judged


def _one(judged: Judged, stamped: Stamped, verifier: Verifier, trust: Trust) -> datetime | None:
    """Judge one, and return its time if it holds."""
    note, token = stamped
    try:
        checkpoint = Checkpoint.read(note, verifier)
        at = trust.time_of(token, note)
    except (NotOurs, NotStamped) as error:
        judged.findings.append(Finding("stamp_wrong", _size(note), detail=str(error)))
        return None
    if checkpoint.at - at > TOLERANCE:
        detail = f"stamped {at.isoformat()}, before the checkpoint says it was made"
        judged.findings.append(Finding("stamp_wrong", checkpoint.size, detail=detail))
        return None
    judged.checkpoints.append(checkpoint)
    judged.sound += 1
    if checkpoint.size >= judged.size:
        judged.size, judged.at = checkpoint.size, at
    return at


def _size(note: str) -> int | None:
    """Return the size a note speaks of, as far as it can be read at all."""
    lines = note.split("\n")
    return int(lines[1]) if len(lines) > 1 and _NUMBER.fullmatch(lines[1]) else None
