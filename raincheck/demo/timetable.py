"""When the demo's interviews are: the past and the coming two weeks, so much of each kind."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from raincheck.recruiting.actions import Times
from raincheck.recruiting.models import InterviewKind, InterviewState, Progress

ZONE = ZoneInfo("Asia/Shanghai")
TWO_WEEKS = timedelta(days=14)
SLOT = timedelta(minutes=40)
_HOURS = (9, 10, 11, 13, 14, 15, 16, 17)
_SATURDAY = 6
#: Of a hundred interviews: how many of which kind, state and progress; the rest are slots to come.
_SHARES = (
    (InterviewKind.WINDOW, InterviewState.SCHEDULED, Progress.UNOPENED, 22),
    (InterviewKind.WINDOW, InterviewState.SCHEDULED, Progress.OPENED, 6),
    (InterviewKind.SLOT, InterviewState.SUBMITTED, Progress.SUBMITTED, 12),
    (InterviewKind.WINDOW, InterviewState.SUBMITTED, Progress.SUBMITTED, 6),
    (InterviewKind.SLOT, InterviewState.NO_SHOW, Progress.UNOPENED, 5),
    (InterviewKind.WINDOW, InterviewState.EXPIRED, Progress.OPENED, 4),
    (InterviewKind.WINDOW, InterviewState.IN_PROGRESS, Progress.PARTLY_RECORDED, 4),
)


@dataclass(frozen=True)
class Plan:
    """One interview to be: when, where it stands, and which interviewer by their place in the panel."""

    times: Times
    state: InterviewState
    progress: Progress
    interviewer: int


def plan(*, count: int, interviewers: int, seed: int, now: datetime) -> list[Plan]:
    """Plan so many interviews; no interviewer has two slots at one time."""
    chance = random.Random(seed)  # noqa: S311 (a demo's calendar, not secrets)
    deck = [share[:3] for share in _SHARES for _ in range(share[3] * count // 100)]
    deck += [(InterviewKind.SLOT, InterviewState.SCHEDULED, Progress.UNOPENED)] * (count - len(deck))
    chance.shuffle(deck)
    coming = _free_slots(now + timedelta(hours=12), now + TWO_WEEKS, interviewers, chance)
    past = _free_slots(now - TWO_WEEKS, now - 2 * SLOT, interviewers, chance)
    plans = []
    for kind, state, progress in deck:
        if kind is InterviewKind.SLOT:
            starts_at, interviewer = next(coming if state is InterviewState.SCHEDULED else past)
            times = Times(kind, starts_at, starts_at + SLOT)
        else:
            times, interviewer = _window(state, now, chance), chance.randrange(interviewers)
        plans.append(Plan(times, state, progress, interviewer))
    return plans


def _free_slots(
    begin: datetime, end: datetime, interviewers: int, chance: random.Random
) -> Iterator[tuple[datetime, int]]:
    """Yield (start, interviewer) in random order: working days, working hours, each pair once."""
    first = begin.astimezone(ZONE).date()
    days = (first + timedelta(days=n) for n in range((end - begin).days + 2))
    starts = [
        datetime.combine(day, time(hour), ZONE)
        for day in days
        if day.isoweekday() < _SATURDAY
        for hour in _HOURS
    ]
    slots = [(start, who) for start in starts if begin < start < end for who in range(interviewers)]
    chance.shuffle(slots)
    return iter(slots)


def _window(state: InterviewState, now: datetime, chance: random.Random) -> Times:
    """Return a window of two to five days that fits its state: open or to open, or over."""
    length = timedelta(days=chance.randint(2, 5))
    today = now.astimezone(ZONE).date()
    if state in {InterviewState.SUBMITTED, InterviewState.EXPIRED}:
        last = today - timedelta(days=chance.randint(1, 9))
    elif state is InterviewState.IN_PROGRESS:
        last = today + timedelta(days=1)
    else:
        last = today + timedelta(days=chance.randint(2, 13))
    deadline = datetime.combine(last, time(18), ZONE)
    return Times(InterviewKind.WINDOW, deadline - length, deadline)
