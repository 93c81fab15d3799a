"""Imports and other runs that can be undone: the list, what one did, and the button."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console.frame import shown
from raincheck.console.import_words import in_language
from raincheck.migration.kinds.names import KIND_WORDS, Kind
from raincheck.migration.loading.originals import run_in
from raincheck.migration.mending import reads as kept
from raincheck.migration.models import RunState
from raincheck.migration.rollback import batches as reads
from raincheck.migration.rollback.models import Batch, Operation
from raincheck.migration.rollback.refusals import Obstructed
from raincheck.migration.rollback.undoing import roll_back
from raincheck.migration.sorting.unsorted import waiting_in
from raincheck.web.people import Visit, staff_page

PAGE = 50
#: Tables in the words of the trade.
TABLES: dict[str, Promise] = {
    "accounts_candidateidentity": gettext_lazy("候选人联系方式"),
    "accounts_candidatesession": gettext_lazy("候选人的登录"),
    "accounts_rolegrant": gettext_lazy("员工的角色"),
    "accounts_signincode": gettext_lazy("候选人的验证码"),
    "recruiting_department": gettext_lazy("部门"),
    "recruiting_position": gettext_lazy("岗位"),
    "recruiting_candidate": gettext_lazy("候选人"),
    "recruiting_application": gettext_lazy("投递"),
    "recruiting_interview": gettext_lazy("面试"),
    "recruiting_interviewer": gettext_lazy("面试官"),
    "recruiting_assessment": gettext_lazy("评估"),
    "cancellations_batch": gettext_lazy("批量取消"),
    "cancellations_cancellation": gettext_lazy("取消申请"),
    "archive_datarequest": gettext_lazy("个人信息请求"),
    "archive_legalhold": gettext_lazy("依法保留"),
    "archive_historyrecord": gettext_lazy("面试历史记录"),
    "archive_talentprofile": gettext_lazy("人才库档案"),
    "archive_profileentry": gettext_lazy("档案条目"),
    "migration_importrun": gettext_lazy("导入记录"),
    "migration_importedrow": gettext_lazy("导入的原始行"),
    "migration_broughtrow": gettext_lazy("导入的原始行"),
    "migration_candidatekey": gettext_lazy("候选人编号"),
    "notifications_message": gettext_lazy("通知"),
    "reminders_reminder": gettext_lazy("面试提醒"),
    "vendors_inboundevent": gettext_lazy("AI面试系统来信"),
    "vendors_vendorcall": gettext_lazy("AI面试系统调用"),
}


@staff_page(Ability.VIEW_BATCHES)
@require_GET
def batches(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the batches, newest first."""
    page = Paginator(reads.batches(visit.actor), PAGE).get_page(request.GET.get("page"))
    fates = reads.fates(visit.company.id, [one.id for one in page])
    context = {
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "rows": [(one, fates[one.id]) for one in page],
    }
    return shown(request, visit, "batches.html", context)


@staff_page(Ability.VIEW_BATCHES)
@require_GET
def batch(request: HttpRequest, visit: Visit, batch_id: UUID) -> HttpResponse:
    """Show what one batch did."""
    return _shown(request, visit, batch_id)


@staff_page(Ability.MOVE_DATA, fresh=True)
@require_POST
def rollback(request: HttpRequest, visit: Visit, batch_id: UUID) -> HttpResponse:
    """Undo it, or say which rows stand against that."""
    try:
        done = roll_back(batch_id=batch_id, actor=visit.actor, now=visit.now)
    except Obstructed as error:
        return _shown(request, visit, batch_id, error=error)
    rows = done.deleted + done.restored + done.revived
    said = ngettext("已回滚 %(n)d 行", "已回滚 %(n)d 行", rows) % {"n": rows}
    messages.success(request, said + _("；如需恢复，可回滚这次回滚"))
    return redirect("console:batch", done.batch.id)


def _import(one: Batch) -> dict[str, Any] | None:
    """Gather the figures of the import that a batch is of."""
    run = run_in(one)
    if run is None:
        return None
    kind = Kind(run.terms.get("kind", Kind.INTERVIEWS))
    return {
        "run": run,
        "kind": in_language(KIND_WORDS[kind]),
        "over": run.state == RunState.DONE,
        "listed": kind is Kind.INTERVIEWS and run.loaded,
        "discarded": kept.discarded(run).count(),
    }


def _shown(
    request: HttpRequest, visit: Visit, batch_id: UUID, *, error: Obstructed | None = None
) -> HttpResponse:
    one = reads.batch(visit.actor, batch_id)
    touches = [
        (TABLES.get(touch.table, touch.table), Operation(touch.operation).label, touch.rows)
        for touch in reads.touches(one)
    ]
    found = error.found if error else ()
    against = [
        (TABLES.get(o.table, o.table), o.rows, o.ids, o.table == "recruiting_interview") for o in found
    ]
    context = {
        "batch": one,
        "touches": touches,
        "fate": reads.fates(one.company_id, [one.id])[one.id],
        "waiting": kept.waiting_in(one),
        "unsorted": waiting_in(one),
        "import": _import(one),
        "error": error,
        "against": against,
    }
    return shown(request, visit, "batch.html", context, status=error.status if error else 200)
