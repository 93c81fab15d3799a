"""The list of erasures, kept outside the database: what a backup still knows must be forgotten again after a restore.

A file beside the backups that only grows, a line each: which company, which candidate, when. Ids alone, no person.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog

from raincheck.archive.erasing import erase_again
from raincheck.audit.catalogue import Action
from raincheck.core.actor import Actor
from raincheck.core.jobs import defer
from raincheck.core.scope import company_scope
from raincheck.migration.backup.ground import place
from raincheck.runtime.home import sync_folder

FILE = "erasures.jsonl"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Erasure:
    """One candidate of one company, erased."""

    company: UUID
    candidate: UUID
    at: datetime


def remember(folder: Path, erasures: Iterable[Erasure]) -> int:
    """Add those the list doesn't have; it is on the disk when this returns. Returns how many were new.

    A list with nobody on it is there as well: where there is none, it was lost.
    """
    known = {erasure.candidate for erasure in remembered(folder)}
    fresh = [erasure for erasure in erasures if erasure.candidate not in known]
    if fresh or not (folder / FILE).exists():
        _append(folder, fresh)
    return len(fresh)


def remember_here(erasure: Erasure) -> None:
    """Add one where the folder of backups is on this host; elsewhere the next backup learns of it."""
    folder = place()
    if not folder.is_dir():
        return
    path = folder / FILE
    try:
        # Looked for as a text: many are erased at once, and a replay tells of all of them anew.
        if not path.exists() or str(erasure.candidate) not in path.read_text("ascii"):
            _append(folder, [erasure])
    except OSError as error:
        log.warning("erasure_not_listed", error=type(error).__name__)


def _append(folder: Path, erasures: Iterable[Erasure]) -> None:
    fd = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "a", encoding="ascii") as file:
        begin = "" if _ends_with_a_line(folder) else "\n"
        file.write(begin + "".join(json.dumps(vars(erasure), default=str) + "\n" for erasure in erasures))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)


def remembered(folder: Path) -> list[Erasure]:
    """Return the list, in the order in which it grew. A line that a crash cut off was never promised."""
    try:
        lines = (folder / FILE).read_text("ascii").splitlines()
    except FileNotFoundError:
        return []
    return [erasure for line in lines if (erasure := _read(line))]


def on_record(connection: "psycopg.Connection[Any]") -> list[Erasure]:
    """Return every erasure that a database's audit trail tells of; the connection sees through the walls."""
    told = "SELECT company_id, subject_id, at FROM audit_entry WHERE action = %s ORDER BY at"
    return [Erasure(*row) for row in connection.execute(told, [Action.ERASED.value])]


def replay(folder: Path) -> int:
    """Erase again whomever the list names and the database still knows; returns how many."""
    again = 0
    for erasure in remembered(folder):
        with company_scope(erasure.company) as now:
            actor = Actor.system(erasure.company)
            erased = erase_again(candidate_id=erasure.candidate, actor=actor, now=now)
            again += erased
            if not erased:
                # The backup may lie before the end of an erasure's job, or know them from a batch's images alone.
                defer(
                    "candidates.forget",
                    queue="sweep",
                    company_id=str(erasure.company),
                    candidate_id=str(erasure.candidate),
                )
    return again


def _ends_with_a_line(folder: Path) -> bool:
    """Say whether the next line can be told from the last: a crash may have cut that one off."""
    text = (folder / FILE).read_bytes()
    return not text or text.endswith(b"\n")


def _read(line: str) -> Erasure | None:
    try:
        said = json.loads(line)
        return Erasure(UUID(said["company"]), UUID(said["candidate"]), datetime.fromisoformat(said["at"]))
    except (ValueError, KeyError):
        return None
