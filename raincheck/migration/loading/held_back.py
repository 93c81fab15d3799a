"""A file that is kept out, all of it or the rest of it: a task says so and what to do.

Rows may keep it out by the rule “all”: it is known again by where it lies, for once it is corrected its content is
another. Or its load stopped, for a reason that nobody foresaw or since what was stored wasn't what was read: that one
is gone on with as it is, so it is known by its content.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from raincheck.core.actor import Actor
from raincheck.migration.refusals import BadRows, CheckFailed, Refused, UnexpectedFailure
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind, State, Task

#: What its task is about, where other tasks of imports are about a run.
FILE = "file"
_KINDS = [Kind.QUARANTINED, Kind.IMPORT_STOPPED]


@dataclass(frozen=True)
class Held:
    """The file that is kept out: `place` is where it lies, empty of an upload, and `rows` how many it has, if known."""

    name: str
    sha256: str
    place: str = ""
    rows: int = 0


def hold_back(*, company_id: UUID, file: Held, why: Refused, now: datetime) -> None:
    """Open the task of a file, or bring the one that stands from an earlier try up to date."""
    details = {"of": file.rows, "file": file.name, "sha256": file.sha256, "why": why.code}
    if isinstance(why, BadRows):
        details["count"] = why.facts["count"]
        need = Need(Kind.QUARANTINED, FILE, _by_place(company_id, file.place), details=details)
    else:
        details["failure"] = _what_failed(why)
        need = Need(Kind.IMPORT_STOPPED, FILE, _by_content(company_id, file.sha256), details=details)
    task = open_task(need=need, actor=Actor.system(company_id), now=now)
    Task.objects.filter(id=task.id).update(details=details)


def let_in(*, company_id: UUID, file: Held, now: datetime) -> None:
    """Close the tasks of a file that was loaded after all: this very one, or what lies where it lay.

    An upload lies nowhere: it is the one of its name, if but one file of that name is held back.
    """
    of_files = Task.objects.filter(
        company_id=company_id, subject_type=FILE, state=State.OPEN, kind__in=_KINDS
    )
    # Until the place counted, tasks were opened by the name alone.
    places = {_by_place(company_id, file.place), uuid5(company_id, file.name)}
    its_own, named = set[UUID](), set[UUID]()
    for kind, subject_id, details in of_files.values_list("kind", "subject_id", "details"):
        if subject_id in places or details.get("sha256") == file.sha256:
            its_own.add(subject_id)
        elif kind == Kind.QUARANTINED and details["file"] == file.name:
            named.add(subject_id)
    if not file.place and not its_own and len(named) == 1:
        its_own = named
    for subject_id in its_own:
        close_for_subject(
            subject_id=subject_id,
            kinds=_KINDS,
            actor=Actor.system(company_id),
            resolution="loaded after all",
            now=now,
        )


def let_go(*, sha256: str, resolution: str, actor: Actor, now: datetime) -> None:
    """Close the task of a load that stopped, for it isn't to be gone on with."""
    close_for_subject(
        subject_id=_by_content(actor.company_id, sha256),
        kinds=[Kind.IMPORT_STOPPED],
        actor=actor,
        resolution=resolution,
        now=now,
    )


def _what_failed(why: Refused) -> str:
    """Name what stopped it, for whoever runs the installation; a refusal that explains itself by its code."""
    facts = why.facts
    if isinstance(why, UnexpectedFailure):
        return f"{facts['why']}, {facts['where']}"
    if isinstance(why, CheckFailed):
        return f"{facts['check']}, {facts['first']}–{facts['last']}"
    return why.code


def _by_place(company_id: UUID, place: str) -> UUID:
    return uuid5(company_id, f"file:{place}")


def _by_content(company_id: UUID, sha256: str) -> UUID:
    return uuid5(company_id, f"sha256:{sha256}")
