"""待办: everything a person must settle, and what to do about each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import names_of
from raincheck.archive.erasing import still_expected
from raincheck.archive.holds import is_held
from raincheck.archive.models import DataRequest, RequestKind
from raincheck.cancellations.models import Cancellation
from raincheck.cancellations.queries import latest_by_interview
from raincheck.console import mismatches
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.settled_words import settled
from raincheck.console.task_words import BROKEN, COMPLETED, HELD_BACK, LOOKS, STANDS, STOPPED, UNDONE, Look
from raincheck.console.vocabulary import MISMATCHES, undelivered
from raincheck.core.errors import RaincheckError
from raincheck.migration.loading.held_back import FILE
from raincheck.migration.mending.actions import discard_all
from raincheck.migration.models import Batch, ImportRun
from raincheck.migration.sorting.actions import leave_rest
from raincheck.migration.uploads.actions import stopped
from raincheck.notifications.queries import titles_of
from raincheck.operations.dead_letters import retry_failed
from raincheck.recruiting.models import Interview
from raincheck.recruiting.queries import visible_interviews
from raincheck.vendors import by_hand
from raincheck.vendors.sayings import in_words
from raincheck.web.people import Visit, staff_page
from raincheck.worklist.models import Kind, State, Task
from raincheck.worklist.queries import get_task
from raincheck.worklist.queries import inbox as tasks_in

#: As many as one looks through; the most pressing, or the latest done, come first.
SHOWN = 200


#: Kinds whose cancellation still waits for a decision on the review page.
_DECIDED_ON_REVIEW_PAGE = frozenset({Kind.REVIEW_ESCALATED, Kind.MISMATCH, Kind.MOVE_FAILED})
#: Kinds that are settled on a page of their batch.
_OF_IMPORTS = frozenset({Kind.QUARANTINED, Kind.UNCLEAR_REASONS})


@dataclass(frozen=True)
class Row:
    """A task as it is shown."""

    task: Task
    title: str
    look: Look
    detail: str
    interview: Interview | None
    cancellation: Cancellation | None
    #: the cancellation to decide on, if that is what settles it
    review_id: UUID | None
    accept: bool
    #: what came of it, once it is done
    outcome: str
    #: the interviews to look at first, where the task is about many
    named: Sequence[tuple[Interview, Cancellation | None]] = ()
    #: what a candidate asks about their own data, if it is about that
    asked: DataRequest | None = None
    #: what the button that tries again says; none where that is no use
    retry: str = ""
    #: the batch whose rejected rows, or reasons, are to be seen to, if it is about that
    batch_id: UUID | None = None
    #: the upload whose load stopped, if it waits to be gone on with
    upload_id: UUID | None = None


@staff_page(Ability.VIEW_TASKS)
@require_GET
def inbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List what is open, the most pressing first; or what was done."""
    state = State.DONE if request.GET.get("state") == State.DONE else State.OPEN
    found = tasks_in(visit.actor, state=state)
    if state == State.DONE:
        found = found.order_by("-settled_at", "-id")
    context = {"rows": _rows(list(found[:SHOWN]), visit), "state": state}
    return shown(request, visit, "tasks.html", context)


@staff_page(Ability.VIEW_TASKS)
@require_GET
def task(request: HttpRequest, visit: Visit, task_id: UUID) -> HttpResponse:
    """Show one task: what happened, what to do, and the buttons that do it."""
    return task_page(request, visit, task_id)


@staff_page(Ability.SETTLE_TASK)
@require_POST
def settle(request: HttpRequest, visit: Visit, task_id: UUID) -> HttpResponse:
    """Close a task with what was done.

    Rows of an import that wait are discarded, with that for a reason; reasons that wait stay “another reason”.
    """
    found, said = get_task(visit.actor, task_id), request.POST.get("resolution", "")
    with attempt() as tried:
        if found.kind == Kind.QUARANTINED and found.state == State.OPEN:
            discard_all(run_id=found.subject_id, reason=said, actor=visit.actor, now=visit.now)
        elif found.kind == Kind.UNCLEAR_REASONS and found.state == State.OPEN:
            leave_rest(run_id=found.subject_id, resolution=said, actor=visit.actor, now=visit.now)
        else:
            by_hand.settle(task_id=task_id, actor=visit.actor, resolution=said, now=visit.now)
    if tried.error is not None:
        return task_page(request, visit, task_id, error=tried.error)
    messages.success(request, _("待办已处理"))
    return redirect("console:tasks")


