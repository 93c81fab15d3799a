"""Putting many interviews on a demo company's schedule at once, as if they had been booked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from raincheck.accounts.models import Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor, ActorKind
from raincheck.demo.timetable import Plan
from raincheck.demo.vendor import SimulatedVendor
from raincheck.recruiting.models import Application, Assessment, Interview, Interviewer, InterviewState
from raincheck.vendors.models import VendorAccount

_LAPSED = {InterviewState.NO_SHOW, InterviewState.EXPIRED}


@dataclass(frozen=True)
class Draft:
    """An interview to be booked: a plan, for whose application, with whom; `booked_at` None: some days before it."""

    plan: Plan
    application: Application
    interviewer: Staff
    booked_at: datetime | None = None


def book(
    drafts: Sequence[Draft], *, account: VendorAccount, vendor: SimulatedVendor, by: Staff, now: datetime
) -> list[Interview]:
    """Store these interviews, known to the vendor, with the trail that booking leaves.

    The caller has opened the company's scope; each draft's application has its candidate and position.
    Raises httpx.HTTPError.
    """
    interviews = [_interview(draft, account, now) for draft in drafts]
    identities = {d.application.candidate_id: d.application.candidate.identity for d in drafts}
    vendor.introduce(interviews, languages={who: identity.language for who, identity in identities.items()})
    Interview.objects.bulk_create(interviews)
    Interviewer.objects.bulk_create(
        Interviewer(company_id=account.company_id, interview=interview, staff=draft.interviewer)
        for interview, draft in zip(interviews, drafts, strict=True)
    )
    _score(interviews, vendor, now)
    booked = [draft.booked_at or _a_while_ago(draft.plan, now) for draft in drafts]
    trails = [_trail(i, by, at) for i, at in zip(interviews, booked, strict=True)]
    Entry.objects.bulk_create(entry for trail in trails for entry in trail)
    return interviews


def _interview(draft: Draft, account: VendorAccount, now: datetime) -> Interview:
    return Interview(
        company_id=account.company_id,
        application=draft.application,
        state=draft.plan.state,
        vendor_account_id=account.id,
        vendor_progress=draft.plan.progress,
        vendor_said_at=now,
        **vars(draft.plan.times),
    )


def _score(interviews: Sequence[Interview], vendor: SimulatedVendor, now: datetime) -> None:
    """Take over what the vendor has scored: whole for what was handed in, partial for what was begun."""
    if not any(i.state in {InterviewState.SUBMITTED, InterviewState.IN_PROGRESS} for i in interviews):
        return
    given = vendor.scores()
    Assessment.objects.bulk_create(
        Assessment(
            company_id=interview.company_id,
            interview=interview,
            scored_at=min(interview.ends_at, now),
            **vars(score),
        )
        for interview in interviews
        for score in given[interview.vendor_ref]
    )


def _a_while_ago(planned: Plan, now: datetime) -> datetime:
    return min(planned.times.starts_at - timedelta(days=3), now - timedelta(minutes=5))


def _trail(interview: Interview, by: Staff, booked: datetime) -> list[Entry]:
    """Return the entries that booking, inviting and what came of it would have left."""
    times = {"starts_at": interview.starts_at.isoformat(), "ends_at": interview.ends_at.isoformat()}
    position = interview.application.position
    about = {"position": str(position.id), "department": str(position.department_id)}
    scheduled = {"kind": interview.kind, **times, **about}
    trail = [
        _entry(interview, Action.INTERVIEW_SCHEDULED, booked, staff=by, **scheduled),
        _entry(interview, Action.INTERVIEW_INVITED, booked + timedelta(seconds=1)),
    ]
    if interview.state == InterviewState.SUBMITTED:
        trail.append(_entry(interview, Action.INTERVIEW_SUBMITTED, interview.ends_at, before="scheduled"))
    elif interview.state in _LAPSED:
        trail.append(_entry(interview, Action.INTERVIEW_LAPSED, interview.ends_at, state=interview.state))
    return trail


def _entry(
    interview: Interview, action: Action, at: datetime, *, staff: Staff | None = None, **facts: str
) -> Entry:
    company_id = interview.company_id
    actor = Actor(ActorKind.STAFF, staff.id, company_id) if staff else Actor.system(company_id)
    deed = Deed(action, Subject("interview", interview.id, interview.id), facts)
    return Entry.of(actor=actor, deed=deed, at=at)
