"""What a person must see to: tasks opened once for a difference that stays, closed by evidence that it is gone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from raincheck.core.actor import Actor
from raincheck.recruiting.models import Interview
from raincheck.vendors.adapters.base import View
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.reconciliation.differences import Difference, Kind
from raincheck.vendors.reconciliation.repairs import asked_in_vain
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind as TaskKind
from raincheck.worklist.models import State, Task

#: Who has one of these before them knows of the difference, or is about to: no second task for it.
_SAY_THE_SAME = (
    TaskKind.MISMATCH,
    TaskKind.CONTRADICTED,
    TaskKind.REVOKE_BY_HAND,
    TaskKind.VENDOR_PENDING,
    TaskKind.INVITE_FAILED,
    TaskKind.RESCHEDULE_FAILED,
)
_SHOWN = 5


def waiting(account: VendorAccount) -> dict[UUID, set[str]]:
    """Return the interviews of this account whose difference somebody was asked about, with the references to read."""
    tasks = _open(account.company_id).filter(subject_type="interview")
    about = {
        subject_id: details.get("ref", "")
        for subject_id, details in tasks.values_list("subject_id", "details")
    }
    theirs = Interview.objects.filter(id__in=about, vendor_account_id=account.id)
    found = theirs.values_list("id", "vendor_ref")
    return {interview_id: {ref, about[interview_id]} - {""} for interview_id, ref in found}


def ask_people(
    left: Sequence[Difference],
    *,
    views: Mapping[str, View | None],
    asked_again: Collection[UUID],
    actor: Actor,
    now: datetime,
) -> int:
    """Open a task for each interview that still differs and that nothing else sees to; return how many are new.

    `views`: what was read again, by reference. `asked_again`: those whose vendor this run has asked to cancel.
    Nobody is bothered with them the first time.
    """
    about = {d.interview_id: d for d in left if d.interview_id is not None}
    known = Task.objects.filter(interview_id__in=about, state=State.OPEN, company_id=actor.company_id)
    covered = set(known.filter(kind__in=_SAY_THE_SAME).values_list("interview_id", flat=True))
    already = set(known.filter(kind=TaskKind.DIFFERENCE).values_list("subject_id", flat=True))
    being_seen_to = set(asked_again) - asked_in_vain(asked_again)
    new = [d for i, d in about.items() if i not in covered | already | being_seen_to]
    for difference in new:
        details = {"mismatch": difference.kind, "ref": difference.ref}
        view = views.get(difference.ref)
        if view and difference.kind == Kind.OTHER_TIME:
            details["there"] = view.times
        _ask("interview", difference.interview_id, details, actor=actor, now=now)
    return len(new)


def ask_about_account(
    account: VendorAccount, details: Mapping[str, Any], *, actor: Actor, now: datetime
) -> int:
    """Have one task about a whole account, its facts brought up to date; return 1 if it is new."""
    standing = _open(account.company_id).filter(subject_id=account.id)
    if standing.update(details=dict(details)):
        return 0
    _ask("vendor_account", account.id, details, actor=actor, now=now)
    return 1


def strangers(left: Sequence[Difference]) -> dict[str, Any]:
    """Return the facts of what the vendor has and nobody here knows; empty where there is none."""
    refs = [d.ref for d in left if d.interview_id is None]
    return {"mismatch": Kind.MISSING_HERE, "count": len(refs), "refs": refs[:_SHOWN]} if refs else {}


def close_agreed(subject_ids: Iterable[UUID], *, actor: Actor, now: datetime) -> int:
    """Close what was asked about these, for both sides agree now; return how many tasks that were."""
    return sum(
        close_for_subject(
            subject_id=subject_id,
            kinds=[TaskKind.DIFFERENCE],
            actor=actor,
            resolution="both sides agree",
            now=now,
        )
        for subject_id in subject_ids
    )


def _open(company_id: UUID) -> "QuerySet[Task]":
    return Task.objects.filter(company_id=company_id, kind=TaskKind.DIFFERENCE, state=State.OPEN)


def _ask(
    subject_type: str, subject_id: UUID | None, details: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    if subject_id is None:
        return
    about = subject_id if subject_type == "interview" else None
    need = Need(TaskKind.DIFFERENCE, subject_type, subject_id, about, details=dict(details))
    open_task(need=need, actor=actor, now=now)
