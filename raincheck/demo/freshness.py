"""What the demo's first candidate always has ahead, so that there is something to cancel at every start."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from django.db.models import Q

from raincheck.accounts.identities import phone_hash
from raincheck.accounts.models import Staff
from raincheck.accounts.queries import staff_actor
from raincheck.core.actor import Actor, Role
from raincheck.demo.bookings import Draft, book
from raincheck.demo.companies import Company
from raincheck.demo.people import somebody_new
from raincheck.demo.timetable import SLOT, ZONE, Plan
from raincheck.demo.vendor import SimulatedVendor
from raincheck.recruiting.actions import Times, change_application
from raincheck.recruiting.models import (
    ON_SCHEDULE,
    Application,
    ApplicationState,
    Candidate,
    Interview,
    InterviewKind,
    InterviewState,
    Position,
    PositionState,
    Progress,
)
from raincheck.vendors.models import VendorAccount

_S = ApplicationState
#: The way back to being interviewed, from where a cancellation may have left an application.
_WAY_BACK = {_S.WITHDRAWN: _S.APPLIED, _S.DECLINED: _S.APPLIED, _S.OFFERED: _S.WITHDRAWN}
_AFTERNOON = time(14)


@dataclass(frozen=True)
class Cast:
    """A loaded company's people and things that the demo plays with."""

    company: Company
    vendor: SimulatedVendor
    account: VendorAccount
    hr: Actor
    recruiter: Staff
    panel: list[Staff]
    positions: list[Position]

    @classmethod
    def of(cls, company: Company, vendor: SimulatedVendor) -> Self:
        """Find them; the caller has opened the company's scope."""
        staff = {member.email: member for member in Staff.objects.filter(company_id=company.id)}
        by_role = {
            role: [
                staff[company.email(person)]
                for person in company.staff
                if person.role is role and company.email(person) in staff
            ]
            for role in Role
        }
        open_now = Position.objects.filter(company_id=company.id, state=PositionState.OPEN)
        return cls(
            company=company,
            vendor=vendor,
            account=VendorAccount.objects.get(id=company.account_id),
            hr=staff_actor(by_role[Role.HR_MANAGER][0]),
            recruiter=by_role[Role.RECRUITER][0],
            panel=by_role[Role.INTERVIEWER],
            positions=list(open_now.order_by("id")),
        )

    def candidate(self, place: int) -> Candidate:
        """Return the company's candidate by their place in its row of phone numbers, from 0.

        The demo prints numbers, so whoever was erased has a successor.
        """
        hashed = phone_hash(self.company.id, self.company.phone(place))
        theirs = Candidate.objects.select_related("identity").filter(company_id=self.company.id)
        return theirs.filter(identity__phone_hash=hashed).first() or somebody_new(self.company, place)

    def book(self, candidate: Candidate, position: Position, planned: Plan, *, now: datetime) -> Interview:
        """Put one interview of this candidate on the schedule, with an interviewer who is free."""
        application = self._application(candidate, position, now)
        # Booked now, whatever it is for: the trail of a demo started before is sealed, and nothing is dated back.
        draft = Draft(planned, application, self._who_is_free(planned.times), booked_at=now)
        return book([draft], account=self.account, vendor=self.vendor, by=self.recruiter, now=now)[0]

    def _application(self, candidate: Candidate, position: Position, now: datetime) -> Application:
        application, _ = Application.objects.select_related("candidate__identity", "position").get_or_create(
            company_id=self.company.id,
            candidate=candidate,
            position=position,
            defaults={"state": _S.INTERVIEWING, "source": "官网投递", "applied_at": now - timedelta(days=6)},
        )
        while application.state not in {_S.INTERVIEWING, _S.INTERVIEWED}:
            there = _WAY_BACK.get(_S(application.state), _S.INTERVIEWING)
            change_application(
                application_id=application.id, to=there, actor=self.hr, reason="演示数据更新", now=now
            )
            application.state = there
        return application

    def _who_is_free(self, times: Times) -> Staff:
        overlapping = Interview.objects.filter(
            kind=InterviewKind.SLOT,
            state__in=ON_SCHEDULE,
            starts_at__lt=times.ends_at,
            ends_at__gt=times.starts_at,
        )
        busy = set(overlapping.values_list("interviewers__staff_id", flat=True))
        return next((member for member in self.panel if member.id not in busy), self.panel[0])


def freshen(cast: Cast, *, now: datetime) -> None:
    """Give the first candidate whatever is missing of the four things the demo shows."""
    candidate = cast.candidate(0)
    mine = Interview.objects.filter(application__candidate=candidate)
    for place, (there, planned) in enumerate(_wanted(now)):
        if not mine.filter(there).exists():
            cast.book(candidate, cast.positions[place], planned, now=now)


def slot(starts_at: datetime) -> Plan:
    """Return the plan of a slot to come."""
    times = Times(InterviewKind.SLOT, starts_at, starts_at + SLOT)
    return Plan(times, InterviewState.SCHEDULED, Progress.UNOPENED, 0)


def in_hours(now: datetime, hours: float) -> datetime:
    """Return the instant so many hours from now, on the half hour."""
    then = now + timedelta(hours=hours)
    return then.replace(minute=then.minute // 30 * 30, second=0, microsecond=0)


def _wanted(now: datetime) -> list[tuple[Q, Plan]]:
    """Return what must lie ahead, each as what to look for and what to book where nothing is found.

    A slot with ample notice (cancelled at once), one within the notice (goes to review), a window, and one
    that is half done.
    """
    waiting, begun = Q(state=InterviewState.SCHEDULED), Q(state=InterviewState.IN_PROGRESS)
    slots, windows = Q(kind=InterviewKind.SLOT), Q(kind=InterviewKind.WINDOW)
    hours = {n: now + timedelta(hours=n) for n in (1, 11, 24, 36)}
    soon = Q(starts_at__gt=hours[1], starts_at__lt=hours[11])
    return [
        (waiting & slots & Q(starts_at__gt=hours[24]), slot(_afternoon(now, days=4))),
        (waiting & slots & soon, slot(in_hours(now, 7))),
        (waiting & windows & Q(ends_at__gt=hours[36]), _window(now, days=6)),
        (begun & windows & Q(ends_at__gt=hours[1]), _window(now, days=2, begun=True)),
    ]


def _window(now: datetime, *, days: int, begun: bool = False) -> Plan:
    times = Times(
        InterviewKind.WINDOW, _afternoon(now, days=-2), _afternoon(now, days=days) + timedelta(hours=4)
    )
    if begun:
        return Plan(times, InterviewState.IN_PROGRESS, Progress.PARTLY_RECORDED, 0)
    return Plan(times, InterviewState.SCHEDULED, Progress.UNOPENED, 0)


def _afternoon(now: datetime, *, days: int) -> datetime:
    return datetime.combine(now.astimezone(ZONE).date() + timedelta(days=days), _AFTERNOON, ZONE)
