"""Somebody leaves: what is theirs goes to a colleague, and every way in that they had is shut. One act, one entry."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.keys import end_keys
from raincheck.accounts.models import ApiKey, Staff
from raincheck.accounts.sessions import end_sessions
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid
from raincheck.notifications.calendars.push import look_at
from raincheck.notifications.handing_over import tell_heir
from raincheck.notifications.models import CalendarFeed, ContactPoint, Message, MessageState, RecipientKind
from raincheck.notifications.points import end
from raincheck.recruiting.models import ON_SCHEDULE, Interviewer, Position
from raincheck.staffing.people import demand_an_admin, locked
from raincheck.worklist.models import State, Task


class OwnLeaving(Conflict):
    """Nobody shuts their own door from inside."""

    code = "own_leaving"
    message = _("不能为自己办理离职")
    advice = _("请由另一位管理员办理")


class NoColleague(Invalid):
    """What is open must go to somebody who is here, and isn't the one who leaves."""

    code = "no_colleague"
    message = _("请选择接手的在职同事")


@dataclass(frozen=True)
class Belongings:
    """What is open in somebody's name, and how many ways in they have."""

    tasks: int
    positions: int
    interviews: int
    keys: int
    sessions: int = 0
    feeds: int = 0


def belongings(actor: Actor, staff: Staff, now: datetime) -> Belongings:
    """Return what would be handed over. Raises NotAllowed."""
    demand(actor, Ability.VIEW_STAFF)
    return Belongings(
        tasks=_tasks(staff).count(),
        positions=Position.objects.filter(owner=staff).count(),
        interviews=_interviews(staff, now).count(),
        keys=ApiKey.objects.filter(made_by=staff, revoked_at=None, expires_at__gt=now).count(),
    )


def hand_over(*, actor: Actor, staff_id: UUID, to_id: UUID | None, now: datetime) -> Belongings:
    """Hand all that is open to the colleague, and end every session, key and feed of who leaves.

    What was still to be told them, once the night or a carrier's trouble is over, isn't.

    Raises NotAllowed, NotFound, OwnLeaving, NoColleague, LastAdmin.
    """
    demand(actor, Ability.EDIT_STAFF)
    if staff_id == actor.id:
        raise OwnLeaving
    staff = locked(actor, staff_id)
    mine = Staff.objects.filter(company_id=actor.company_id, is_active=True).exclude(id=staff.id)
    heir = mine.filter(id=to_id).first() if to_id else None
    if heir is None:
        raise NoColleague(field="to")
    interviews = _pass_on_interviews(staff, heir, now)
    keys = list(ApiKey.objects.select_for_update(no_key=True).filter(made_by=staff, revoked_at=None))
    end_keys(actor=actor, found=keys, now=now)
    handed = Belongings(
        tasks=_tasks(staff).update(owner=heir),
        positions=Position.objects.filter(owner=staff).update(owner=heir),
        interviews=len(interviews),
        keys=len(keys),
        sessions=end_sessions([staff.id]),
        feeds=CalendarFeed.objects.filter(staff=staff, ended_at=None).update(ended_at=now),
    )
    _shut(staff)
    _say_no_more(staff, now)
    demand_an_admin(actor.company_id)
    facts = {"to": str(heir.id), **asdict(handed)}
    subject = Subject("staff", staff.id)
    entry = record(actor=actor, action=Action.STAFF_LEFT, subject=subject, now=now, **facts)
    tell_heir(entry=entry, heir=heir, leaver=staff, now=now)
    look_at(actor.company_id, interviews)
    return handed


def _tasks(staff: Staff) -> "QuerySet[Task]":
    return Task.objects.filter(owner=staff, state=State.OPEN)


def _interviews(staff: Staff, now: datetime) -> "QuerySet[Interviewer]":
    return Interviewer.objects.filter(
        staff=staff, interview__state__in=ON_SCHEDULE, interview__ends_at__gt=now
    )


def _pass_on_interviews(staff: Staff, heir: Staff, now: datetime) -> list[UUID]:
    """Seat the colleague in their place; where they sit already, the place goes."""
    places = list(_interviews(staff, now))
    ids = [place.interview_id for place in places]
    there = set(
        Interviewer.objects.filter(staff=heir, interview_id__in=ids).values_list("interview_id", flat=True)
    )
    Interviewer.objects.filter(id__in=[p.id for p in places if p.interview_id in there]).delete()
    Interviewer.objects.filter(id__in=[p.id for p in places if p.interview_id not in there]).update(
        staff=heir
    )
    return ids


def _shut(staff: Staff) -> None:
    staff.is_active = False
    staff.set_unusable_password()
    staff.save(update_fields=["is_active", "password"])
    Authenticator.objects.filter(user=staff).delete()
    SocialAccount.objects.filter(user=staff).delete()


def _say_no_more(staff: Staff, now: datetime) -> None:
    """Drop what waits to be told them, and end their robots: it is about people they have no business with any more."""
    theirs = {"company_id": staff.company_id, "recipient_kind": RecipientKind.STAFF, "recipient_id": staff.id}
    waiting = Message.objects.filter(**theirs, state=MessageState.WAITING)
    waiting.update(state=MessageState.DROPPED, next_attempt_at=None)
    points = ContactPoint.objects.filter(**theirs, ended_at=None)
    end(point_ids=points.values_list("id", flat=True), why="left_company", now=now)
