"""How an account at an AI interview system is doing: how long it takes to agree, what waits, how its calls went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Interview
from raincheck.vendors.models import VendorAccount, VendorCall
from raincheck.worklist.models import Kind, Task
from raincheck.worklist.models import State as TaskState

#: What the lag is taken of, and what the calls.
LAG_OF, CALLS_OF = timedelta(days=7), timedelta(days=1)
#: Kinds of task that a vendor is behind.
ABOUT_VENDORS = (
    Kind.REVOKE_BY_HAND,
    Kind.VENDOR_PENDING,
    Kind.MISMATCH,
    Kind.CONTRADICTED,
    Kind.INVITE_FAILED,
    Kind.RESCHEDULE_FAILED,
    Kind.DIFFERENCE,
    Kind.VENDOR_DOWN,
)
_LAG = """
SELECT i.vendor_account_id,
       percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (
           ORDER BY extract(epoch FROM c.agreed_at - coalesce(c.decided_at, c.requested_at)))
FROM cancellations_cancellation c
JOIN recruiting_interview i ON i.company_id = c.company_id AND i.id = c.interview_id
WHERE c.company_id = %s AND c.requested_at > %s AND c.agreement = 'agreed'
  AND i.vendor_account_id IS NOT NULL
GROUP BY 1
"""


@dataclass(frozen=True)
class Figures:
    """One account's figures. A lag is in seconds, from the decision to cancel to the vendor's agreement."""

    pending: int = 0
    lag_p50: float | None = None
    lag_p99: float | None = None
    calls: int = 0
    unanswered: int = 0
    tasks: Sequence[Task] = ()


def accounts(actor: Actor) -> "QuerySet[VendorAccount]":
    """Return all accounts, ended ones last. Raises NotAllowed."""
    demand(actor, Ability.VIEW_VENDORS)
    return VendorAccount.objects.filter(company_id=actor.company_id).order_by("-active", "name")


def last_calls(actor: Actor, account_id: UUID, *, limit: int = 8) -> list[VendorCall]:
    """Return the latest calls made to one account's vendor. Raises NotAllowed."""
    demand(actor, Ability.VIEW_VENDORS)
    calls = VendorCall.objects.filter(company_id=actor.company_id, account_id=account_id)
    return list(calls.order_by("-at", "-id")[:limit])


def figures(actor: Actor, now: datetime) -> dict[UUID, Figures]:
    """Return the figures of each account that has any. Raises NotAllowed."""
    demand(actor, Ability.VIEW_VENDORS)
    lags, pending, calls = _lags(actor, now), _pending(actor), _calls(actor, now)
    tasks = _tasks(actor)
    return {
        account_id: Figures(
            pending=pending.get(account_id, 0),
            lag_p50=lags.get(account_id, (None, None))[0],
            lag_p99=lags.get(account_id, (None, None))[1],
            calls=calls.get(account_id, (0, 0))[0],
            unanswered=calls.get(account_id, (0, 0))[1],
            tasks=tasks.get(account_id, ()),
        )
        for account_id in {*lags, *pending, *calls, *tasks}
    }


def _lags(actor: Actor, now: datetime) -> dict[UUID, tuple[float, float]]:
    with connection.cursor() as cursor:
        cursor.execute(_LAG, [actor.company_id, now - LAG_OF])
        return {account: (float(lag[0]), float(lag[1])) for account, lag in cursor.fetchall()}


def _pending(actor: Actor) -> dict[UUID, int]:
    """Count the cancellations whose vendor hasn't said its word yet."""
    waiting = Cancellation.objects.filter(
        company_id=actor.company_id,
        state__in=[State.PROCESSING, State.COMPLETED],
        agreement=Agreement.PENDING,
        interview__vendor_account_id__isnull=False,
    )
    counted = waiting.values_list("interview__vendor_account_id").annotate(waiting=Count("id"))
    return {account: number for account, number in counted if account}


def _calls(actor: Actor, now: datetime) -> dict[UUID, tuple[int, int]]:
    """Count the latest calls, and those among them that got no answer."""
    made = VendorCall.objects.filter(company_id=actor.company_id, at__gt=now - CALLS_OF)
    failed = Count("id", filter=Q(outcome="unreachable") | Q(detail__startswith="5"))
    counted = made.values_list("account_id").annotate(made=Count("id"), failed=failed)
    return {account: (number, failed) for account, number, failed in counted}


def _tasks(actor: Actor) -> dict[UUID, list[Task]]:
    """Return the open tasks with a vendor behind them, by its account."""
    found = Task.objects.filter(
        company_id=actor.company_id, state=TaskState.OPEN, kind__in=ABOUT_VENDORS
    ).order_by("due_at", "opened_at")
    tasks = list(found)
    interviews: dict[Any, UUID | None] = dict(
        Interview.objects.filter(id__in=[t.interview_id for t in tasks if t.interview_id]).values_list(
            "id", "vendor_account_id"
        )
    )
    by_account: dict[UUID, list[Task]] = {}
    for task in tasks:
        account = interviews.get(task.interview_id) if task.interview_id else task.subject_id
        if account is not None:
            by_account.setdefault(account, []).append(task)
    return by_account
