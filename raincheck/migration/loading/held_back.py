"""A file that an anomaly keeps out, all of it or the rest of it: a task says so and what to do.

Rows may keep it out by the rule “all”; and what was stored may not be what was read.
"""

from datetime import datetime
from uuid import UUID, uuid5

from raincheck.core.actor import Actor
from raincheck.migration.outcome import Outcome
from raincheck.migration.refusals import BadRows, Refused
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind, Task

#: What its task is about, where other tasks of its kind are about a run.
FILE = "file"


def hold_back(*, company_id: UUID, file_name: str, outcome: Outcome, why: Refused, now: datetime) -> None:
    """Open the task of a file, or bring the one that stands from an earlier try up to date."""
    details = {"of": outcome.rows_in, "file": file_name, "why": why.code}
    details |= {"count": outcome.rejected} if isinstance(why, BadRows) else {}
    need = Need(Kind.QUARANTINED, FILE, _subject(company_id, file_name), details=details)
    task = open_task(need=need, actor=Actor.system(company_id), now=now)
    Task.objects.filter(id=task.id).update(details=details)


def let_in(*, company_id: UUID, file_name: str, now: datetime) -> None:
    """Close the task of a file that was loaded after all."""
    close_for_subject(
        subject_id=_subject(company_id, file_name),
        kinds=[Kind.QUARANTINED],
        actor=Actor.system(company_id),
        resolution="loaded after all",
        now=now,
    )


def _subject(company_id: UUID, file_name: str) -> UUID:
    # By its name: once it is corrected its content is another.
    return uuid5(company_id, file_name)
