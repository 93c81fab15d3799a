"""承诺达成: how fast people were answered, and how often in time."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from raincheck.accounts.abilities import Ability
from raincheck.console.frame import shown
from raincheck.operations.measured import Kept, Sent, kept, sent
from raincheck.operations.metrics import STATEMENT_LIMIT
from raincheck.operations.promises import Promise
from raincheck.operations.sql import limit_time
from raincheck.web.people import Visit, staff_page
from raincheck.worklist.models import Kind
from raincheck.worklist.queries import inbox

#: In seconds. Whoever reloads the page reads the same figures again; the database counts once.
_REMEMBERED = 60
_WORDS: dict[Promise, tuple[Words, Words]] = {
    Promise.ANSWER: (_("1分钟内确认收到"), _("从候选人提交取消申请，到确认短信或邮件发出")),
    Promise.OUTCOME: (_("15分钟内告知结果"), _("从提交申请到结果发出；需审核的，按规则的审核时限计")),
}
_ALARMS = (Kind.ANSWER_AT_RISK, Kind.OUTCOME_AT_RISK)


@dataclass(frozen=True)
class Figures:
    """What the page shows; both empty where the database couldn't count in time."""

    kept: list[Kept]
    sent: list[Sent]


@staff_page(Ability.VIEW_PROMISES)
@require_GET
def promises(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show how each promise was kept over a day, a week and a month, and what is at risk now."""
    found = _figures(visit)
    context = {
        "promises": [(_WORDS[p], [one for one in found.kept if one.promise == p]) for p in Promise],
        "sent": found.sent,
        "counted": bool(found.kept),
        "alarms": [(task, Kind(task.kind).label) for task in inbox(visit.actor).filter(kind__in=_ALARMS)],
    }
    return shown(request, visit, "promises.html", context)


def _figures(visit: Visit) -> Figures:
    key = f"promises:{visit.company.id}"
    found: Figures | None = cache.get(key)
    if found is None:
        try:
            with transaction.atomic():
                limit_time(STATEMENT_LIMIT)
                found = Figures(kept(visit.now), sent(visit.now))
        except DatabaseError:
            found = Figures([], [])
        cache.set(key, found, _REMEMBERED)
    return found
