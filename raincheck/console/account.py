"""我的账号: where one is signed in, one's second factor, and accounts elsewhere that lead in."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts.backends import is_fresh
from raincheck.accounts.factors import FACTORS
from raincheck.accounts.models import Language, Staff
from raincheck.accounts.outside import ways
from raincheck.accounts.reading import read_in
from raincheck.accounts.sessions import end_session, sessions_of
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.console.frame import shown
from raincheck.core.errors import Conflict, FreshSignInNeeded, NotFound
from raincheck.web.people import Visit, own_page


class LastWayIn(Conflict):
    """Without a password this account is the only way in."""

    code = "last_way_in"
    message = gettext_lazy("这是您唯一的登录方式")
    advice = gettext_lazy("请先设置密码，再解除关联")


@own_page("people look after their own account")
@require_GET
def account(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the person's own account."""
    staff = _me(visit)
    tied = {one.provider: one.pk for one in SocialAccount.objects.filter(user=staff)}
    context = {
        "sessions": sessions_of(staff.id, key=request.session.session_key, now=visit.now),
        "factors": Authenticator.objects.filter(user=staff, type__in=FACTORS).count(),
        "ways": [(way, tied.get(way["id"])) for way in ways()],
        "has_password": staff.has_usable_password(),
        "languages": Language.choices,
    }
    return shown(request, visit, "account.html", context)


@own_page("people say in which language they are written to")
@require_POST
def language(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Be written to in another language."""
    read_in(person=_me(visit), language=request.POST.get("language", ""))
    messages.success(request, _("已保存。"))
    return redirect("console:account")


@own_page("people end their own sessions")
@require_POST
def end(request: HttpRequest, visit: Visit, session_id: int) -> HttpResponse:
    """End one of one's own sessions."""
    staff = _me(visit)
    if not end_session(staff_id=staff.id, session_id=session_id):
        raise NotFound
    subject = Subject("staff", staff.id)
    record(actor=visit.actor, action=Action.SESSIONS_ENDED, subject=subject, now=visit.now, sessions=1)
    messages.success(request, _("该会话已结束"))
    return redirect("console:account")


@own_page("people untie their own accounts elsewhere")
@require_POST
def untie(request: HttpRequest, visit: Visit, tie_id: int) -> HttpResponse:
    """Untie an account elsewhere, so that it leads in no more."""
    staff = _me(visit)
    found = SocialAccount.objects.filter(user=staff, pk=tie_id).first()
    if found is None:
        raise NotFound
    if not is_fresh(request):
        raise FreshSignInNeeded
    if not staff.has_usable_password() and SocialAccount.objects.filter(user=staff).count() == 1:
        raise LastWayIn
    found.delete()
    subject = Subject("staff", staff.id)
    facts = {"what": "disconnected", "provider": found.provider}
    record(actor=visit.actor, action=Action.ACCOUNT_CONNECTED, subject=subject, now=visit.now, **facts)
    messages.success(request, _("已解除关联"))
    return redirect("console:account")


def _me(visit: Visit) -> Staff:
    if not isinstance(visit.person, Staff):
        raise NotFound
    return visit.person
