"""Calendars by subscription: an address nobody can guess, which its owner can replace, for what they may see anyway.

Looking changes nothing, so a calendar program may ask as often as it likes.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Staff
from raincheck.accounts.queries import staff_actor
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.crypto import keyed_hash
from raincheck.core.errors import NotAllowed, NotFound
from raincheck.core.ids import made_at
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.notifications.calendars.appointments import Appointment, calendar, event_of, fill
from raincheck.notifications.models import CalendarFeed
from raincheck.recruiting.models import Interview, InterviewKind, InterviewState
from raincheck.recruiting.queries import visible_departments, visible_interviews

#: How long what is over, and what was cancelled, stays: a program that drops what is no longer listed has seen by then
#: that it was cancelled.
KEPT = timedelta(days=30)
#: The soonest of what begins after that; a calendar of more is nobody's.
MOST = 2000
ASK_AGAIN = timedelta(minutes=15)
_ID = 32
_CHANGES = (Action.INTERVIEW_SCHEDULED, Action.INTERVIEW_RESCHEDULED, Action.COMPLETED)


@dataclass(frozen=True)
class Address:
    """Where a feed is: by https and, for programs that subscribe at a click, by webcal."""

    url: str
    webcal: str


def feeds_of(actor: Actor) -> Mapping[UUID | None, CalendarFeed]:
    """Return the actor's own feeds that are on, by department; None for their own interviews."""
    demand(actor, Ability.SUBSCRIBE_CALENDAR)
    mine = CalendarFeed.objects.filter(company_id=actor.company_id, staff_id=actor.person, ended_at=None)
    return {feed.department_id: feed for feed in mine}


def address_of(feed: CalendarFeed) -> Address:
    """Return a feed's address."""
    url = f"{settings.RAINCHECK_BASE_URL}/calendar/{_token(feed)}.ics"
    return Address(url, f"webcal:{url.partition(':')[2]}")


def renew(*, actor: Actor, department_id: UUID | None, now: datetime) -> CalendarFeed:
    """Turn a feed on, or give it a new address, after which the old one is worthless. Raises NotAllowed, NotFound."""
    demand(actor, Ability.SUBSCRIBE_CALENDAR)
    if department_id is not None and not visible_departments(actor).filter(id=department_id).exists():
        raise NotFound
    feed, made = CalendarFeed.objects.select_for_update(no_key=True).get_or_create(
        company_id=actor.company_id,
        staff_id=actor.person,
        department_id=department_id,
        defaults={"made_at": now},
    )
    if not made:
        feed.serial, feed.made_at, feed.ended_at = feed.serial + 1, now, None
        feed.save(update_fields=["serial", "made_at", "ended_at"])
    _note(feed, actor, now, what="address")
    return feed


def turn_off(*, actor: Actor, department_id: UUID | None, now: datetime) -> None:
    """Make a feed's address worthless; one that is off stays so. Raises NotAllowed."""
    demand(actor, Ability.SUBSCRIBE_CALENDAR)
    feed = (
        CalendarFeed.objects.select_for_update(no_key=True)
        .filter(
            company_id=actor.company_id, staff_id=actor.person, department_id=department_id, ended_at=None
        )
        .first()
    )
    if feed is not None:
        feed.ended_at = now
        feed.save(update_fields=["ended_at"])
        _note(feed, actor, now, what="off")


def subscription(token: str) -> str:
    """Return the calendar behind an address, as its owner may see it now.

    Raises NotFound: for an address that is none or no more, and for an owner who left or sees no such interviews.
    """
    feed = _feed(token)
    with company_scope(feed.company_id) as now:
        staff = Staff.objects.filter(id=feed.staff_id, is_active=True).select_related("company").first()
        if staff is None:
            raise NotFound
        try:
            interviews = _interviews(staff_actor(staff), feed, now)
        except NotAllowed as error:
            raise NotFound from error
        with override(staff.language):
            return _text(interviews, staff, now)


