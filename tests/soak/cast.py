"""Many interviews at once: booked in bulk, each with a life of its own that chance has drawn beforehand."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from raincheck.accounts.identities import Contacts, new_identity
from raincheck.accounts.models import CandidateIdentity
from raincheck.core.actor import Actor, ActorKind
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import Application, ApplicationState, Candidate, Interview
from tests.world import World, _z, number

#: Hours until an interview's key instant: a rule passes what is far off, a reviewer sees what is near.
FAR, NEAR = 100, 3
#: One in so many is booked by us, its invitation sent while everything fails; the others are there already.
INVITED_ONE_IN = 6
#: What may be done first, and what after that, as often as it stands here.
FIRST = (
    ("asks",) * 9 + ("hr cancels",) * 3 + ("begins",) * 3 + ("reschedules",) * 4 + ("cancelled there",) * 1
)
THEN = (
    ("asks",) * 4
    + ("hr cancels",) * 2
    + ("approves",) * 5
    + ("rejects",) * 2
    + ("withdraws",) * 2
    + ("begins",) * 5
    + ("submits",) * 3
    + ("cancelled there", "expired there")
    + ("reschedules",) * 2
    + ("clock ends",) * 4
    + ("restores",)
)


@dataclass
class Life:
    """One candidate's interview, and what is still to be done about it, next last."""

    interview_id: str
    identity_id: UUID
    candidate: Candidate
    deeds: list[str]
    told: list[str] = field(default_factory=list)
    #: Interviews of before, where it was restored.
    earlier: list[str] = field(default_factory=list)

    @property
    def all_ids(self) -> list[str]:
        """Every interview this was and is."""
        return [*self.earlier, self.interview_id]

    def actor(self, company_id: UUID) -> Actor:
        """Return the candidate, acting."""
        return Actor(ActorKind.CANDIDATE, self.identity_id, company_id)

    def note(self, what: str) -> None:
        """Remember what was done, and when, for whoever reads a failure."""
        self.told.append(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {what}")


def lives(here: World, *, count: int, chance: random.Random) -> list[Life]:
    """Book interviews of as many candidates, and draw what will happen to each."""
    drawn = [_drawn(chance) for _ in range(count)]
    applications = _applications(here, count)
    invited = [n for n in range(count) if n % INVITED_ONE_IN == 0]
    seeded = [n for n in range(count) if n % INVITED_ONE_IN]
    hours = {n: chance.choice([FAR, FAR, NEAR]) for n in range(count)}
    ids = dict(zip(seeded, _seed(here, [(applications[n], hours[n]) for n in seeded]), strict=True))
    ids |= dict(zip(invited, _schedule(here, [(applications[n], hours[n]) for n in invited]), strict=True))
    return [
        Life(ids[n], applications[n].candidate.identity_id, applications[n].candidate, drawn[n][::-1])
        for n in range(count)
    ]


def _drawn(chance: random.Random) -> list[str]:
    return [chance.choice(FIRST), *(chance.choice(THEN) for _ in range(chance.randint(1, 4)))]


def _applications(here: World, count: int) -> list[Application]:
    with here.scope() as now:
        numbers = [number() for _ in range(count)]
        identities = [
            new_identity(
                company_id=here.company.id,
                contacts=Contacts(phone=f"+86138{n:08d}", email=f"candidate{n}@example.com"),
                language="zh-hans",
            )
            for n in numbers
        ]
        CandidateIdentity.objects.bulk_create(identities)
        candidates = Candidate.objects.bulk_create(
            Candidate(company=here.company, identity=identity, name=f"示例候选人{n}", school="示例大学")
            for n, identity in zip(numbers, identities, strict=True)
        )
        return Application.objects.bulk_create(
            Application(
                company=here.company,
                candidate=candidate,
                position=here.position,
                state=ApplicationState.INTERVIEWING,
                source="校园招聘",
                applied_at=now,
            )
            for candidate in candidates
        )


def _times(hours: int) -> tuple[datetime, datetime]:
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    return starts_at, starts_at + timedelta(minutes=40)


def _seed(here: World, wanted: list[tuple[Application, int]]) -> Iterator[str]:
    """Put interviews on the schedule that both sides know of."""
    made = []
    for application, hours in wanted:
        starts_at, ends_at = _times(hours)
        made.append(
            Interview(
                company=here.company,
                application=application,
                kind="slot",
                starts_at=starts_at,
                ends_at=ends_at,
                vendor_account_id=here.account.id,
            )
        )
    known = here.vendor.seed([_as_seed(interview) for interview in made])
    with here.scope() as now:
        for interview, there in zip(made, known, strict=True):
            interview.vendor_ref, interview.vendor_link = there["id"], there["invite_url"]
            interview.vendor_version, interview.vendor_said_at = there["version"], now
        Interview.objects.bulk_create(made)
    return (str(interview.id) for interview in made)


def _as_seed(interview: Interview) -> dict[str, object]:
    return {
        "external_id": str(interview.id),
        "kind": interview.kind,
        "starts_at": _z(interview.starts_at),
        "ends_at": _z(interview.ends_at),
        "title": "数据分析师",
        "candidate": {"name": "示例", "locale": "zh-hans"},
        "status": "invited",
        "progress": "unopened",
    }


def _schedule(here: World, wanted: list[tuple[Application, int]]) -> Iterator[str]:
    """Have interviews booked as HR books them: the vendor is asked to invite by a job."""
    hr = here.actor()
    for application, hours in wanted:
        starts_at, ends_at = _times(hours)
        booking = recruiting.Booking(
            application_id=application.id,
            times=recruiting.Times("slot", starts_at, ends_at),
            vendor_account_id=here.account.id,
        )
        with here.scope() as now:
            yield str(recruiting.schedule(booking=booking, actor=hr, now=now).id)
