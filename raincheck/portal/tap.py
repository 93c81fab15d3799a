"""Where a reminder's link leads: the time, the position, the rule, and three answers. Nobody has to sign in for it.

Whoever holds the link sees no name, number or address. Mail scanners follow links, and some press buttons: GET shows,
POST acts, and no one press cancels anything.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from raincheck.accounts.identities import zone_of
from raincheck.accounts.models import Company
from raincheck.cancellations import queries as cancellations
from raincheck.core.errors import Invalid
from raincheck.core.scope import company_scope
from raincheck.portal.page import address, doorway, typed
from raincheck.portal.story import auto_until, refusal_of
from raincheck.recruiting.models import InterviewState
from raincheck.reminders.answering import ReminderOvertaken, Tapped, answer_reminder, tapped
from raincheck.reminders.models import Answer
from raincheck.web.people import company_at, public_page

asks = require_http_methods(["GET", "HEAD", "POST"])


@asks
@public_page("the link itself is the key, and opens little")
def tap(request: HttpRequest, slug: str, link: str) -> HttpResponse:
    """Show how things stand (GET); take the answer (POST), then show it again."""
    company = company_at(slug)
    with company_scope(company.id) as now:
        found = tapped(company_id=company.id, token=link)
        error = _answer(request, company, link, now)
        if request.method == "POST" and error is None:
            return HttpResponseRedirect(address(company, "tap", link=link))
        shown = {
            **_shown(found, now),
            "link": link,
            "other": "other" in request.GET or error is not None,
            "wish": typed(request, "wish"),
            "error": error,
        }
        with timezone.override(zone_of(found.interview.application.candidate.identity, company)):
            return doorway(request, company, "portal/tap.html", shown, status=error.status if error else 200)


def _answer(request: HttpRequest, company: Company, link: str, now: datetime) -> Invalid | None:
    """Give what was pressed, if anything was; return what is wrong with a field."""
    answer = typed(request, "answer")
    if answer not in Answer.values:
        return None
    try:
        answer_reminder(
            company_id=company.id, token=link, answer=Answer(answer), wish=typed(request, "wish"), now=now
        )
    except ReminderOvertaken:
        # The page they are led to says what has become of the interview.
        return None
    except Invalid as error:
        return error
    return None


def _shown(found: Tapped, now: datetime) -> dict[str, Any]:
    interview, reminder = found.interview, found.reminder
    settled = interview.state in {InterviewState.CANCELLING, InterviewState.CANCELLED}
    outlook = None if settled else cancellations.forecast(interview=interview, actor=found.actor, now=now)
    return {
        "interview": interview,
        "answered": reminder.answer if found.stands(now) else "",
        "open": found.stands(now) and not reminder.answer,
        "moved": found.moved,
        "over": interview.key_instant <= now,
        "outlook": outlook,
        "auto_until": auto_until(interview, outlook),
        "refusal": refusal_of(outlook),
        "title": gettext("面试提醒"),
        "now": now,
    }
