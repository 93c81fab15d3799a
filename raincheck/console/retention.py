"""保留期限: how long the company keeps what, what that would delete now, holds, and the proof of what went."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.archive import holds
from raincheck.console.forms import attempt, uuid_or_none
from raincheck.console.frame import shown
from raincheck.core.errors import RaincheckError
from raincheck.migration.retention import rules, running
from raincheck.migration.retention.kinds import KINDS
from raincheck.web.people import Visit, staff_page

PAGE = 20


@staff_page(Ability.EDIT_RETENTION, looking=Ability.EDIT_RETENTION, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the rules, with what they would do if that is asked for; change them."""
    if request.method != "POST":
        return _shown(request, visit)
    typed = {code: request.POST.get(code, "")[:10] for code in KINDS}
    with attempt() as tried:
        rules.set_rules(days=typed, actor=visit.actor, now=visit.now)
        messages.success(request, _("保留期限已保存"))
    if tried.error:
        return _shown(request, visit, error=tried.error, typed=typed)
    return redirect("console:retention")


@staff_page(Ability.EDIT_RETENTION, fresh=True)
@require_POST
def run(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Carry the rules out now, by a job."""
    running.ask(actor=visit.actor, now=visit.now)
    messages.success(request, _("已开始，完成后可在此下载删除证明"))
    return redirect("console:retention")


@staff_page(Ability.EDIT_RETENTION)
@require_POST
def hold(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Place a hold on a candidate, or on the whole company."""
    whom = request.POST.get("candidate", "").strip()
    why, candidate_id = request.POST.get("why", ""), uuid_or_none(whom) if whom else None
    with attempt() as tried:
        if whom and candidate_id is None:
            raise holds.NoSuchCandidate(field="candidate")
        holds.place(candidate_id=candidate_id, why=why, actor=visit.actor, now=visit.now)
        messages.success(request, _("已设置依法保留"))
    if tried.error:
        return _shown(request, visit, error=tried.error, typed={"candidate": whom[:40], "why": why[:500]})
    return redirect("console:retention")


@staff_page(Ability.EDIT_RETENTION, fresh=True)
@require_POST
def lift(request: HttpRequest, visit: Visit, hold_id: UUID) -> HttpResponse:
    """Lift a hold."""
    holds.lift(hold_id=hold_id, actor=visit.actor, now=visit.now)
    messages.success(request, _("依法保留已解除"))
    return redirect("console:retention")


@staff_page(Ability.EDIT_RETENTION)
@require_safe
def proof(request: HttpRequest, visit: Visit, run_id: UUID) -> JsonResponse:
    """Hand out what a run took, by kind and id, and the audit entry that says so."""
    return JsonResponse(
        running.proof(run_id=run_id, actor=visit.actor),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="raincheck-retention-{run_id}.json"'},
    )


def _shown(
    request: HttpRequest,
    visit: Visit,
    *,
    error: RaincheckError | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    counted = request.GET.get("try") == "1"
    found = rules.prospects(visit.company.id, visit.now, counted=counted)
    page = Paginator(running.runs(visit.actor), PAGE).get_page(request.GET.get("page"))
    given = typed or {}
    context = {
        "prospects": [
            (one, given.get(one.kind.code, str(one.days or "")), one.kind.ceiling()) for one in found
        ],
        "counted": counted,
        "any": any(one.days for one in found),
        "holds": holds.in_force(visit.company.id),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "runs": [(one, _result(one.result)) for one in page],
        "error": error,
        "typed": given,
    }
    return shown(request, visit, "retention.html", context, status=error.status if error else 200)


def _result(result: dict[str, dict[str, object]]) -> list[tuple[object, object, object]]:
    in_order = [code for code in KINDS if code in result]
    return [(KINDS[code].label, result[code]["gone"], result[code]["held"]) for code in in_order]
