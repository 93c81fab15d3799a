"""A candidate's request about their own data: granting or declining it, and handing a copy out for them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.backends import is_fresh
from raincheck.archive.data_requests import RequestEnded, decline, grant
from raincheck.archive.erasing import StillExpected
from raincheck.archive.holds import OnHold
from raincheck.archive.models import RequestKind
from raincheck.console.forms import attempt
from raincheck.console.tasks import task_page
from raincheck.core.errors import FreshSignInNeeded, Invalid
from raincheck.data_copy import copy_of
from raincheck.recruiting.queries import get_candidate
from raincheck.web.people import Visit, staff_page
from raincheck.worklist.queries import get_task


class NotChosen(Invalid):
    """Neither grant nor decline was chosen."""

    code = "not_chosen"
    message = gettext_lazy("请选择同意或不同意")


@staff_page(Ability.SETTLE_TASK)
@require_POST
def decide(request: HttpRequest, visit: Visit, task_id: UUID) -> HttpResponse:
    """Grant or decline what a task is about; a field at fault, and what stands in the way, lead back to the task.

    What can't be taken back, handing data out and erasing it, is for whoever proved lately who they are.
    """
    task = get_task(visit.actor, task_id)
    with attempt(StillExpected, OnHold, RequestEnded) as tried:
        match request.POST.get("decision", ""):
            case "grant":
                if not is_fresh(request):
                    raise FreshSignInNeeded
                done = grant(request_id=task.subject_id, actor=visit.actor, now=visit.now)
                erased = done.kind == RequestKind.ERASURE
                said = (
                    _("已同意。告知候选人后随即删除，最迟1小时内")
                    if erased
                    else _("已同意，候选人现在可以下载副本")
                )
            case "decline":
                answer = request.POST.get("answer", "")
                decline(request_id=task.subject_id, actor=visit.actor, answer=answer, now=visit.now)
                said = _("已答复候选人")
            case _other:
                raise NotChosen(field="decision")
    if tried.error is not None:
        return task_page(request, visit, task_id, error=tried.error)
    messages.success(request, said)
    return redirect("console:tasks")


@staff_page(Ability.COPY_DATA, fresh=True)
@require_POST
def copy(request: HttpRequest, visit: Visit, candidate_id: UUID) -> HttpResponse:
    """Hand out a candidate's data as a file, for one who asked by other ways; recorded."""
    candidate = get_candidate(visit.actor, candidate_id)
    return JsonResponse(
        copy_of(candidate=candidate, actor=visit.actor, now=visit.now),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="raincheck-data-{candidate.id}.json"'},
    )
