"""Messages about the house itself: a promise about to break, a vendor that is down, jobs that gave up.

No interview, no candidate.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from raincheck.accounts.models import Company, Staff
from raincheck.accounts.queries import staff_with_role
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.core.actor import Role
from raincheck.notifications.addressing import News, addressed
from raincheck.notifications.choices import told
from raincheck.notifications.models import Message
from raincheck.notifications.recipients import ALERT
from raincheck.worklist.models import Kind, Task
from raincheck.worklist.words import TASK_WORDS


def about_the_house(company_id: UUID, entries: Iterable[Entry]) -> list[Message]:
    """Return an (unsaved) message to each person who must know of these entries' tasks that have no interview."""
    opened = [e for e in entries if e.action == Action.TASK_OPENED and e.interview_id is None]
    tasks = Task.objects.filter(company_id=company_id).in_bulk([e.subject_id for e in opened])
    if not tasks:
        return []
    company, people = Company.objects.get(id=company_id), _in_charge(company_id)
    [line] = told(company_id)[ALERT]
    facts = {e.id: _facts(tasks[e.subject_id], company) for e in opened if e.subject_id in tasks}
    return [
        addressed(News(entry.id, ALERT, facts[entry.id]), to=person, line=line, company=company)
        for entry in opened
        if entry.id in facts
        for person in people
    ]


def _in_charge(company_id: UUID) -> list[Staff]:
    """Return the HR managers; where there are none, whoever else looks into the inbox of tasks."""
    managers = list(staff_with_role(company_id, Role.HR_MANAGER))
    return managers or list(staff_with_role(company_id, Role.RECRUITER, Role.COMPANY_ADMIN))


def _facts(task: Task, company: Company) -> dict[str, Any]:
    return {
        "company": company.name,
        "task": dict(TASK_WORDS[Kind(task.kind)]),
        "about": _about(task.details),
        "link": f"{settings.RAINCHECK_BASE_URL}/console/tasks/{task.id}/",
    }


def _about(details: Mapping[str, Any]) -> dict[str, str]:
    """Say what a task is about: the account that is in trouble, or how many there are."""
    if "account" in details:
        return {"zh": details["account"], "en": details["account"]}
    if "count" not in details:
        return {"zh": "详见待办页面", "en": "see the task"}
    count = details["count"]
    return {"zh": f"目前共{count}项", "en": f"{count} so far"}
