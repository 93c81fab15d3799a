"""The one place where a refusal becomes an answer: a page for people, JSON for programs."""

import sys
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.models import Company
from raincheck.core.errors import (
    FreshSignInNeeded,
    NotFound,
    RaincheckError,
    SecondFactorNeeded,
    SignInNeeded,
    TooMany,
)
from raincheck.core.outages import DISK_FULL, is_outage, sqlstate
from raincheck.web import unsent
from raincheck.web.people import company_at

log = structlog.get_logger(__name__)
#: In the session of whoever is asked who they are in the midst of a deed: it is yet to be done.
UNDONE = "undone"


class FormStale(RaincheckError):
    """The form's CSRF token doesn't match: the page was old, or the request isn't the person's own."""

    code = "form_stale"
    status = 403
    message = _("页面已过期")
    advice = _("请返回上一页，刷新后再提交一次")


class WrongMethod(RaincheckError):
    """The address is there, but isn't asked this way: a form's target, opened as a page."""

    code = "wrong_method"
    status = 405
    message = _("该地址不能这样访问")
    advice = _("请返回上一页，使用页面上的按钮操作")


class TooLarge(RaincheckError):
    """More was sent than anyone needs to."""

    code = "too_large"
    status = 413
    message = _("提交的内容过大")
    advice = _("请减少内容后再次提交")


class Garbled(RaincheckError):
    """Not a request any page of ours makes."""

    code = "bad_request"
    status = 400
    message = _("无法识别的请求")
    advice = _("请返回上一页，刷新后再试一次")


class Broken(RaincheckError):
    """A bug of ours; the details are in the log under the request id."""

    code = "internal"
    status = 500
    message = _("系统出现问题，您的操作没有生效")
    advice = _("我们已记录此问题。请稍后重试，或联系HR")


class Unavailable(RaincheckError):
    """The database is out of reach. Whether the request was done isn't known: its answer may be what got lost."""

    code = "unavailable"
    status = 503
    message = _("服务暂时不可用")
    advice = _("请稍后重试。取消申请重复提交也只会处理一次")

    def __init__(self) -> None:
        # The embedded database is back in about a second.
        super().__init__(retry_after=2)


def refusal_response(request: HttpRequest, error: RaincheckError) -> HttpResponse:
    """Answer with the error's code, status, words and contact, in the form the asker understands."""
    log.info("refused", code=error.code, status=error.status, path=request.path)
    if isinstance(error, SignInNeeded) and not _wants_json(request):
        return _to_sign_in(request)
    if isinstance(error, SecondFactorNeeded | FreshSignInNeeded) and not _wants_json(request):
        return _to_proof(request, error)
    words = {
        "code": error.code,
        "message": str(error.message),
        "advice": str(error.advice),
        "detail": error.detail,
        "field": error.field,
    }
    if _wants_json(request):
        answer = JsonResponse({"error": words}, status=error.status)
        if error.challenge:
            answer.headers["WWW-Authenticate"] = error.challenge
        return with_wait(answer, error)
    shown = {"error": error, **words, **_surroundings(request, error)}
    return with_wait(render(request, "web/refusal.html", shown, status=error.status), error)


def with_wait(answer: HttpResponse, error: RaincheckError | None) -> HttpResponse:
    """Say in the answer's head from when on the same may be tried again, where the refusal knows."""
    if error is not None and error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _surroundings(request: HttpRequest, error: RaincheckError) -> dict[str, Any]:
    """Return where the page leads back to, whom it names to reach, and the id by which the log finds it."""
    # Nothing is asked of a database that may be what is broken.
    ours = isinstance(error, Broken | Unavailable)
    company = _company(request) if request.path.startswith("/c/") and not ours else None
    doors = {"/console/": "/console/", "/staff/": "/staff/login/"}
    home = next((there for room, there in doors.items() if request.path.startswith(room)), "")
    home = f"/c/{company.slug}/" if company else home
    return {
        "company": company,
        "home": home,
        "contact": error.contact or (company.contact if company else None),
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }


