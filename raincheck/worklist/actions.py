"""Opening and settling what a person must do."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, announce, note, record
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotFound, TextTooLong
from raincheck.worklist.models import DECIDED, Kind, State, Task


class TaskSettled(Conflict):
    """Somebody was faster."""

    code = "task_settled"
    message = _("该待办已处理")


class ResolutionMissing(Invalid):
    """What was done must be said."""

    code = "resolution_missing"
    message = _("请填写处理结果")


class NeedsDecision(Conflict):
    """Such a task is settled by granting or declining what was asked."""

    code = "needs_decision"
    message = _("该待办须作出决定")
    advice = _("请在待办页面选择同意或不同意")


@dataclass(frozen=True)
class Need:
    """What asks for a person: the kind, its subject, and facts for the words.

    `tell` is False where the deed that led here tells the same people already.
    """

    kind: Kind
    subject_type: str
    subject_id: UUID
    interview_id: UUID | None = None
    owner_id: UUID | None = None
    due_at: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)
    tell: bool = True


def open_task(*, need: Need, actor: Actor, now: datetime) -> Task:
    """Open a task, or return the one already open for the same thing; tells its owner or all HR."""
    task, made = Task.objects.get_or_create(
        company_id=actor.company_id,
        kind=need.kind,
        subject_id=need.subject_id,
        state=State.OPEN,
        defaults={
            "subject_type": need.subject_type,
            "interview_id": need.interview_id,
            "owner_id": need.owner_id,
            "due_at": need.due_at,
            "details": need.details,
            "opened_at": now,
        },
    )
    if made:
        subject = Subject("task", task.id, interview_id=need.interview_id)
        entry = note(actor=actor, deed=Deed(Action.TASK_OPENED, subject, {"kind": need.kind}), now=now)
        if need.tell:
            announce(company_id=actor.company_id, entry_ids=[entry.id])
    return task


def tell_of(*, task: Task) -> None:
    """Tell those who weren't when it was opened with `tell=False`; told twice, people hear of it once."""
    entry = Entry.objects.get(action=Action.TASK_OPENED, subject_type="task", subject_id=task.id)
    announce(company_id=task.company_id, entry_ids=[entry.id])


def settle_task(*, task_id: UUID, actor: Actor, resolution: str, now: datetime) -> Task:
    """Close a task with what was done. Raises NotAllowed, NotFound, TaskSettled, ResolutionMissing, NeedsDecision."""
    demand(actor, Ability.SETTLE_TASK)
    done = TextTooLong.check(resolution, field="resolution")
    if not done:
        raise ResolutionMissing(field="resolution")
    task = Task.objects.select_for_update(no_key=True).filter(company_id=actor.company_id, id=task_id).first()
    if task is None:
        raise NotFound
    if task.state == State.DONE:
        raise TaskSettled
    if task.kind in DECIDED:
        raise NeedsDecision
    close(task=task, actor=actor, resolution=done, now=now)
    return task


def close_for_subject(
    *, subject_id: UUID, kinds: list[Kind], actor: Actor, resolution: str, now: datetime
) -> int:
    """Close what has settled itself, such as a vendor that agreed after all; returns how many there were."""
    waiting = Task.objects.select_for_update(no_key=True).filter(
        company_id=actor.company_id, subject_id=subject_id, kind__in=kinds, state=State.OPEN
    )
    found = list(waiting)
    for task in found:
        close(task=task, actor=actor, resolution=resolution, now=now)
    return len(found)


def close(*, task: Task, actor: Actor, resolution: str, now: datetime) -> None:
    """Mark a locked task done and record by whom."""
    task.state = State.DONE
    task.settled_at = now
    task.settled_by_id = actor.id if actor.kind == "staff" else None
    task.resolution = resolution
    task.save(update_fields=["state", "settled_at", "settled_by", "resolution"])
    subject = Subject("task", task.id, interview_id=task.interview_id)
    record(actor=actor, action=Action.TASK_SETTLED, subject=subject, now=now, kind=task.kind)
