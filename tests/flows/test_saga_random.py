"""A long random walk over everybody's deeds and the vendor's moods: what must hold, holds after every step."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest

from raincheck.cancellations import rebooking
from raincheck.cancellations.actions import approve, reject, withdraw
from raincheck.cancellations.models import LIVE, Cancellation
from raincheck.cancellations.settling import complete_anyway
from raincheck.core.errors import RaincheckError
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import Interview
from tests import seeds
from tests.flows import saga
from tests.world import World

FAULTS = (
    "error_500",
    "error_500_after_doing",
    "unreachable",
    "already_gone",
    "lies",
    "cannot_cancel",
    "unknown",
    "other_time",
)
NEWS = ("opened", "started", "partial", "submitted", "cancelled", "expired")


class Walk:
    """A handful of interviews, and one deed after the other done to one of them."""

    def __init__(self, here: World, drain: Callable[[], None]) -> None:
        seed = seeds.draw()
        seeds.say(f"RAINCHECK_SEED={seed}")
        self.here, self.drain, self.chance = here, drain, saga.dice(seed)
        self.hr, self.log = here.actor(), list[str]()
        self.interviews = [here.book(hours=hours, candidate=here.add_candidate()) for hours in (3, 6, 30, 90)]
        window = here.book(
            hours=40,
            candidate=here.add_candidate(),
            kind="window",
            state="in_progress",
            progress="partly_recorded",
        )
        self.interviews.append(window)

    def step(self) -> None:
        """Do one deed, taking a refusal for what it is, and check."""
        deed = self.chance.choice(list(DEEDS))
        self.log.append(deed)
        try:
            DEEDS[deed](self)
        except RaincheckError as refusal:
            self.log[-1] += f" ({refusal.code})"
        saga.check_invariants(self.here)

    @property
    def interview(self) -> Interview:
        """Any one of them, as it is now."""
        found: Interview = self.here.fresh(self.chance.choice(self.interviews))
        return found

    def decide(self, deed: Callable[..., object], *, as_candidate: bool = False, **more: str) -> None:
        """Have somebody decide on any cancellation, most often one that is open."""
        cancellation = self.some_cancellation()
        if cancellation is None:
            return
        candidate = self.here.as_candidate(cancellation.interview.application.candidate)
        with self.here.scope() as now:
            deed(
                cancellation_id=cancellation.id, actor=candidate if as_candidate else self.hr, now=now, **more
            )

    def some_cancellation(self) -> Cancellation | None:
        with self.here.scope():
            found = Cancellation.objects.select_related("interview__application__candidate").order_by("id")
            live = list(found.filter(state__in=LIVE))
            every = list(found)
        pool = live if live and self.chance.random() < 0.7 else every
        return self.chance.choice(pool) if pool else None

    def request(self, *, by_hr: bool) -> None:
        key = self.chance.choice([None, f"key-{self.chance.randrange(6)}"])
        self.here.ask(self.interview, actor=self.hr if by_hr else None, idempotency_key=key)

    def news(self) -> None:
        """Let something happen at the vendor; sometimes we hear of it, sometimes late or never."""
        interview = self.interview
        if interview.vendor_ref:
            hear = self.chance.random() < 0.7
            saga.happens(self.here, interview, self.chance.choice(NEWS), hear=hear)

    def mood(self) -> None:
        """Let the vendor fall ill, or get well."""
        self.here.vendor.clear_faults()
        if self.chance.random() < 0.7:
            self.here.vendor.fault(self.chance.choice(FAULTS), times=self.chance.choice([1, 3, None]))

    def work(self) -> None:
        self.drain()

    def later(self) -> None:
        """Let the waits between attempts be over, and work."""
        saga.hurry(self.here)
        self.drain()

    def clock(self) -> None:
        """Let one clock end."""
        cancellation = self.some_cancellation()
        if cancellation is not None and cancellation.due_at is not None:
            saga.overdue(self.here, cancellation)

    def sweep(self) -> None:
        saga.sweep()

    def restore(self) -> None:
        cancellation = self.some_cancellation()
        if cancellation is not None:
            with self.here.scope() as now:
                new = rebooking.restore(cancellation_id=cancellation.id, actor=self.hr, now=now)
            self.interviews.append(new)

    def reschedule(self) -> None:
        interview = self.interview
        shift = timedelta(minutes=self.chance.choice([-30, 45]))
        times = recruiting.Times(interview.kind, interview.starts_at + shift, interview.ends_at + shift)
        with self.here.scope() as now:
            recruiting.reschedule(interview_id=interview.id, times=times, actor=self.hr, now=now)

    def check_effects(self) -> None:
        """Assert one cancel at the vendor a request at most; it may have revived what it had cancelled."""
        effects = self.here.vendor.effects()
        for interview in map(self.here.fresh, self.interviews):
            asked = self.here.count(Cancellation, interview_id=interview.id)
            assert effects.get(interview.vendor_ref, 0) <= asked, "cancelled twice at the vendor"

    def settle_down(self) -> None:
        """Let the vendor be well, every clock end and every job be done."""
        self.here.vendor.clear_faults()
        for _ in range(6):
            with self.here.scope() as now:
                open_clocks = Cancellation.objects.filter(state__in=LIVE, due_at__isnull=False)
                open_clocks.update(due_at=now)
            saga.sweep()
            self.later()


DEEDS: dict[str, Callable[[Walk], None]] = {
    "candidate asks": lambda walk: walk.request(by_hr=False),
    "candidate asks again": lambda walk: walk.request(by_hr=False),
    "hr cancels": lambda walk: walk.request(by_hr=True),
    "approve": lambda walk: walk.decide(approve),
    "reject": lambda walk: walk.decide(reject, decision_note="请按时参加"),
    "withdraw": lambda walk: walk.decide(withdraw, as_candidate=True),
    "complete anyway": lambda walk: walk.decide(complete_anyway),
    "news": Walk.news,
    "more news": Walk.news,
    "mood": Walk.mood,
    "work": Walk.work,
    "later": Walk.later,
    "clock": Walk.clock,
    "sweep": Walk.sweep,
    "restore": Walk.restore,
    "reschedule": Walk.reschedule,
}


def go(here: World, drain: Callable[[], None], *, steps: int) -> None:
    walk = Walk(here, drain)
    try:
        for _ in range(steps):
            walk.step()
        walk.settle_down()
        saga.check_invariants(here)
        saga.check_messages(here)
        assert here.count(Cancellation, state__in=LIVE) == 0, "something was left open"
        assert saga.statement_failures(here) == 0, "a job broke"
        walk.check_effects()
    finally:
        # Shown only of a walk that failed.
        print("\n".join(walk.log))


def test_whatever_anybody_does_in_whatever_order_the_invariants_hold(here, drain):
    go(here, drain, steps=150)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(3 if os.environ.get("RAINCHECK_SOAK") == "short" else 40))
def test_whatever_anybody_does_for_long_the_invariants_hold(here, drain, number):
    go(here, drain, steps=400)
