"""Positions: what each still holds on its schedule; freezing one, after a look at what that does."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.cancellations.batches import freeze_position, preview_freeze, reopen_position
from raincheck.cancellations.queries import reasons_for
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.vocabulary import REFUSALS
from raincheck.core.errors import Invalid, RaincheckError
from raincheck.recruiting.models import InterviewState
from raincheck.recruiting.queries import positions_with_counts
from raincheck.web.people import Visit, staff_page

SHOWN = 30


class NotConfirmed(Invalid):
    """The box that says one has looked wasn't ticked."""

    code = "not_confirmed"
    message = gettext_lazy("请先确认您已核对影响")


@staff_page(Ability.VIEW_POSITIONS)
@require_GET
def positions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the positions the reader may see."""
    return shown(request, visit, "positions.html", {"positions": positions_with_counts(visit.actor)})


@staff_page(Ability.FREEZE_POSITION, fresh=True)
@require_http_methods(["GET", "POST"])
def freeze(request: HttpRequest, visit: Visit, position_id: UUID) -> HttpResponse:
    """Show what freezing would do, then do it."""
    if request.method == "GET":
        return _preview(request, visit, position_id)
    with attempt() as tried:
        if not request.POST.get("confirmed"):
            raise NotConfirmed(field="confirmed")
        reason = request.POST.get("reason", "")
        frozen = freeze_position(position_id=position_id, actor=visit.actor, reason=reason, now=visit.now)
    if tried.error is not None:
        return _preview(request, visit, position_id, error=tried.error)
    said = {"cancelled": frozen.cancelled, "kept": frozen.kept}
    if frozen.in_parts:
        messages.success(request, _("岗位已冻结：面试较多，正在后台分批取消"))
    else:
        messages.success(request, _("岗位已冻结：%(cancelled)d场面试正在取消，%(kept)d场保留") % said)
    return redirect("console:positions")


def _preview(
    request: HttpRequest, visit: Visit, position_id: UUID, *, error: RaincheckError | None = None
) -> HttpResponse:
    preview = preview_freeze(position_id=position_id, actor=visit.actor, now=visit.now)
    begun = [interview for interview in preview.cancelled if interview.state == InterviewState.IN_PROGRESS]
    context = {
        "position": preview.position,
        "cancelled": preview.cancelled[:SHOWN],
        "total": len(preview.cancelled),
        "candidates": len({interview.application.candidate_id for interview in preview.cancelled}),
        "begun": begun,
        "kept": [(interview, REFUSALS.get(refusal, refusal)) for interview, refusal in preview.kept],
        "reasons": reasons_for(visit.actor),
        "typed": request.POST,
        "error": error,
    }
    return shown(request, visit, "freeze.html", context, status=error.status if error else 200)


@staff_page(Ability.FREEZE_POSITION, fresh=True)
@require_POST
def reopen(request: HttpRequest, visit: Visit, position_id: UUID) -> HttpResponse:
    """Open a frozen position again."""
    position = reopen_position(position_id=position_id, actor=visit.actor, now=visit.now)
    said = {"title": position.title}
    messages.success(request, _("岗位“%(title)s”已重新开放；已取消的面试不会恢复") % said)
    return redirect("console:positions")
