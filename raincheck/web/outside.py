"""The doors of OIDC, DingTalk and Feishu: allauth's, with what our policy for pages asks on top."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialApp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from raincheck.core.errors import NotFound
from raincheck.web.people import public_page

_Door = Callable[..., HttpResponse]


def away(view: _Door) -> _Door:
    """Begin a sign-in elsewhere. Our pages let forms lead nowhere but here, so a page in between leads on."""

    @public_page("staff begin to sign in elsewhere here")
    @require_POST
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer = _found(view, request, kwargs)
        there = urlsplit(answer.get("Location", ""))
        if not there.netloc:
            return answer
        context = {"url": there.geturl(), "host": there.netloc}
        return render(request, "account/away.html", context)

    return page


def back(view: _Door) -> _Door:
    """Come back from there, with a code that is worth something only to the browser that left."""

    @public_page("staff come back from signing in elsewhere here")
    @require_GET
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return _found(view, request, kwargs)

    return page


def _found(view: _Door, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
    try:
        return view(request, **kwargs)
    except SocialApp.DoesNotExist as error:
        raise NotFound from error
    except ImmediateHttpResponse as error:
        answer: HttpResponse = error.response
        return answer
