"""The list of interviews with its filters."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_GET

from raincheck.accounts.abilities import Ability, reach
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.queries import latest_by_interview
from raincheck.console.forms import day_start, uuid_or_none
from raincheck.console.frame import shown
from raincheck.console.vocabulary import INITIATORS
from raincheck.migration.loading.originals import brought_in
from raincheck.migration.rollback.batches import batches
from raincheck.migration.rollback.models import Batch
from raincheck.recruiting import queries
from raincheck.recruiting.models import InterviewState
from raincheck.web.people import Visit, staff_page

PAGE = 50


@staff_page(Ability.VIEW_INTERVIEWS)
@require_GET
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the interviews the reader may see; from today on, unless other dates are asked for."""
    typed = request.GET.copy()
    of = _batch(typed, visit)
    typed.setdefault("from", "" if of else timezone.localdate().isoformat())
    found = queries.search_interviews(visit.actor, _filters(typed, visit, of))
    page = Paginator(found, PAGE).get_page(typed.get("page"))
    cancellations = latest_by_interview(interview.id for interview in page)
    sees_positions = reach(visit.actor, Ability.VIEW_POSITIONS) is not None
    context = {
        "typed": typed,
        "filtered": any(typed.get(name) for name in ("q", "state", "department", "position", "to", "batch")),
        "batch": of,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "rows": [(interview, _brief(cancellations.get(interview.id))) for interview in page],
        "states": InterviewState.choices,
        "departments": queries.visible_departments(visit.actor),
        "positions": queries.visible_positions(visit.actor) if sees_positions else [],
    }
    return shown(request, visit, "interviews.html", context)


def _batch(typed: QueryDict, visit: Visit) -> Batch | None:
    """Return the batch whose interviews are asked for; none where there is none that the reader may see."""
    batch_id = uuid_or_none(typed.get("batch", ""))
    if batch_id is None or reach(visit.actor, Ability.VIEW_BATCHES) is None:
        return None
    return batches(visit.actor).filter(id=batch_id).first()


def _filters(typed: QueryDict, visit: Visit, of: Batch | None) -> queries.Filters:
    """Read what was typed; what can't be read narrows nothing."""
    state = typed.get("state", "")
    return queries.Filters(
        text=typed.get("q", "")[:80],
        state=state if state in InterviewState.values else "",
        department_id=uuid_or_none(typed.get("department", "")),
        position_id=uuid_or_none(typed.get("position", "")),
        starts_from=day_start(typed.get("from", ""), zone=visit.zone),
        starts_before=day_start(typed.get("to", ""), zone=visit.zone, days_on=1),
        among=brought_in(of).values("interview_id") if of else None,
    )


def _brief(cancellation: Cancellation | None) -> dict[str, Any] | None:
    if cancellation is None:
        return None
    return {
        "row": cancellation,
        "who": INITIATORS[cancellation.initiator],
        "state": State(cancellation.state).label,
        "reason": cancellation.reason,
    }
