"""How a company reminds, and changing it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid
from raincheck.core.scope import take_turns
from raincheck.reminders.deciding import habit_of
from raincheck.reminders.models import Habit

#: Minutes. Nearer than the first nobody can set out; further than the last the invitation is news enough.
NEAREST, FURTHEST = 30, 7 * 24 * 60
MOST = 4


class BadLeads(Invalid):
    """A lead out of bounds, twice the same, or too many."""

    code = "bad_leads"
    status = 422
    message = _("提醒时间不正确")
    advice = _("每人最多4次，最早7天前，最晚30分钟前，不能重复")


def set_habit(
    *, active: bool, leads: Iterable[int], interviewer_leads: Iterable[int], actor: Actor, now: datetime
) -> Habit:
    """Have the company remind like this from the next look on. Leads are in minutes. Raises NotAllowed, BadLeads."""
    demand(actor, Ability.EDIT_REMINDERS)
    take_turns(f"reminders:{actor.company_id}")
    habit = habit_of(actor.company_id)
    before = _plain(habit)
    habit.active = active
    habit.leads = _checked(leads, field="leads")
    habit.interviewer_leads = _checked(interviewer_leads, field="interviewer_leads")
    habit.changed_at, habit.changed_by = now, actor.person
    habit.save()
    record(
        actor=actor,
        action=Action.REMINDERS_CHANGED,
        subject=Subject("habit", habit.id),
        now=now,
        before=before,
        after=_plain(habit),
    )
    return habit


def _checked(leads: Iterable[int], *, field: str) -> list[int]:
    wanted = sorted(leads, reverse=True)
    out_of_bounds = any(not NEAREST <= lead <= FURTHEST for lead in wanted)
    if out_of_bounds or len(wanted) > MOST or len(set(wanted)) != len(wanted):
        raise BadLeads(field=field)
    return wanted


def _plain(habit: Habit) -> dict[str, object]:
    return {"active": habit.active, "leads": habit.leads, "interviewer_leads": habit.interviewer_leads}
