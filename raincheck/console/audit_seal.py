"""封存: how the trail's seal stands, its newest checkpoint, and the proof of any one entry, to take away."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from raincheck.accounts.abilities import Ability
from raincheck.audit.models import Entry
from raincheck.audit.notes import signer
from raincheck.audit.proving import grown_since, newest, proof_of
from raincheck.audit.receipts import VERIFIER
from raincheck.audit.stamping import latest
from raincheck.audit.window import window
from raincheck.console.frame import shown
from raincheck.core.errors import NotFound
from raincheck.web.people import Visit, staff_page

_DIGITS = 15


@staff_page(Ability.VIEW_AUDIT)
@require_safe
def seal(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say how many entries are sealed, what waits, and with which key all of it is checked."""
    found = window(visit.now)
    context = {
        "window": found,
        "late": found.seconds > settings.RAINCHECK_UNSEALED_SECONDS,
        "limit": settings.RAINCHECK_UNSEALED_SECONDS,
        "verifier": str(signer().verifier),
        "seal": newest(),
        "stamp": latest(),
    }
    return shown(request, visit, "audit_seal.html", context)


@staff_page(Ability.EXPORT_AUDIT)
@require_safe
def checkpoint(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand out the newest checkpoint, to be kept where nobody here can reach it. Raises NotFound before the first."""
    seal = newest()
    if seal is None:
        raise NotFound
    name = f"raincheck-{seal.size}.checkpoint"
    return HttpResponse(
        seal.note,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@staff_page(Ability.EXPORT_AUDIT)
@require_safe
def proof(request: HttpRequest, visit: Visit, entry_id: UUID) -> HttpResponse:
    """Hand out one entry with the proof that it is in the log. Raises NotFound, also while it isn't sealed."""
    entry = Entry.objects.filter(company_id=visit.company.id, id=entry_id).first()
    if entry is None:
        raise NotFound
    return JsonResponse(
        proof_of(entry),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="raincheck-proof-{entry.id}.json"'},
    )


@staff_page(Ability.EXPORT_AUDIT)
@require_safe
def consistency(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand out the proof that the log only grew since a checkpoint of `earlier` entries. Raises NotFound."""
    text = request.GET.get("earlier", "").strip()
    # More digits than any log will ever have entries are no size, and no number to reckon with.
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise NotFound
    proven = grown_since(int(text))
    name = f"raincheck-consistency-{proven['earlier']}-{proven['later']}.json"
    return JsonResponse(
        proven,
        json_dumps_params={"indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@staff_page(Ability.VIEW_AUDIT)
@require_safe
def verifier(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand out the program that checks proofs and receipts."""
    return HttpResponse(
        VERIFIER.read_bytes(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'},
    )