def _company(request: HttpRequest) -> Company | None:
    try:
        return company_at(request.path.split("/")[2])
    except NotFound:
        return None


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer whoever tries the staff's door too often; its counts go back a minute, and no further."""
    return refusal_response(request, TooMany(retry_after=60))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a failed CSRF check in the same words and form as every other refusal."""
    return refusal_response(request, FormStale())


def not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Say in words what Django answers without any: how the address may be asked stands in the head.

    A form that couldn't be done is shown again at its own address. Whoever proved who they are from there comes back
    to it by a link of ours, and is led on to the page it stands on, which is the next above.
    """
    if request.method == "GET" and not _wants_json(request) and _came_from(request):
        return HttpResponseRedirect(_page_above(request.path))
    answer = refusal_response(request, WrongMethod())
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses to read."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    return refusal_response(request, TooLarge() if too_large else Garbled())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return refusal_response(request, NotFound())


def broken(request: HttpRequest) -> HttpResponse:
    """Answer after a bug, or an outage met outside of a page: no stack trace ever reaches a page."""
    error = sys.exception()
    if error is not None and is_outage(error):
        return out_of_reach(request, error)
    return refusal_response(request, Broken())


def out_of_reach(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Answer where the database was lost on the way, or couldn't; the same request may be sent again."""
    said = {"path": request.path, "kind": type(error).__name__, "sqlstate": sqlstate(error)}
    if said["sqlstate"] == DISK_FULL:
        log.error("the database's disk is full", **said)
    else:
        log.warning("the database couldn't do it", **said)
    return refusal_response(request, Unavailable())


def _wants_json(request: HttpRequest) -> bool:
    if request.path.startswith(("/hooks/", "/api/", "/healthz", "/metrics")):
        return True
    return request.headers.get("Accept", "").startswith("application/json")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the door, and from there to the page one was on. Whoever sent a form isn't left to think it was done."""
    room = f"/c/{request.path.split('/')[2]}/" if request.path.startswith("/c/") else "/console/"
    there = f"{room}sign-in/" if request.path.startswith("/c/") else "/staff/login/"
    acts = request.method not in {"GET", "HEAD"}
    if acts:
        messages.warning(request, _("登录已失效，刚才的操作没有提交。请登录后再做一次"))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": there})
    page = _came_from(request) if acts else request.get_full_path()
    wanted = page if page.startswith(room) or not acts else ""
    return HttpResponseRedirect(f"{there}?{urlencode({'next': wanted})}" if wanted else there)


def _to_proof(request: HttpRequest, error: RaincheckError) -> HttpResponse:
    """Lead to where a second factor is set up, or who they are is proven anew; and back to the page they were on."""
    there = "/staff/mfa/" if isinstance(error, SecondFactorNeeded) else "/staff/reauthenticate/"
    messages.info(
        request,
        f"{error.message}。{error.advice}" if get_language() != "en" else f"{error.message}. {error.advice}.",
    )
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": there})
    if isinstance(error, SecondFactorNeeded):
        return HttpResponseRedirect(there)
    request.session[UNDONE] = request.method != "GET"
    if request.method == "POST" and request.path.startswith("/console/") and not unsent.keep(request):
        messages.warning(request, _("您填写的内容过长，无法暂存。请先用浏览器的“返回”复制，再继续"))
    return HttpResponseRedirect(f"{there}?{urlencode({'next': _page_of(request)})}")


def _page_of(request: HttpRequest) -> str:
    """Return the page asked for, or the one a form was on where the browser says so: a redirect sends no form."""
    if request.method == "GET":
        return request.get_full_path()
    came_from = _came_from(request)
    return came_from if came_from.startswith(("/console/", "/staff/")) else "/console/"


def _came_from(request: HttpRequest) -> str:
    """Return the page of ours that the browser says led here, or `""`."""
    page = urlsplit(request.headers.get("Referer", ""))
    ours = page.netloc == request.get_host()
    return urlunsplit(("", "", page.path, page.query, "")) if ours else ""


def _page_above(path: str) -> str:
    """Return the nearest address above that leads anywhere; the root always does."""
    above = path.rstrip("/").rpartition("/")[0] + "/"
    return above if is_valid_path(above) else _page_above(above)
