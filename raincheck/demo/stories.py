"""A few stories that are under way when the demo opens, told by the real actions and the real worker."""

from datetime import timedelta
from uuid import UUID

from raincheck.cancellations import actions
from raincheck.cancellations.actions import Ask
from raincheck.cancellations.models import Cancellation, State
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.scope import company_scope
from raincheck.demo.freshness import Cast, in_hours, slot
from raincheck.recruiting.models import Interview, InterviewKind, InterviewState

#: What people in the demo have asked for with ample notice: by whom, why, in which words.
_ASKED = (
    ("candidate", "time_conflict", "当天学校安排了答辩，希望能改到下周。"),
    ("candidate", "other_offer", ""),
    ("candidate", "technical", "家里的摄像头坏了，修好后愿意重约。"),
    ("hr", "interviewer_unavailable", "示例面试官临时出差。"),
    ("hr", "position_filled", ""),
    ("candidate", "not_interested", ""),
)
#: What they ask for at short notice, for somebody to decide: hours left, why, in which words.
_TO_REVIEW = ((5, "health", "发烧了，今天可能无法参加。"), (8, "emergency", "家里有急事需要马上回去。"))
#: What was decided already: likewise, and how.
_REVIEWED = ((9, "time_conflict", "临时要加班。", "rejected"), (10, "time_conflict", "", "withdrawn"))


def begin_stories(cast: Cast) -> None:
    """Ask for some cancellations in a company just loaded; the worker brings them to their end."""
    _ask_in_time(cast)
    for place, (hours, reason, note, outcome) in enumerate(_REVIEWED, 1):
        _ask_late(cast, place=place, hours=hours, ask=Ask(reason=reason, note=note), outcome=outcome)


def keep_reviewing(cast: Cast) -> None:
    """See to it that there is something to review; what was left the last time has been decided by the clock."""
    with company_scope(cast.company.id):
        if Cancellation.objects.filter(state=State.IN_REVIEW).exists():
            return
    for place, (hours, reason, note) in enumerate(_TO_REVIEW, 1 + len(_REVIEWED)):
        _ask_late(cast, place=place, hours=hours, ask=Ask(reason=reason, note=note))


def _ask_in_time(cast: Cast) -> None:
    with company_scope(cast.company.id) as now:
        ahead = Interview.objects.filter(
            state=InterviewState.SCHEDULED,
            kind=InterviewKind.SLOT,
            starts_at__gt=now + timedelta(days=2),
        ).exclude(application__candidate=cast.candidate(0))
        found = list(ahead.select_related("application__candidate").order_by("id")[: len(_ASKED)])
        for interview, (who, reason, note) in zip(found, _ASKED, strict=True):
            by_hr = who == "hr"
            actor = cast.hr if by_hr else _candidate(cast, interview.application.candidate.identity_id)
            ask = Ask(reason=reason, note=note, channel="console" if by_hr else "portal")
            actions.request_cancellation(interview_id=interview.id, actor=actor, ask=ask, now=now)


def _ask_late(cast: Cast, *, place: int, hours: int, ask: Ask, outcome: str = "") -> None:
    with company_scope(cast.company.id) as now:
        candidate = cast.candidate(place)
        position = cast.positions[place % len(cast.positions)]
        interview = cast.book(candidate, position, slot(in_hours(now, hours)), now=now)
        actor = _candidate(cast, candidate.identity_id)
        asked = actions.request_cancellation(interview_id=interview.id, actor=actor, ask=ask, now=now)
        if outcome == "rejected":
            why = "面试官已专程安排，请按时参加；如确有困难请来电。"
            actions.reject(cancellation_id=asked.id, actor=cast.hr, decision_note=why, now=now)
        elif outcome == "withdrawn":
            actions.withdraw(cancellation_id=asked.id, actor=actor, now=now)


def _candidate(cast: Cast, identity_id: UUID) -> Actor:
    return Actor(ActorKind.CANDIDATE, identity_id, cast.company.id)
