"""导出: everything the company owns, asked for with its name typed, prepared by a job, taken by those who may."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.migration.exports import actions, parquet
from raincheck.migration.exports.models import ExportState
from raincheck.web.people import Visit, staff_page

PAGE = 20


@staff_page(Ability.EXPORT_EVERYTHING)
@require_safe
def exports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the exports, newest first, and offer another."""
    return _shown(request, visit)


@staff_page(Ability.EXPORT_EVERYTHING, fresh=True)
@require_POST
def new(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for one."""
    typed, with_parquet = request.POST.get("confirm", "")[:200], request.POST.get("parquet") == "yes"
    with attempt() as tried:
        actions.ask(confirmed=typed, with_parquet=with_parquet, actor=visit.actor, now=visit.now)
        messages.success(request, _("正在准备，完成后可在此下载"))
    if tried.error:
        context = {"error": tried.error, "typed": typed, "with_parquet": with_parquet}
        return _shown(request, visit, context, status=tried.error.status)
    return redirect("console:exports")


@staff_page(Ability.EXPORT_EVERYTHING, fresh=True)
@require_POST
def download(request: HttpRequest, visit: Visit, export_id: UUID) -> StreamingHttpResponse:
    """Hand one's file out, on record."""
    export, pieces = actions.hand_out(export_id=export_id, actor=visit.actor, now=visit.now)
    name = f"raincheck-{visit.company.slug}-{export.asked_at:%Y%m%d-%H%M}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(export.bytes),
        # A proxy that gathered the whole answer first would undo the streaming.
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


def _shown(
    request: HttpRequest, visit: Visit, tried: dict[str, object] | None = None, *, status: int = 200
) -> HttpResponse:
    page = Paginator(actions.exports(visit.actor), PAGE).get_page(request.GET.get("page"))
    rows = [
        (export, export.state == ExportState.READY and not actions.outlived(export, visit.now))
        for export in page
    ]
    pages = page.paginator.get_elided_page_range(page.number)
    context = {
        "page": page,
        "pages": pages,
        "rows": rows,
        "parquet_here": parquet.available(),
        **(tried or {}),
    }
    return shown(request, visit, "exports.html", context, status=status)