def _token(feed: CalendarFeed) -> str:
    proof = keyed_hash(feed.company_id, "calendar-feed", f"{feed.id}:{feed.serial}")
    return feed.id.hex + urlsafe_b64encode(proof).decode().rstrip("=")


def _feed(token: str) -> CalendarFeed:
    try:
        feed_id = UUID(token[:_ID])
    except ValueError as error:
        raise NotFound from error
    with system_scope(Purpose.CALENDAR_FEED):
        feed = CalendarFeed.objects.filter(id=feed_id, ended_at=None).first()
    if feed is None or not compare_digest(_token(feed).encode(), token.encode()):
        raise NotFound
    return feed


def _interviews(actor: Actor, feed: CalendarFeed, now: datetime) -> list[Interview]:
    """Return what the feed is of. Raises NotAllowed, NotFound."""
    demand(actor, Ability.SUBSCRIBE_CALENDAR)
    seen = visible_interviews(actor).filter(kind=InterviewKind.SLOT, ends_at__gt=now - KEPT)
    if feed.department_id is None:
        # A subquery, not a join: see recruiting's own.
        seen = seen.filter(id__in=Interview.objects.filter(interviewers__staff_id=actor.person).values("id"))
    elif visible_departments(actor).filter(id=feed.department_id).exists():
        seen = seen.filter(application__position__department_id=feed.department_id)
    else:
        raise NotFound
    return list(seen.order_by("starts_at", "id")[:MOST])


def _text(interviews: Iterable[Interview], staff: Staff, now: datetime) -> str:
    zone = ZoneInfo(staff.timezone or staff.company.timezone)
    changed = _changed([interview.id for interview in interviews])
    made = calendar()
    name = f"{_('AI面试')} · {staff.company.name}"
    for key, value in (("name", name), ("x-wr-calname", name), ("x-wr-timezone", zone.key)):
        made.add(key, value)
    for key in ("refresh-interval", "x-published-ttl"):
        made.add(key, ASK_AGAIN, parameters={"VALUE": "DURATION"})
    shown = [
        appointment_of(interview, stamp=changed.get(interview.id) or made_at(interview.id))
        for interview in interviews
    ]
    listed = [one for one in shown if not one.cancelled or one.stamp > now - KEPT]
    return fill(made, [(one, event_of(one, zone)) for one in listed], zone)


def _changed(interview_ids: list[UUID]) -> dict[UUID | None, datetime]:
    """Return when each was last booked, moved or cancelled: so a feed stays the same to the letter until one is."""
    entries = Entry.objects.filter(interview_id__in=interview_ids, action__in=_CHANGES)
    latest = entries.values("interview_id").annotate(latest=Max("at"))
    return {row["interview_id"]: row["latest"] for row in latest}


def appointment_of(interview: Interview, *, stamp: datetime) -> Appointment:
    """Return an interview as its calendar shows it, in the language in force; no way to reach the candidate."""
    who = f"{interview.application.candidate.name} · {interview.application.position.title}"
    cancelled = interview.state == InterviewState.CANCELLED
    link = f"{settings.RAINCHECK_BASE_URL}/console/interviews/{interview.id}/"
    return Appointment(
        interview=str(interview.id),
        sequence=interview.sequence,
        starts_at=interview.starts_at,
        ends_at=interview.ends_at,
        # Outlook shows a subscribed calendar's cancelled event as any other.
        summary=(_("已取消：%(who)s") if cancelled else _("AI面试：%(who)s")) % {"who": who},
        stamp=stamp,
        cancelled=cancelled,
        description=f"{interview.application.position.department.name}\n{link}",
        url=link,
    )


def _note(feed: CalendarFeed, actor: Actor, now: datetime, *, what: str) -> None:
    department = str(feed.department_id) if feed.department_id else None
    facts = {"what": what, "department": department}
    note(actor=actor, deed=Deed(Action.CALENDAR_FEED, Subject("calendar_feed", feed.id), facts), now=now)
