"""Reading the inbox."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.worklist.models import Kind, State, Task


def inbox(actor: Actor, *, state: str = State.OPEN) -> "QuerySet[Task]":
    """Return the company's tasks in this state, the most pressing first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_TASKS)
    tasks = Task.objects.filter(company_id=actor.company_id, state=state).select_related(
        "owner", "settled_by"
    )
    return tasks.order_by(F("due_at").asc(nulls_last=True), "opened_at")


def details_of(actor: Actor, subject_id: UUID, kind: Kind) -> dict[str, Any]:
    """Return what is particular about an open task of this kind; nothing where none is open."""
    waiting = Task.objects.filter(
        company_id=actor.company_id, subject_id=subject_id, kind=kind, state=State.OPEN
    )
    return waiting.values_list("details", flat=True).first() or {}


def get_task(actor: Actor, task_id: UUID) -> Task:
    """Return one task. Raises NotAllowed, NotFound."""
    demand(actor, Ability.VIEW_TASKS)
    task = Task.objects.filter(company_id=actor.company_id, id=task_id).select_related("owner").first()
    if task is None:
        raise NotFound
    return task
