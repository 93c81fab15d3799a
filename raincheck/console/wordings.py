"""A message's words: editing them, seeing them with a real interview's facts, and sending them to oneself."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.models import Language
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.notice_words import CHANNELS, EVENTS, LANGUAGES, PARTS, RECIPIENTS
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.core.scope import company_scope
from raincheck.notifications import previews
from raincheck.notifications.catalogue import Text
from raincheck.notifications.channels.base import Channel
from raincheck.notifications.choices import OFFERED
from raincheck.notifications.recipients import TABLE
from raincheck.notifications.sms_length import length
from raincheck.notifications.variables import SPEECHES, VARIABLES
from raincheck.notifications.wording import LIMITS, known, reset_words, save_words
from raincheck.notifications.words import facts_said
from raincheck.web.middleware import POLICY
from raincheck.web.people import Visit, staff_page

#: The mail stands in a frame of its own, and that frame may use the styles a mail has to bring along.
_PAGE_POLICY = f"{POLICY}; frame-src 'self'"
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


@staff_page(Ability.VIEW_NOTICES)
@require_GET
def words(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show a template's words in one language, and how they read."""
    template, language = _which(request.GET, visit)
    text, _own = previews.in_force(visit.actor, template, language)
    return _page(request, visit, template, language, text)


@staff_page(Ability.EDIT_NOTICES)
@require_POST
def save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep what was typed, go back to the product's own, or only show how it would read."""
    template, language = _which(request.POST, visit)
    known(template, language)
    text, do = _typed(request.POST), request.POST.get("do", "")
    who_and_when: dict[str, Any] = {
        "actor": visit.actor,
        "template": template,
        "language": language,
        "now": visit.now,
    }
    with attempt() as tried:
        if do == "reset":
            reset_words(**who_and_when)
        elif do == "look":
            previews.preview(visit.actor, template, language, text)
            return _page(request, visit, template, language, text, unsaved=True)
        else:
            save_words(text=text, **who_and_when)
    if tried.error is not None:
        return _page(request, visit, template, language, text, error=tried.error, unsaved=True)
    said = _("已恢复默认文字") if do == "reset" else _("文字已保存，对之后的通知生效；已写出的通知不变")
    messages.success(request, said)
    return redirect(_address(template, language))


@staff_page(Ability.EDIT_NOTICES, calls_out=True)
@require_POST
def test(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send what was typed to whoever asks, and to nobody else."""
    template, language = _which(request.POST, visit)
    known(template, language)
    text = _typed(request.POST)
    error: RaincheckError | None = None
    try:
        channel, to = _channel(request.POST.get("channel", "")), request.POST.get("to", "")
        wanted = previews.Test(template, language, text, channel, to)
        address = previews.send_test(actor=visit.actor, test=wanted)
    except RaincheckError as refusal:
        if not refusal.field:
            raise
        error = refusal
    else:
        said = (
            _("已试发到您的邮箱 %(address)s") % {"address": address}
            if address
            else _("已试发，请在收到后核对")
        )
        messages.success(request, said)
    with company_scope(visit.company.id):
        return _page(request, visit, template, language, text, error=error, unsaved=True)


@staff_page(Ability.VIEW_NOTICES)
@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def mail(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the HTML mail alone, for the frame: of the words in force, or of those typed."""
    asked = request.POST if request.method == "POST" else request.GET
    template, language = _which(asked, visit)
    in_force, _own = previews.in_force(visit.actor, template, language)
    text = _typed(request.POST) if request.method == "POST" else in_force
    with attempt() as tried:
        html = previews.preview(visit.actor, template, language, text).html
    headers = {"Content-Security-Policy": _MAIL_POLICY}
    if tried.error is not None:
        said = f"{tried.error.message} {tried.error.detail}"
        return HttpResponse(said, status=tried.error.status, content_type="text/plain", headers=headers)
    return HttpResponse(html, headers=headers)


def _which(asked: Mapping[str, str], visit: Visit) -> tuple[str, str]:
    return asked.get("template", ""), asked.get("language", "") or visit.person.language


def _channel(typed: str) -> Channel:
    """Return the channel asked for. Raises NotFound."""
    try:
        return Channel(typed or Channel.EMAIL)
    except ValueError as error:
        raise NotFound from error


def _typed(typed: Mapping[str, str]) -> Text:
    """Return the words of a form; what a browser sends as line ends are ours again."""
    return Text(*(typed.get(part, "").replace("\r\n", "\n") for part in ("title", "body", "sms")))


def _address(template: str, language: str) -> str:
    return f"{reverse('console:words')}?{urlencode({'template': template, 'language': language})}"


def _page(
    request: HttpRequest,
    visit: Visit,
    template: str,
    language: str,
    text: Text,
    *,
    error: RaincheckError | None = None,
    unsaved: bool = False,
) -> HttpResponse:
    speech = SPEECHES[template]
    context = {
        "template": template,
        "language": language,
        "tabs": [(code, name, _address(template, code)) for code, name in LANGUAGES.items()],
        "used": [
            (EVENTS[event], RECIPIENTS[line.recipient])
            for event, lines in TABLE.items()
            for line in lines
            if line.template == template
        ],
        "own": previews.in_force(visit.actor, template, language)[1],
        "parts": [(part, PARTS[part], getattr(text, part), LIMITS[part]) for part in LIMITS],
        "variables": _variables(template, language),
        "needed": {"body": speech.body, "sms": speech.sms},
        "previews": _previews(visit, template, language, text),
        "unsaved": unsaved,
        "channels": [
            (channel.value, CHANNELS[channel])
            for channel in OFFERED[template.startswith("candidate_")]
            if channel is not Channel.IN_APP
        ],
        "error": error,
    }
    response = shown(request, visit, "words.html", context, status=error.status if error else 200)
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


def _variables(template: str, language: str) -> list[tuple[str, Any, str, bool]]:
    """Return each variable with its label, an example as it reads, and whether it can't be done without."""
    speech = SPEECHES[template]
    said = facts_said(previews.fictional(template, language))
    return [
        (f"{{{name}}}", VARIABLES[name].label, said[name].strip(), name in {*speech.body, *speech.sms})
        for name in speech.may
    ]


def _previews(visit: Visit, template: str, language: str, text: Text) -> list[dict[str, Any]]:
    """Return the preview in both languages, the one being edited first; what can't be said has none."""
    seen = []
    for one in sorted(Language.values, key=lambda code: code != language):
        words_of_it = text if one == language else previews.in_force(visit.actor, template, one)[0]
        with attempt() as tried:
            found = previews.preview(visit.actor, template, one, words_of_it)
        if tried.error is None:
            counted = length(found.rendered.sms)
            seen.append({"name": LANGUAGES[one], "code": one, "shown": found, "length": counted})
    return seen
