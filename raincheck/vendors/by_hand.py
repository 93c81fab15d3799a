"""What a person does about a task with a vendor behind it: have it tried again, or say that it is settled.

A person's word closes the task; the vendor is then looked at, and a link that is alive all the same opens it again.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations.hearing import vendor_said
from raincheck.cancellations.settling import ask_again
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.jobs import defer, job
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import ON_SCHEDULE, Interview
from raincheck.vendors.adapters.base import NeedsPerson, Permanent, Retry, View
from raincheck.vendors.lines import adapter_of, keep_calls, line_to, word_of
from raincheck.vendors.models import VendorAccount
from raincheck.worklist.actions import Need, TaskSettled, open_task, settle_task
from raincheck.worklist.models import Kind, State, Task

#: What can be tried again: the cancel, the invitation, the new time.
CANCELS = frozenset({Kind.REVOKE_BY_HAND, Kind.VENDOR_PENDING})
TRIED_AGAIN = CANCELS | {Kind.INVITE_FAILED, Kind.RESCHEDULE_FAILED}
#: What is looked at after a person said that it is settled.
LOOKED_AT = CANCELS | {Kind.RESCHEDULE_FAILED}
LOOKS, FIRST_WAIT = 6, timedelta(seconds=30)


class NothingToTry(Conflict):
    """The task is of a kind that only a person can settle, or what it was about is over."""

    code = "nothing_to_try"
    message = _("此待办无法自动重试")
    advice = _("请核对相关面试的状态，然后登记处理结果")


def retry(*, task_id: UUID, actor: Actor, now: datetime) -> None:
    """Have the vendor asked again; the task closes by itself once it agrees.

    Raises NotAllowed, NotFound, TaskSettled, NothingToTry.
    """
    demand(actor, Ability.SETTLE_TASK)
    mine = Task.objects.filter(company_id=actor.company_id, id=task_id)
    task = mine.first()
    if task is None:
        raise NotFound
    if task.kind not in TRIED_AGAIN:
        raise NothingToTry
    # The interview is locked before its task, as where the vendor's word closes one.
    if task.kind in CANCELS:
        tried = ask_again(cancellation_id=task.subject_id, actor=actor, now=now)
    else:
        tried = _call_again(task)
    if mine.select_for_update(no_key=True).get().state == State.DONE:
        raise TaskSettled
    if not tried:
        raise NothingToTry
    subject = Subject("task", task.id, interview_id=task.interview_id)
    note(actor=actor, deed=Deed(Action.TASK_RETRIED, subject, {"kind": task.kind}), now=now)


def settle(*, task_id: UUID, actor: Actor, resolution: str, now: datetime) -> Task:
    """Close a task with what was done; where a vendor can show it, it is looked at.

    Raises NotAllowed, NotFound, TaskSettled, ResolutionMissing.
    """
    task = settle_task(task_id=task_id, actor=actor, resolution=resolution, now=now)
    if task.kind in LOOKED_AT and task.interview_id:
        _look_at(task)
    return task


def _look_at(task: Task, *, attempt: int = 1, at: datetime | None = None) -> None:
    company_id, task_id = str(task.company_id), str(task.id)
    defer("vendors.look", queue="vendors", at=at, attempt=attempt, company_id=company_id, task_id=task_id)


def _interview_of(task: Task) -> Interview:
    return Interview.objects.get(id=task.interview_id or task.subject_id)


@job("vendors.look", queue="vendors")
def look(*, company_id: str, task_id: str, attempt: int = 1) -> None:
    """Look whether the vendor bears out what a person said; what it contradicts is opened again."""
    company = UUID(company_id)
    with company_scope(company):
        task = Task.objects.get(id=task_id)
        interview = _interview_of(task)
        if interview.vendor_account_id is None or not interview.vendor_ref:
            return
        account = VendorAccount.objects.get(id=interview.vendor_account_id)
        adapter = adapter_of(account)
        if adapter is None:
            return
        line = line_to(account)
    asked_at, wait = timezone.now(), None
    try:
        view = adapter.read(line, interview.vendor_ref)
    except Retry as retry:
        view, wait = None, timedelta(seconds=retry.after)
    except (NeedsPerson, Permanent):
        view = None
    with company_scope(company) as now:
        keep_calls(line, company, interview.id, None, now, attempt=attempt)
        if wait is not None and attempt < LOOKS:
            again = now + max(wait, FIRST_WAIT * 2 ** (attempt - 1))
            _look_at(task, attempt=attempt + 1, at=again)
        elif view is not None:
            _compare(task, view, account=account, asked_at=asked_at, now=now)


def _compare(task: Task, view: View, *, account: VendorAccount, asked_at: datetime, now: datetime) -> None:
    """Take the vendor's word in, and open the task again where it says otherwise.

    A word we can't place, such as an archive, contradicts nobody.
    """
    interview = _interview_of(task)
    actor = Actor.vendor(task.company_id, account.id)
    vendor_said(interview_id=interview.id, word=word_of(view, asked_at), actor=actor, now=now)
    if task.kind in CANCELS:
        contradicted = view.status.alive
    else:
        contradicted = interview.state in ON_SCHEDULE and not view.is_at(
            interview.starts_at, interview.ends_at
        )
    if contradicted:
        details = {**task.details, "failure": f"the AI interview system still says {view.word[:40]}"}
        need = Need(Kind(task.kind), task.subject_type, task.subject_id, task.interview_id, details=details)
        open_task(need=need, actor=Actor.system(task.company_id), now=now)


def _call_again(task: Task) -> bool:
    """Defer the call that failed; False where the interview is over and done with."""
    interview = Interview.objects.filter(id=task.subject_id, state__in=ON_SCHEDULE).first()
    if interview is None:
        return False
    company_id, interview_id = str(task.company_id), str(interview.id)
    if task.kind == Kind.RESCHEDULE_FAILED:
        defer(
            "vendors.reschedule",
            queue="vendors",
            company_id=company_id,
            interview_id=interview_id,
            sequence=interview.sequence,
        )
    else:
        # The second of its attempts: the first may have been heard, so it looks before it invites.
        defer(
            "vendors.invite",
            queue="vendors",
            company_id=company_id,
            interview_id=interview_id,
            starts_at=interview.starts_at.isoformat(),
            ends_at=interview.ends_at.isoformat(),
            attempt=2,
        )
    return True