@staff_page(Ability.SETTLE_TASK)
@require_POST
def retry(request: HttpRequest, visit: Visit, task_id: UUID) -> HttpResponse:
    """Try again what failed: jobs that gave up, or a call to an AI interview system."""
    if get_task(visit.actor, task_id).kind == Kind.JOB_FAILED:
        count = retry_failed(task_id=task_id, actor=visit.actor, now=visit.now)
        said = ngettext("已重试%(n)d个作业", "已重试%(n)d个作业", count) % {"n": count}
        messages.success(request, said)
        return redirect("console:tasks")
    by_hand.retry(task_id=task_id, actor=visit.actor, now=visit.now)
    messages.success(request, _("已重新请求AI面试系统；确认后此待办会自动关闭"))
    return redirect("console:task", task_id)


def task_page(
    request: HttpRequest, visit: Visit, task_id: UUID, *, error: RaincheckError | None = None
) -> HttpResponse:
    """Show one task, with what was typed and why it was refused. Raises NotFound."""
    found = get_task(visit.actor, task_id)
    row = _rows([found], visit)[0]
    context = {"row": row, "task": found, "typed": request.POST, "error": error, **_in_the_way(row)}
    return shown(request, visit, "task.html", context, status=error.status if error else 200)


def _in_the_way(row: Row) -> dict[str, Any]:
    """Return what keeps a candidate from being erased now, where that is what a task asks for."""
    if row.asked is None or row.asked.kind != RequestKind.ERASURE or row.task.state != State.OPEN:
        return {}
    expected = sorted(still_expected(row.asked.candidate), key=lambda interview: interview.key_instant)
    return {"expected": expected, "held": is_held(row.asked.candidate)}


def _rows(tasks: list[Task], visit: Visit) -> list[Row]:
    """Put tasks into words, with the interviews and messages they are about looked up together."""
    about = [task.interview_id for task in tasks if task.interview_id]
    about += [interview_id for task in tasks for interview_id in _named(task)]
    interviews = visible_interviews(visit.actor).in_bulk(about)
    cancellations = latest_by_interview(interviews)
    unheard = [task.subject_id for task in tasks if task.kind == Kind.NOBODY_REACHED]
    titles = titles_of(visit.company.id, unheard)
    titles |= names_of(visit.company.id, [task.subject_id for task in tasks if task.subject_type == "staff"])
    asked = DataRequest.objects.select_related("candidate").in_bulk(
        [task.subject_id for task in tasks if task.subject_type == "data_request"]
    )
    rows, batches = [], _batches(tasks)
    titles |= _files(tasks)
    uploads = stopped(visit.company.id, _contents(tasks))
    for task in tasks:
        kind, interview = Kind(task.kind), interviews.get(task.interview_id or task.id)
        cancellation = cancellations.get(task.interview_id or task.id)
        look = _look(task, batches, cancellation)
        decidable = task.subject_type == "cancellation" and kind in _DECIDED_ON_REVIEW_PAGE
        row = Row(
            task=task,
            title=str(kind.label),
            look=look,
            detail=_detail(task, titles),
            interview=interview,
            cancellation=cancellation,
            review_id=task.subject_id if decidable and look is not COMPLETED else None,
            accept=kind == Kind.CONTRADICTED and interview is not None,
            outcome=str(settled(task.resolution)),
            named=[(interviews[i], cancellations.get(i)) for i in _named(task) if i in interviews],
            asked=asked.get(task.subject_id),
            retry=_retry(kind, interview),
            batch_id=batches.get(task.id),
            upload_id=uploads.get(task.details.get("sha256", "")),
        )
        rows.append(row)
    return rows


