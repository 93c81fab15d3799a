"""One interview as its candidate may see it: what stands, what a request would meet, how one is getting on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from raincheck.cancellations import queries as cancellations
from raincheck.cancellations.errors import REFUSALS, CancellationRefused
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.cancellations.policy import Initiator
from raincheck.notifications.queries import Shown, inbox, unread_count
from raincheck.portal.progress import Step, steps_of
from raincheck.recruiting import queries as recruiting
from raincheck.recruiting.models import Candidate, Interview, InterviewState
from raincheck.web.people import Visit

_STARTABLE = {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}


@dataclass(frozen=True)
class Clock:
    """A review's clock, in whole seconds as a bar needs them, and what is `left` in whole minutes for a sentence."""

    answer_by: datetime
    latest: datetime
    total: int
    passed: int
    left: timedelta


@dataclass(frozen=True)
class Story:
    """All that the interview page shows. `cancellation` is the latest; `outlook` is None once none is possible."""

    interview: Interview
    cancellation: Cancellation | None
    candidate: Candidate
    outlook: cancellations.Forecast | None
    auto_until: datetime | None
    refusal: CancellationRefused | None
    clock: Clock | None
    steps: tuple[Step, ...]
    link: str
    instead: Interview | None
    messages: list[Shown]
    mark: str

    @property
    def live(self) -> bool:
        """Say whether a request is under way."""
        return self.interview.state == InterviewState.CANCELLING

    @property
    def cancelled(self) -> bool:
        """Say whether it has come to its end."""
        return self.interview.state == InterviewState.CANCELLED

    @property
    def own(self) -> bool:
        """Say whether the candidate asked for it, not the company."""
        return self.cancellation is not None and self.cancellation.initiator == Initiator.CANDIDATE

    @property
    def took(self) -> timedelta | None:
        """Return how long it took from the request to the end."""
        done = self.cancellation and self.cancellation.completed_at
        return done - self.cancellation.requested_at if self.cancellation and done else None

    @property
    def link_is_dead(self) -> bool:
        """Say whether the AI interview system has confirmed that the link no longer works."""
        done = self.cancellation is not None and self.cancellation.agreement
        return done in {Agreement.AGREED, Agreement.NOT_NEEDED}

    @property
    def poll_seconds(self) -> int:
        """Return how often to look again; 0 once nothing more is to come."""
        if self.live:
            return 2
        waiting = self.cancelled and self.cancellation and self.cancellation.agreement == Agreement.PENDING
        return 15 if waiting else 0


def story_of(visit: Visit, interview_id: UUID) -> Story:
    """Gather it. Raises NotFound for what isn't this candidate's."""
    interview = recruiting.get_interview(visit.actor, interview_id)
    cancellation = cancellations.latest_cancellation(interview)
    settled = interview.state in {InterviewState.CANCELLING, InterviewState.CANCELLED}
    outlook = (
        None if settled else cancellations.forecast(interview=interview, actor=visit.actor, now=visit.now)
    )
    startable = interview.state in _STARTABLE and interview.ends_at > visit.now
    return Story(
        interview=interview,
        cancellation=cancellation,
        candidate=recruiting.own_record(visit.actor),
        outlook=outlook,
        auto_until=auto_until(interview, outlook),
        refusal=refusal_of(outlook),
        clock=_clock(cancellation, visit.now),
        steps=steps_of(cancellation, vendor=interview.vendor_account_id is not None) if cancellation else (),
        link=interview.vendor_link if startable and interview.vendor_link.startswith("http") else "",
        instead=recruiting.booked_instead(visit.actor, interview),
        messages=inbox(visit.actor, interview_id=interview.id, limit=10),
        mark=mark_of(visit, interview),
    )


def mark_of(visit: Visit, interview: Interview) -> str:
    """Return a short text that changes whenever the page would."""
    cancellation = cancellations.latest_cancellation(interview)
    parts = [interview.state, unread_count(visit.actor)]
    if cancellation is not None:
        clock = _clock(cancellation, visit.now)
        parts += [cancellation.state, cancellation.agreement, cancellation.mismatch]
        parts += [clock.left, cancellation.escalated_at is not None] if clock else []
    return ".".join(str(part) for part in parts)


def auto_until(interview: Interview, outlook: cancellations.Forecast | None) -> datetime | None:
    """Return until when the rule that would pass it now goes on to do so, if that is a matter of notice."""
    rule = outlook.rule if outlook else None
    if rule is None or rule.notice_at_least is None or outlook is None or outlook.verdict.outcome != "auto":
        return None
    return interview.key_instant - rule.notice_at_least


def refusal_of(outlook: cancellations.Forecast | None) -> CancellationRefused | None:
    """Return what a request would be told now, in the same words."""
    if outlook is None or outlook.verdict.outcome != "refuse":
        return None
    return REFUSALS.get(outlook.verdict.refusal, CancellationRefused)()


def _clock(cancellation: Cancellation | None, now: datetime) -> Clock | None:
    if cancellation is None or cancellation.state != State.IN_REVIEW:
        return None
    due, latest = cancellation.due_at, cancellation.final_due_at
    if due is None or latest is None:
        return None
    total = ceil((due - cancellation.requested_at).total_seconds())
    left = max(0, ceil((due - now).total_seconds()))
    return Clock(due, latest, total, total - left, timedelta(minutes=ceil(left / 60)))
