"""Jobs that gave up: each company's become a task a kind of job, with a button that tries them again.

The queue itself keeps what failed for a week; the tasks remember which of it has been reported.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.scope import take_turns
from raincheck.operations.sql import rows
from raincheck.worklist.actions import Need, TaskSettled, close, open_task
from raincheck.worklist.models import Kind, State, Task

#: The queue forgets failed jobs after a week; a settled task is asked for a little longer, an open one always.
REMEMBERED_FOR = timedelta(days=9)


class NothingToRetry(Conflict):
    """The queue holds these jobs no longer: they are done, or were pruned after a week."""

    code = "nothing_to_retry"
    message = _("这些作业已不在队列中，无法重试")
    advice = _("请核对相关面试的状态，然后登记处理结果")


@dataclass(frozen=True)
class Failed:
    """A job that gave up. `company_id` is None where it is nobody's in particular, such as a sweep."""

    id: int
    name: str
    company_id: UUID | None


def failed_jobs() -> list[Failed]:
    """Return what gave up and is still in the queue, oldest first."""
    found = rows(
        "SELECT id, task_name, args ->> 'company_id' FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id"
    )
    return [Failed(job_id, name, _uuid(company)) for job_id, name, company in found]


def reported(now: datetime) -> set[int]:
    """Return the numbers of the jobs that a task was opened for, of the companies the open scope shows."""
    lately = Q(state=State.OPEN) | Q(settled_at__gt=now - REMEMBERED_FOR)
    return _numbers(Task.objects.filter(lately, kind=Kind.JOB_FAILED))


def settled(now: datetime) -> set[int]:
    """Return the numbers of those whose task is done: tried again, or dealt with by hand."""
    lately = Task.objects.filter(kind=Kind.JOB_FAILED, settled_at__gt=now - REMEMBERED_FOR)
    return _numbers(lately.filter(state=State.DONE))


def _numbers(tasks: "QuerySet[Task]") -> set[int]:
    return {job_id for details in tasks.values_list("details", flat=True) for job_id in details["jobs"]}


def report(*, company_id: UUID, jobs: Collection[Failed], now: datetime) -> list[Task]:
    """Open a task for each kind of job among these that none was opened for, or add to the open one.

    Returns the tasks opened. One at a time for each company.
    """
    take_turns(f"dead-letters:{company_id}")
    known, by_name = reported(now), defaultdict(list)
    for job in jobs:
        if job.id not in known and job.company_id == company_id:
            by_name[job.name].append(job.id)
    opened = []
    for name, ids in sorted(by_name.items()):
        subject = uuid5(company_id, name)
        open_one = _locked(company_id).filter(subject_id=subject, state=State.OPEN).first()
        if open_one is not None:
            open_one.details = _details(name, [*open_one.details["jobs"], *ids])
            open_one.save(update_fields=["details"])
            continue
        need = Need(Kind.JOB_FAILED, "job", subject, details=_details(name, ids))
        opened.append(open_task(need=need, actor=Actor.system(company_id), now=now))
    return opened


def retry_failed(*, task_id: UUID, actor: Actor, now: datetime) -> int:
    """Replace the task's jobs by fresh ones and close it; returns how many there were.

    Raises NotAllowed, NotFound, TaskSettled, NothingToRetry.
    """
    demand(actor, Ability.SETTLE_TASK)
    task = _locked(actor.company_id).filter(id=task_id).first()
    if task is None:
        raise NotFound
    if task.state == State.DONE:
        raise TaskSettled
    again = rows(
        # Gone from the queue, where what has failed and is still there calls for somebody.
        "WITH gone AS (DELETE FROM procrastinate_jobs WHERE status = 'failed' AND id = ANY(%(ids)s)"
        " AND args ->> 'company_id' = %(company)s RETURNING *)"
        " SELECT task_name, queue_name, args::text FROM gone ORDER BY id",
        {"ids": task.details["jobs"], "company": str(actor.company_id)},
    )
    if not again:
        raise NothingToRetry
    for name, queue, arguments in again:
        # A fresh job, with all its attempts before it; it reloads and re-checks like the first one.
        app.configure_task(name, queue=queue).defer(**json.loads(arguments))
    close(task=task, actor=actor, resolution=f"已重试{len(again)}个作业 / {len(again)} tried again", now=now)
    return len(again)


def _locked(company_id: UUID) -> "QuerySet[Task]":
    return Task.objects.select_for_update(no_key=True).filter(company_id=company_id, kind=Kind.JOB_FAILED)


def _details(name: str, ids: Sequence[int]) -> dict[str, object]:
    return {"job": name, "count": len(ids), "jobs": list(ids)}


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
