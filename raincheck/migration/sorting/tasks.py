"""The task of reasons that wait: opened by the run that brought them, counted down, closed with the last."""

from datetime import datetime
from uuid import UUID

from raincheck.core.actor import Actor
from raincheck.migration.sorting.unsorted import waiting
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind, Task

_SETTLED = "every reason is sorted"
UNDONE = "the batch was rolled back"


def bring_up_to_date(*, run_id: UUID, actor: Actor, now: datetime) -> int:
    """Have a run's task say how many reasons wait, or close it; returns how many that are."""
    left = waiting(actor.company_id, run_id)
    if not left:
        close(run_id=run_id, resolution=_SETTLED, actor=actor, now=now)
        return 0
    details = {"count": left}
    need = Need(Kind.UNCLEAR_REASONS, "import", run_id, details=details, tell=False)
    task = open_task(need=need, actor=actor, now=now)
    if task.details != details:
        Task.objects.filter(id=task.id).update(details=details)
    return left


def follow_the_undoing(*, run_ids: list[UUID], actor: Actor, now: datetime) -> None:
    """Close the tasks of runs that were rolled back, and open those of runs that are there again."""
    for run_id in run_ids:
        if waiting(actor.company_id, run_id):
            bring_up_to_date(run_id=run_id, actor=actor, now=now)
        else:
            close(run_id=run_id, resolution=UNDONE, actor=actor, now=now)


def close(*, run_id: UUID, resolution: str, actor: Actor, now: datetime) -> None:
    """Close a run's task, if it has one."""
    close_for_subject(
        subject_id=run_id, kinds=[Kind.UNCLEAR_REASONS], actor=actor, resolution=resolution, now=now
    )
