"""What every console page stands in: who is here, what they may do, and how much waits for them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from raincheck.accounts.abilities import Ability, reach
from raincheck.accounts.models import ROLE_LABELS
from raincheck.cancellations.queries import mismatches, review_inbox
from raincheck.core.actor import Actor, Role
from raincheck.notifications.queries import unread_count
from raincheck.web.errors import with_wait
from raincheck.web.people import Visit
from raincheck.worklist.queries import inbox


@dataclass(frozen=True)
class Room:
    """One entry of the side navigation; `group` names the label it begins, if any."""

    name: str
    section: str
    label: Promise
    icon: str
    ability: Ability
    group: Promise | None = None


ROOMS = (
    Room("home", "interviews", pgettext_lazy("room", "面试"), "state-scheduled", Ability.VIEW_INTERVIEWS),
    Room("reviews", "reviews", pgettext_lazy("room", "待审核"), "state-in_review", Ability.VIEW_REVIEWS),
    Room("tasks", "tasks", _("待办"), "task", Ability.VIEW_TASKS),
    Room("messages", "messages", _("消息"), "bell", Ability.READ_MESSAGES),
    Room("calendars", "calendars", _("日历"), "state-scheduled", Ability.SUBSCRIBE_CALENDAR),
    Room(
        "positions",
        "positions",
        pgettext_lazy("room", "岗位"),
        "briefcase",
        Ability.VIEW_POSITIONS,
        group=_("招聘"),
    ),
    Room("talent", "talent", _("人才库"), "pool", Ability.VIEW_TALENT),
    Room("audit", "audit", _("取消审计"), "archive", Ability.VIEW_AUDIT, group=_("审计")),
    Room("promises", "promises", _("承诺达成"), "clock", Ability.VIEW_PROMISES),
    Room("rules", "rules", _("取消规则"), "rules", Ability.VIEW_RULES, group=_("设置")),
    Room("notices", "notices", _("通知规则"), "mail", Ability.VIEW_NOTICES),
    Room("reminders", "reminders", _("面试提醒"), "bell", Ability.VIEW_REMINDERS),
    Room("vendors", "vendors", _("AI面试系统"), "vendor", Ability.VIEW_VENDORS),
    Room("batches", "batches", _("数据迁移"), "archive", Ability.VIEW_BATCHES),
    Room("channels", "channels", _("通知渠道"), "chat", Ability.VIEW_CHANNELS),
    Room("staff", "staff", _("员工"), "user", Ability.VIEW_STAFF),
    Room("keys", "keys", _("API密钥"), "lock", Ability.VIEW_KEYS),
    Room("group", "group", _("集团"), "building", Ability.VIEW_GROUP),
)
#: The widest role is the one a person is called by.
_RANK = (
    Role.COMPANY_ADMIN,
    Role.HR_MANAGER,
    Role.RECRUITER,
    Role.AUDITOR,
    Role.DEPARTMENT_VIEWER,
    Role.INTERVIEWER,
)


def shown(
    request: HttpRequest,
    visit: Visit,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Answer with a console page: its own context plus the frame every page shares."""
    frame = {
        "visit": visit,
        "may": abilities(visit.actor),
        "rooms": [room for room in ROOMS if reach(visit.actor, room.ability)],
        "section": request.path.split("/")[2] or "interviews",
        "counts": _counts(visit.actor),
        "guest": visit.actor.guest,
        "role": next((ROLE_LABELS[role] for role in _RANK if role in visit.actor.roles), ""),
    }
    answer = render(request, f"console/{template}", {**frame, **(context or {})}, status=status)
    return with_wait(answer, (context or {}).get("error"))


def fragment(request: HttpRequest, visit: Visit, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with a part of a page that refreshes by itself, without the frame."""
    return render(request, f"console/{template}", {"visit": visit, "may": abilities(visit.actor), **context})


def abilities(actor: Actor) -> dict[str, bool]:
    """Return, for templates, whether the actor has each ability at all."""
    return {ability.value: reach(actor, ability) is not None for ability in Ability}


def _counts(actor: Actor) -> dict[str, int]:
    counts = {}
    if reach(actor, Ability.VIEW_REVIEWS):
        counts["reviews"] = review_inbox(actor).count() + mismatches(actor).count()
    if reach(actor, Ability.VIEW_TASKS):
        counts["tasks"] = inbox(actor).count()
    if reach(actor, Ability.READ_MESSAGES):
        counts["messages"] = unread_count(actor)
    return counts
