"""What a company's calendar server should hold, against what it holds: the difference is what is to be done there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import override

from raincheck.accounts.models import Staff
from raincheck.notifications.calendars.appointments import at_rest, uid
from raincheck.notifications.calendars.dav import Account, Place
from raincheck.notifications.calendars.feeds import appointment_of
from raincheck.notifications.models import CalendarServer, PushedEvent
from raincheck.recruiting.models import Interview, Interviewer, InterviewKind, InterviewState

#: How long a claim holds; longer than the slowest server can keep the calls of one errand, and what is begun before.
LEASE = timedelta(minutes=3)


@dataclass(frozen=True)
class Errand:
    """One thing to be done in one person's calendar. `wanted` is the SEQUENCE to be there, None for nothing."""

    row: PushedEvent
    account: Account
    calendar: str
    place: Place
    uid: str
    wanted: int | None
    text: str


def server_of(company_id: UUID) -> CalendarServer | None:
    """Return the company's calendar server, if it has one."""
    return CalendarServer.objects.filter(company_id=company_id, ended_at=None).first()


def prepare(server: CalendarServer, interview_ids: Iterable[UUID]) -> None:
    """Have a row for everyone whose calendar these interviews could be in."""
    panel = Interviewer.objects.filter(
        company_id=server.company_id, interview_id__in=list(interview_ids), interview__kind=InterviewKind.SLOT
    )
    PushedEvent.objects.bulk_create(
        [
            PushedEvent(
                company_id=server.company_id, server=server, interview_id=interview_id, staff_id=staff_id
            )
            for interview_id, staff_id in panel.values_list("interview_id", "staff_id")
        ],
        ignore_conflicts=True,
    )


def claim(server: CalendarServer, interview_ids: Sequence[UUID], now: datetime) -> list[Errand]:
    """Take what differs and nobody is at, for as long as the lease runs; what doesn't is noted as settled."""
    rows = list(
        PushedEvent.objects.select_for_update(no_key=True)
        .filter(
            Q(claimed_until=None) | Q(claimed_until__lt=now), server=server, interview_id__in=interview_ids
        )
        .order_by("id")
    )
    wanted = _wanted(rows, now)
    taken = [row for row in rows if row.unsure or row.there != wanted[row.id]]
    settled = [row.id for row in rows if row not in taken and row.due_at is not None]
    PushedEvent.objects.filter(id__in=settled).update(due_at=None)
    ids = [row.id for row in taken]
    PushedEvent.objects.filter(id__in=ids).update(unsure=True, claimed_until=now + LEASE, due_at=now + LEASE)
    return _errands(server, taken, wanted, now)


def still_differ(rows: Sequence[PushedEvent], now: datetime) -> list[PushedEvent]:
    """Return those of these rows that no longer hold what they should: it changed while we were at it."""
    wanted = _wanted(rows, now)
    return [row for row in rows if row.there != wanted[row.id]]


def _wanted(rows: Sequence[PushedEvent], now: datetime) -> dict[UUID, int | None]:
    """Return, a row, the SEQUENCE its calendar should hold; None for nothing. What is over stays as it is."""
    interviews = Interview.objects.in_bulk({row.interview_id for row in rows})
    panel = set(
        Interviewer.objects.filter(interview_id__in=interviews, staff__is_active=True).values_list(
            "interview_id", "staff_id"
        )
    )
    wanted: dict[UUID, int | None] = {}
    for row in rows:
        interview = interviews.get(row.interview_id)
        stands = interview is not None and interview.kind == InterviewKind.SLOT
        if interview is None or not stands or interview.state == InterviewState.CANCELLED:
            wanted[row.id] = None
        elif interview.ends_at <= now:
            wanted[row.id] = row.there
        else:
            wanted[row.id] = interview.sequence if (row.interview_id, row.staff_id) in panel else None
    return wanted


def _errands(
    server: CalendarServer, rows: Sequence[PushedEvent], wanted: dict[UUID, int | None], now: datetime
) -> list[Errand]:
    account = Account(server.url, server.username, server.password())
    with_people = ("company", "application__candidate", "application__position__department")
    interviews = Interview.objects.select_related(*with_people).in_bulk({row.interview_id for row in rows})
    people = Staff.objects.in_bulk({row.staff_id for row in rows})
    errands = []
    for row in rows:
        interview, person = interviews.get(row.interview_id), people[row.staff_id]
        calendar = account.calendar(person.email)
        place = Place(
            row.href or f"{calendar}{row.interview_id}.ics", there=row.there is not None, etag=row.etag
        )
        errands.append(
            Errand(
                row=row,
                account=account,
                calendar=calendar,
                place=place,
                uid=uid(str(row.interview_id)),
                wanted=wanted[row.id],
                text=_text(interview, person, now) if interview else "",
            )
        )
    return errands


def _text(interview: Interview, person: Staff, now: datetime) -> str:
    """Return the appointment without organizer or guests: a server that sends invitations would invite once more."""
    with override(person.language):
        appointment = appointment_of(interview, stamp=now)
    return at_rest(appointment, ZoneInfo(person.timezone or interview.company.timezone))


def unsettled(server: CalendarServer, now: datetime) -> list[UUID]:
    """Return the interviews to look at when a server is new or works again: all that is ahead, and what waits."""
    ahead = Interview.objects.filter(
        company_id=server.company_id, kind=InterviewKind.SLOT, ends_at__gt=now, interviewers__isnull=False
    ).exclude(state=InterviewState.CANCELLED)
    waiting = PushedEvent.objects.filter(server=server, due_at__isnull=False)
    both = [*ahead.values_list("id", flat=True), *waiting.values_list("interview_id", flat=True)]
    return list(dict.fromkeys(both))
