"""Proving anew who one is, around allauth's pages that ask for it or need it."""

from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from raincheck.accounts.backends import ELSEWHERE, is_fresh
from raincheck.accounts.factors import recorded_changes
from raincheck.accounts.models import Staff
from raincheck.core.errors import FreshSignInNeeded
from raincheck.web.errors import UNDONE
from raincheck.web.people import View


def demand_fresh(view: View) -> View:
    """Show a page only to whoever proved lately who they are, and record what they change of their second factor.

    allauth asks nobody who has no password and no factor.
    """

    @login_required
    @wraps(view)
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not is_fresh(request):
            raise FreshSignInNeeded
        staff = request.user
        if request.method != "POST" or not isinstance(staff, Staff):
            return view(request, **kwargs)
        with recorded_changes(staff):
            return view(request, **kwargs)

    return page  # type: ignore[return-value] # the view's own type, as it is called


def then_remind(view: View) -> View:
    """Tell whoever proved who they are in the midst of a deed that it is yet to be done: a redirect sends no form."""

    @wraps(view)
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, **kwargs)
        if request.method == "POST" and is_fresh(request) and request.session.pop(UNDONE, False):
            messages.info(request, _("已确认是您本人。刚才的操作还没有执行，请再提交一次"))
        return answer

    return page  # type: ignore[return-value] # likewise


def or_sign_in_again(view: View) -> View:
    """Have whoever only signs in elsewhere do just that."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest) -> HttpResponseBase:
        ways = get_adapter().get_reauthentication_methods(request.user)
        if ways[0]["id"] == ELSEWHERE:
            answer: HttpResponse = render(request, "account/sign_in_again.html")
            return answer
        return view(request)

    return page  # type: ignore[return-value] # likewise
