"""取消回执: what was recorded of a candidate's request, signed, and the program that checks it anywhere."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from raincheck.accounts.abilities import Ability
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.audit.receipts import VERIFIER, receipt_for
from raincheck.core.errors import NotFound
from raincheck.recruiting import queries as recruiting
from raincheck.web.people import Visit, candidate_page, company_at, public_page


@require_safe
@candidate_page(Ability.VIEW_INTERVIEWS)
def receipt(request: HttpRequest, visit: Visit, interview_id: UUID) -> HttpResponse:
    """Hand out the receipt of the candidate's own latest request. Raises NotFound where they made none."""
    interview = recruiting.get_interview(visit.actor, interview_id)
    asked = Entry.objects.filter(interview_id=interview.id, action=Action.REQUESTED, actor_id=visit.actor.id)
    entry = asked.order_by("id").last()
    if entry is None:
        raise NotFound
    return JsonResponse(
        receipt_for(entry),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={
            "Content-Disposition": f'attachment; filename="raincheck-receipt-{entry.id}.json"',
            "Cache-Control": "no-store",
        },
    )


@require_safe
@public_page("whoever is shown a receipt may check it")
def verifier(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out the program that checks receipts."""
    company_at(slug)
    return HttpResponse(
        VERIFIER.read_bytes(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'},
    )
