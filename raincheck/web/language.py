"""Choosing a language: remembered in a cookie, for people signed in and not."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

A_YEAR = 365 * 24 * 3600


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language and go back to where the person was."""
    there = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(there, allowed_hosts=None):
        there = "/"
    response = HttpResponseRedirect(there)
    language = request.POST.get("language", "")
    if is_spoken(language):
        remember(response, language)
    return response


def is_spoken(language: str) -> bool:
    """Say whether there are pages in it."""
    return check_for_language(language) and language in dict(settings.LANGUAGES)


def remember(response: HttpResponse, language: str) -> None:
    """Have the browser remember a language that is spoken here."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
        httponly=True,
    )
