"""What a person hears of and where: topics that can be left, by link or in the settings, and this browser's notices."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.accounts.models import CandidateIdentity, Language
from raincheck.accounts.reading import read_in
from raincheck.core.scope import company_scope
from raincheck.notifications import browsers
from raincheck.notifications.leaving import Reader, choose, left_topics, reader_of
from raincheck.notifications.models import RecipientKind
from raincheck.notifications.recipients import Topic
from raincheck.portal.page import address, doorway, page, typed
from raincheck.web.errors import Garbled
from raincheck.web.people import Visit, candidate_page, company_at, public_page

asks = require_http_methods(["GET", "HEAD", "POST"])
TOPICS = {
    Topic.REMINDERS: (gettext_lazy("面试提醒"), gettext_lazy("面试前的提醒，附确认、改期和取消的链接")),
    Topic.TALENT: (gettext_lazy("人才库消息"), gettext_lazy("有合适的新岗位时告诉您")),
}


@csrf_exempt
@asks
@public_page("the link itself is the key; mail programs press it without a cookie (RFC 8058)")
def unsubscribe(request: HttpRequest, slug: str, topic: str, ticket: str) -> HttpResponse:
    """Show what can be left (GET); leave it, or come back (POST, by the page's button or the mail program's)."""
    company = company_at(slug)
    with company_scope(company.id) as now:
        reader = reader_of(company_id=company.id, topic=topic, token=ticket)
        if request.method == "POST":
            wanted, way = _pressed(request)
            choose(reader=reader, wanted=wanted, way=way, now=now)
        shown = {
            "topic": TOPICS[reader.topic],
            "left": reader.topic in left_topics(reader.person.id),
            "done": request.method == "POST",
            "staff": reader.kind == RecipientKind.STAFF,
        }
        return doorway(request, company, "portal/unsubscribe.html", shown)


def _pressed(request: HttpRequest) -> tuple[bool, str]:
    """Return whether the topic is wanted, and by which button that was said. Raises Garbled for any other form."""
    if typed(request, "List-Unsubscribe") == "One-Click":
        return False, "one_click"
    if (said := typed(request, "wanted")) in {"yes", "no"}:
        return said == "yes", "link"
    raise Garbled


@require_safe
@candidate_page(Ability.READ_MESSAGES)
def settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """通知设置: what can be left, what can't and why, and this browser."""
    left = left_topics(visit.person.id)
    topics = [(topic, *words, topic not in left) for topic, words in TOPICS.items()]
    shown = {"topics": topics, "languages": Language.choices, "reads": visit.person.language}
    return page(request, visit, "portal/settings.html", shown)


@require_POST
@candidate_page(Ability.READ_MESSAGES)
def language(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Be written to in another language."""
    read_in(person=visit.person, language=typed(request, "language"))
    flash.success(request, gettext("已保存。"))
    return HttpResponseRedirect(address(visit.company, "settings"))


@require_POST
@candidate_page(Ability.READ_MESSAGES)
def topic(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Leave a topic or come back to it."""
    wanted, chosen = typed(request, "wanted") == "yes", typed(request, "topic")
    if chosen in set(Topic) and isinstance(visit.person, CandidateIdentity):
        reader = Reader(RecipientKind.CANDIDATE, visit.person, Topic(chosen))
        choose(reader=reader, wanted=wanted, way="settings", now=visit.now)
        flash.success(request, gettext("已保存。"))
    return HttpResponseRedirect(address(visit.company, "settings"))


@require_POST
@candidate_page(Ability.READ_MESSAGES)
def push_on(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep what the browser subscribed with, so that notices reach it."""
    browsers.subscribe(
        company_id=visit.company.id,
        identity_id=visit.person.id,
        subscription=typed(request, "subscription"),
        now=visit.now,
    )
    return JsonResponse({"on": True})


@require_POST
@candidate_page(Ability.READ_MESSAGES)
def push_off(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Forget this browser."""
    browsers.unsubscribe(
        company_id=visit.company.id,
        identity_id=visit.person.id,
        endpoint=typed(request, "endpoint"),
        why="unsubscribed",
        now=visit.now,
    )
    return JsonResponse({"on": False})
