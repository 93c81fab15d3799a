"""A company for measurements: as many candidates and interviews as wanted, all known to the vendor and signed in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.ground import Ground
from raincheck.accounts.identities import Contacts, new_identity
from raincheck.accounts.models import CandidateIdentity
from raincheck.accounts.sign_in import begin_session
from raincheck.demo.vendor import SimulatedVendor
from raincheck.recruiting.models import (
    Application,
    Candidate,
    Interview,
    Interviewer,
    InterviewKind,
    Progress,
)
from raincheck.web.people import candidate_cookie
from tests import world
from tests.world import World

TOGETHER = 500


def found(ground: Ground) -> World:
    """Return a company with one of each role, a department and an open position."""
    return world.build("bench", "示例企业", vendor=ground.vendor)


def book(here: World, number: int, *, hours: float = 100, with_vendor: bool = True) -> list[Interview]:
    """Put this many interviews on the schedule, a candidate each; their slots start in `hours`."""
    booked: list[Interview] = []
    for start in range(0, number, TOGETHER):
        with here.scope() as now:
            applications = _applications(here, min(TOGETHER, number - start), now)
            interviews = _unsaved(here, applications, hours=hours)
            if with_vendor:
                _introduce(here, interviews, now)
            booked += _save(here, interviews)
    return booked


def sign_in(here: World, interviews: Sequence[Interview]) -> dict[str, dict[str, str]]:
    """Sign the candidate of each interview in; return their cookies by the interview's id."""
    name = candidate_cookie(here.company)
    with here.scope() as now:
        return {
            str(i.id): {name: begin_session(identity=i.application.candidate.identity, now=now).token}
            for i in interviews
        }


def _unsaved(here: World, applications: Sequence[Application], *, hours: float) -> list[Interview]:
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    return [
        Interview(
            company=here.company,
            application=application,
            kind=InterviewKind.SLOT,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=40),
        )
        for application in applications
    ]


def _introduce(here: World, interviews: Sequence[Interview], now: datetime) -> None:
    for interview in interviews:
        interview.vendor_account_id = here.account.id
        interview.vendor_progress, interview.vendor_said_at = Progress.UNOPENED, now
    there = SimulatedVendor(url=here.vendor.url, key=here.vendor.key)
    there.introduce(interviews, languages={i.application.candidate_id: "zh-hans" for i in interviews})


def _save(here: World, interviews: Sequence[Interview]) -> list[Interview]:
    Interview.objects.bulk_create(interviews)
    Interviewer.objects.bulk_create(
        Interviewer(company=here.company, interview=i, staff=here.staff["interviewer"]) for i in interviews
    )
    return list(interviews)


def _applications(here: World, number: int, now: datetime) -> list[Application]:
    candidates = [_candidate(here) for _ in range(number)]
    CandidateIdentity.objects.bulk_create(c.identity for c in candidates)
    Candidate.objects.bulk_create(candidates)
    return Application.objects.bulk_create(
        Application(
            company=here.company,
            candidate=candidate,
            position=here.position,
            state="interviewing",
            source="校园招聘",
            applied_at=now,
        )
        for candidate in candidates
    )


def _candidate(here: World) -> Candidate:
    place = world.number()
    contacts = Contacts(phone=f"+86138{place:08d}", email=f"candidate{place}@example.com")
    identity = new_identity(company_id=here.company.id, contacts=contacts, language="zh-hans")
    return Candidate(company=here.company, identity=identity, name=f"示例候选人{place}", school="示例大学")
