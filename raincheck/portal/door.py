"""The door: a phone number, a code, a session; and the way out."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from raincheck.accounts.models import Company
from raincheck.accounts.sign_in import actor_from_session, send_code, sign_in, sign_out
from raincheck.core.allowance import Allowance
from raincheck.core.errors import Invalid, RaincheckError, SignInNeeded, TooMany
from raincheck.core.scope import company_scope
from raincheck.notifications.browsers import unsubscribe
from raincheck.portal.page import address, doorway, typed, way_on
from raincheck.portal.pending import Pending
from raincheck.web.client import client_address
from raincheck.web.people import candidate_cookie, company_at, public_page

asks = require_http_methods(["GET", "HEAD", "POST"])
#: What may be tried at this door from one address. A university's whole year may come from the same.
AT_THE_DOOR = Allowance("door", at_once=120, every=timedelta(seconds=2))


@asks
@public_page("candidates sign in here")
def ask_for_code(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a phone number and send a code to it; `resend` sends another to the same number."""
    company = company_at(slug)
    pending = Pending.read(request, company)
    if request.method != "POST":
        return _phone_form(request, company, pending, there=request.GET.get("next", ""))
    _count(request)
    again = pending if "resend" in request.POST else None
    phone, there = (again.phone, again.there) if again else (typed(request, "phone"), typed(request, "next"))
    try:
        with company_scope(company.id) as now:
            code_id = send_code(company=company, phone=phone, now=now)
    except (Invalid, TooMany) as error:
        if again:
            return _code_form(request, company, again, error=error)
        return _phone_form(request, company, pending, there=there, phone=phone, error=error)
    response = redirect(address(company, "code"))
    Pending(code_id, phone, now, there).keep(response, company)
    return response


@asks
@public_page("candidates sign in here")
def enter_code(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the code and begin a session; the one this browser had ends."""
    company = company_at(slug)
    pending = Pending.read(request, company)
    if pending is None:
        messages.info(request, gettext("请先输入手机号获取验证码。"))
        return redirect(address(company, "sign_in"))
    if request.method != "POST":
        return _code_form(request, company, pending)
    _count(request)
    old, code = request.COOKIES.get(candidate_cookie(company), ""), typed(request, "code")
    try:
        with company_scope(company.id) as now:
            begun = sign_in(company=company, code_id=pending.code_id, typed=code, replacing=old, now=now)
    except Invalid as error:
        return _code_form(request, company, pending, error=error, code=code)
    rotate_token(request)
    response = redirect(way_on(company, pending.there))
    response.set_cookie(
        candidate_cookie(company),
        begun.token,
        max_age=begun.expires_at - now,
        path=address(company, "home"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    Pending.forget(response, company)
    return response


@require_POST
@public_page("signing out of nothing does no harm")
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """End the session and forget the cookie."""
    company = company_at(slug)
    token = request.COOKIES.get(candidate_cookie(company), "")
    with company_scope(company.id) as now:
        _forget_browser(company, token, endpoint=typed(request, "endpoint"), now=now)
        sign_out(company_id=company.id, token=token, now=now)
    messages.success(request, gettext("您已退出登录。"))
    response = redirect(address(company, "sign_in"))
    response.delete_cookie(candidate_cookie(company), path=address(company, "home"), samesite="Lax")
    return response


def _count(request: HttpRequest) -> None:
    """Count a try, before anything is looked up: its cost mustn't tell who exists either. Raises TooOften."""
    address = client_address(request)
    if address:
        AT_THE_DOOR.spend(address)


def _forget_browser(company: Company, token: str, *, endpoint: str, now: datetime) -> None:
    """Send this browser no more of the notices of whoever signs out; the next to sit down here may be another."""
    if not endpoint:
        return
    with suppress(SignInNeeded):
        _actor, identity = actor_from_session(company_id=company.id, token=token, now=now)
        unsubscribe(
            company_id=company.id, identity_id=identity.id, endpoint=endpoint, why="signed_out", now=now
        )


@require_safe
@public_page("whoever can't sign in must find whom to reach")
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Say how cancelling works and whom to reach."""
    return doorway(request, company_at(slug), "portal/help.html", {})


def _phone_form(
    request: HttpRequest,
    company: Company,
    pending: Pending | None,
    *,
    there: str,
    phone: str = "",
    error: RaincheckError | None = None,
) -> HttpResponse:
    shown = {"pending": pending, "next": there, "phone": phone, "error": error, **_demo()}
    return doorway(request, company, "portal/sign_in.html", shown, status=error.status if error else 200)


def _code_form(
    request: HttpRequest,
    company: Company,
    pending: Pending,
    *,
    error: RaincheckError | None = None,
    code: str = "",
) -> HttpResponse:
    with company_scope(company.id) as now:
        wait = pending.seconds_to_wait(now)
    shown = {"pending": pending, "wait": wait, "error": error, "code": code, **_demo()}
    return doorway(request, company, "portal/code.html", shown, status=error.status if error else 200)


def _demo() -> dict[str, str]:
    """Return where the demo's text messages show; an installation has no such page."""
    return {"phone_page": settings.RAINCHECK_PHONE_URL if settings.RAINCHECK_DEMO else ""}
