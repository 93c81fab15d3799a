"""A promise about to break becomes a task: one a company and promise, however many candidates wait.

A storm (a mail server that is down, a vendor that hangs) is one matter with many victims, and is settled as
one. So the open task counts, names the most pressing, and closes itself once none is left, saying how it went.
A fault that flickers is one alarm: what comes soon after a mail is opened in silence. If it stays, people are
mailed after all; the task keeps when they were (`told_at`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from raincheck.core.actor import Actor
from raincheck.core.scope import take_turns
from raincheck.operations.promises import Owed, Promise, at_risk, how_kept
from raincheck.worklist.actions import Need, close, open_task, tell_of
from raincheck.worklist.models import Kind, State, Task

KINDS = {Promise.ANSWER: Kind.ANSWER_AT_RISK, Promise.OUTCOME: Kind.OUTCOME_AT_RISK}
#: So many cancellations a task remembers, those seen first; more are counted only.
REMEMBERED = 1000
#: So many interviews it names for people to look at.
NAMED = 10
#: For so long after a mail a further task is silent: a flickering fault is one alarm.
QUIET = timedelta(minutes=15)
#: What a person has settled isn't brought up again for so long.
SETTLED_FOR = timedelta(days=1)


def watched(company_id: UUID) -> set[UUID]:
    """Return the cancellations that the company's open alerts speak of."""
    return _named_in(Task.objects.filter(company_id=company_id, kind__in=KINDS.values(), state=State.OPEN))


def review_promises(*, company_id: UUID, now: datetime) -> list[Task]:
    """Bring one company's alerts up to date, and return those that somebody must hear of now.

    One at a time for each company.
    """
    take_turns(f"promises:{company_id}")
    actor, remembered = Actor.system(company_id), watched(company_id)
    owed = at_risk(now, also=remembered)
    to_tell = []
    for promise, kind in KINDS.items():
        mine = [one for one in owed if one.promise is promise and one.company_id == company_id]
        task = _open_task(company_id, kind)
        if task is not None and not mine:
            _close(task, promise, actor=actor, now=now)
        elif task is not None:
            told = _tell_if_still_silent(task, now)
            _bring_up_to_date(task, mine)
            to_tell += [task] if told else []
        elif fresh := _not_settled_by_hand(company_id, kind, mine, now):
            tell = not _told_lately(company_id, kind, now)
            task = _open(company_id, kind, fresh, tell=tell, actor=actor, now=now)
            to_tell += [task] if tell else []
    return to_tell


def _open_task(company_id: UUID, kind: Kind) -> Task | None:
    found = Task.objects.select_for_update(no_key=True).filter(
        company_id=company_id, kind=kind, subject_id=company_id, state=State.OPEN
    )
    return found.first()


def _told_lately(company_id: UUID, kind: Kind, now: datetime) -> bool:
    # Whatever was told of so lately was open then: it is open still, or was settled since.
    lately = Q(state=State.OPEN) | Q(settled_at__gt=now - QUIET)
    found = Task.objects.filter(lately, company_id=company_id, kind=kind).values_list("details", flat=True)
    told = [datetime.fromisoformat(details["told_at"]) for details in found if details.get("told_at")]
    return any(at > now - QUIET for at in told)


def _tell_if_still_silent(task: Task, now: datetime) -> bool:
    """Mail people about a task opened in silence that has outlived it; says whether it was to be."""
    if task.details.get("told_at") or _told_lately(task.company_id, Kind(task.kind), now):
        return False
    task.details = {**task.details, "told_at": now.isoformat()}
    task.save(update_fields=["details"])
    tell_of(task=task)
    return True


def _open(
    company_id: UUID, kind: Kind, owed: Sequence[Owed], *, tell: bool, actor: Actor, now: datetime
) -> Task:
    need = Need(
        kind,
        "company",
        company_id,
        due_at=owed[0].breaks_at,
        details=_details(owed, remembered=(), told_at=now.isoformat() if tell else None),
        tell=tell,
    )
    return open_task(need=need, actor=actor, now=now)


def _bring_up_to_date(task: Task, owed: Sequence[Owed]) -> None:
    details = _details(owed, remembered=task.details["cancellations"], told_at=task.details.get("told_at"))
    if details != task.details or task.due_at != owed[0].breaks_at:
        task.details, task.due_at = details, owed[0].breaks_at
        task.save(update_fields=["details", "due_at"])


def _close(task: Task, promise: Promise, *, actor: Actor, now: datetime) -> None:
    kept, late = how_kept(promise, [UUID(i) for i in task.details["cancellations"]], now=now)
    close(
        task=task,
        actor=actor,
        resolution=f"已全部告知：按时{kept}，逾时{late} / all told: {kept} in time, {late} late",
        now=now,
    )


def _details(owed: Sequence[Owed], *, remembered: Sequence[str], told_at: str | None) -> dict[str, Any]:
    """Gather the facts for the words, as JSON: how many wait, who was ever among them, where to look first."""
    ever = dict.fromkeys([*remembered, *(str(one.cancellation_id) for one in owed)])
    return {
        "count": len(owed),
        "cancellations": list(ever)[:REMEMBERED],
        "interviews": [str(one.interview_id) for one in owed[:NAMED]],
        "told_at": told_at,
    }


def _not_settled_by_hand(company_id: UUID, kind: Kind, owed: Sequence[Owed], now: datetime) -> Sequence[Owed]:
    """Leave out what a person has dealt with: they know."""
    settled = Task.objects.filter(
        company_id=company_id,
        kind=kind,
        state=State.DONE,
        settled_by__isnull=False,
        settled_at__gt=now - SETTLED_FOR,
    )
    known = _named_in(settled) if owed else set()
    return [one for one in owed if one.cancellation_id not in known]


def _named_in(tasks: "QuerySet[Task]") -> set[UUID]:
    return {UUID(i) for details in tasks.values_list("details", flat=True) for i in details["cancellations"]}
