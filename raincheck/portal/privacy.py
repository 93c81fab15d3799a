"""我的个人信息: what is held, and asking for a copy of it or for its erasure."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.accounts.identities import open_contacts
from raincheck.archive.data_requests import DUE_WITHIN, NoCopy, ask, fetchable, requests_of, withdraw
from raincheck.archive.models import RequestKind, RequestState
from raincheck.core.crypto import mask_email, mask_phone
from raincheck.core.errors import Invalid
from raincheck.data_copy import copy_of
from raincheck.portal.page import address, page, typed
from raincheck.recruiting.models import ON_SCHEDULE
from raincheck.recruiting.queries import own_record, visible_interviews
from raincheck.web.people import Visit, candidate_page

#: Granted, and still here to read it: told and done within the hour.
_ERASING = (RequestKind.ERASURE, RequestState.GRANTED)


class NotConfirmed(Invalid):
    """Erasure can't be undone, so it is asked for knowingly."""

    code = "not_confirmed"
    message = _("请先确认您已了解删除的后果")
    advice = _("请勾选确认后再提交")


@require_safe
@candidate_page(Ability.ASK_ABOUT_DATA)
def privacy(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what is held, the requests there were, and what can be asked."""
    return _page(request, visit)


@require_POST
@candidate_page(Ability.ASK_ABOUT_DATA)
def ask_for(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for a copy, or for erasure once the consequences are confirmed."""
    kind = typed(request, "kind")
    if kind == RequestKind.ERASURE and typed(request, "sure") != "yes":
        return _page(request, visit, error=NotConfirmed(field="sure"))
    ask(actor=visit.actor, kind=kind, now=visit.now)
    said = gettext("已收到您的请求，我们将在%(days)d天内处理。") % {"days": DUE_WITHIN.days}
    flash.success(request, said)
    return HttpResponseRedirect(address(visit.company, "privacy"))


@require_POST
@candidate_page(Ability.ASK_ABOUT_DATA)
def take_back(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take an open request back."""
    withdraw(actor=visit.actor, kind=typed(request, "kind"), now=visit.now)
    flash.success(request, gettext("已撤回您的请求。"))
    return HttpResponseRedirect(address(visit.company, "privacy"))


@require_POST
@candidate_page(Ability.ASK_ABOUT_DATA)
def copy(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand out the copy that was granted; by POST, since it is recorded. Raises NoCopy."""
    candidate = own_record(visit.actor)
    fetchable(candidate, now=visit.now)
    return JsonResponse(
        copy_of(candidate=candidate, actor=visit.actor, now=visit.now),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": 'attachment; filename="raincheck-my-data.json"'},
    )


def _page(request: HttpRequest, visit: Visit, *, error: Invalid | None = None) -> HttpResponse:
    candidate = own_record(visit.actor)
    contacts = open_contacts(candidate.identity)
    asked = list(requests_of(candidate))
    standing = {one.kind: one for one in asked if one.state == RequestState.OPEN}
    try:
        granted = fetchable(candidate, now=visit.now)
    except NoCopy:
        granted = None
    shown = {
        "candidate": candidate,
        "phone": mask_phone(contacts.phone),
        "email": mask_email(contacts.email),
        "has_id_number": bool(contacts.id_number),
        "asked": asked,
        "copy_open": RequestKind.COPY in standing,
        "erasure_open": standing.get(RequestKind.ERASURE),
        "erasing": any((one.kind, one.state) == _ERASING for one in asked),
        "granted": granted,
        "expected": visible_interviews(visit.actor).filter(state__in=ON_SCHEDULE).exists(),
        "error": error,
    }
    return page(request, visit, "portal/privacy.html", shown, status=error.status if error else 200)