def _look(task: Task, batches: Mapping[UUID, UUID | None], cancellation: Cancellation | None) -> Look:
    if task.kind == Kind.MISMATCH and task.subject_type == "interview":
        return STANDS
    if task.kind == Kind.MISMATCH and cancellation is not None and cancellation.completed_at is not None:
        return COMPLETED
    if task.subject_type == FILE:
        failed = STOPPED if task.details["why"] == "check_failed" else BROKEN
        return HELD_BACK if "count" in task.details else failed
    undone = task.kind == Kind.QUARANTINED and task.state == State.OPEN and batches.get(task.id) is None
    return UNDONE if undone else LOOKS[Kind(task.kind)]


def _files(tasks: list[Task]) -> dict[UUID, str]:
    """Return, by subject, which file an import's task is about; a run that was rolled back is named by its batch."""
    of_imports = [task for task in tasks if task.kind in _OF_IMPORTS]
    batch_ids = {
        task.subject_id: UUID(task.details["batch"]) for task in of_imports if task.details.get("batch")
    }
    names = Batch.objects.in_bulk(list(batch_ids.values()))
    files = {subject: names[batch_id].name for subject, batch_id in batch_ids.items() if batch_id in names}
    runs = ImportRun.objects.filter(
        company_id__in={task.company_id for task in of_imports},
        id__in=[task.subject_id for task in of_imports],
    )
    return {**files, **dict(runs.values_list("id", "file_name"))}


def _retry(kind: Kind, interview: Interview | None) -> str:
    if kind == Kind.JOB_FAILED:
        return _("全部重试")
    return _("立即重试") if kind in by_hand.TRIED_AGAIN and interview is not None else ""


def _batches(tasks: list[Task]) -> dict[UUID, UUID | None]:
    """Return, by task, the batches that imports' rejected rows, or their reasons, belong to, as long as they stand."""
    open_ = [task for task in tasks if task.kind in _OF_IMPORTS and task.state == State.OPEN]
    found = ImportRun.objects.filter(
        company_id__in={task.company_id for task in open_}, id__in=[task.subject_id for task in open_]
    )
    of_imports = dict(found.values_list("id", "batch_id"))
    return {task.id: of_imports.get(task.subject_id) for task in open_}


def _contents(tasks: list[Task]) -> list[str]:
    """Return the checksums of the files whose load stopped."""
    open_ = [task for task in tasks if task.kind == Kind.IMPORT_STOPPED and task.state == State.OPEN]
    return [task.details["sha256"] for task in open_ if task.subject_type == FILE]


def _named(task: Task) -> list[UUID]:
    return [UUID(interview_id) for interview_id in task.details.get("interviews", ())]


def _detail(found: Task, titles: dict[UUID, str]) -> str:
    """Say what is particular about this one: the difference, the undelivered message, how many, the failure."""
    details = found.details
    different = details.get("mismatch") or details.get("detail")
    if "mismatch" in details or different in MISMATCHES:
        return mismatches.in_words(different, details)
    if "account" in details:
        whose = titles.get(found.subject_id, "")
        return " · ".join(
            filter(None, (details["account"], whose, undelivered(in_words(details.get("trouble", "")))))
        )
    if found.kind not in _OF_IMPORTS and found.subject_id in titles:
        return _("未送达的通知：%(title)s") % {"title": titles[found.subject_id]}
    if "job" in details:
        return _("作业 %(job)s，共%(n)d个") % {"job": details["job"], "n": details["count"]}
    if "count" in details:
        said = _("%(file)s：共%(of)d行，%(n)d行未通过检查") if "file" in details else _("目前共%(n)d项")
        file = titles.get(found.subject_id, "") if found.kind in _OF_IMPORTS else ""
        return " · ".join(filter(None, (file, said % {**details, "n": details["count"]})))
    log = next((details[name] for name in ("failure", "detail", "check") if details.get(name)), "")
    said = _("系统记录：%(text)s") % {"text": in_words(log)} if log else ""
    return " · ".join(filter(None, (details.get("file", ""), said)))
