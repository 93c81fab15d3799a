"""Two deeds at the same instant, in real threads on real connections: each race ends in one defined state."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.cancellations import batches, clocks, rebooking
from raincheck.cancellations.actions import Ask, approve, reject, request_cancellation, withdraw
from raincheck.cancellations.models import Cancellation, State
from raincheck.core.actor import Actor
from raincheck.core.errors import RaincheckError
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import Interview, InterviewState
from raincheck.vendors import tasks as errands
from tests.flows import saga
from tests.world import World

ROUNDS = 10
JITTER = 0.006


def at_once(deeds: Sequence[Callable[[], object]], *, chance: random.Random) -> list[BaseException]:
    """Do all of these at the same time, give or take; return the refusals. Anything else that is raised fails."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object], wait: float) -> None:
        try:
            barrier.wait(timeout=30)
            time.sleep(wait)
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(deeds)) as threads:
        futures = [threads.submit(run, deed, chance.uniform(0, JITTER)) for deed in deeds]
    refusals = [future.exception() for future in futures if future.exception() is not None]
    for refusal in refusals:
        if not isinstance(refusal, RaincheckError):
            raise refusal
    return refusals


@dataclass
class Stage:
    """One interview, its cancellation if there is one, and who acts."""

    here: World
    hr: Actor
    candidate: Actor
    interview: Interview
    cancellation: Cancellation | None = None

    def decide(self, deed: Callable[..., object], **more: Any) -> None:
        assert self.cancellation is not None
        with self.here.scope() as now:
            deed(cancellation_id=self.cancellation.id, now=now, **more)

    def request(self, actor: Actor | None = None) -> None:
        with self.here.scope() as now:
            request_cancellation(
                interview_id=self.interview.id,
                actor=actor or self.candidate,
                ask=Ask("time_conflict"),
                now=now,
            )

    def agree(self) -> None:
        assert self.cancellation is not None
        errands.agree(company_id=str(self.here.company.id), cancellation_ids=[str(self.cancellation.id)])

    def run_clock(self, after: timedelta) -> None:
        assert self.cancellation is not None
        system = Actor.system(self.here.company.id)
        with self.here.scope() as now:
            clocks.run_clock(cancellation_id=self.cancellation.id, actor=system, now=now + after)

    def reschedule(self) -> None:
        day = timedelta(days=1)
        times = recruiting.Times("slot", self.interview.starts_at + day, self.interview.ends_at + day)
        with self.here.scope() as now:
            recruiting.reschedule(interview_id=self.interview.id, times=times, actor=self.hr, now=now)


DEEDS: dict[str, Callable[[Stage], object]] = {
    "request": lambda s: s.request(),
    "hr cancels": lambda s: s.request(s.hr),
    "approve": lambda s: s.decide(approve, actor=s.hr),
    "reject": lambda s: s.decide(reject, actor=s.hr, decision_note="请按时参加"),
    "withdraw": lambda s: s.decide(withdraw, actor=s.candidate),
    "vendor starts": lambda s: saga.happens(s.here, s.interview, "partial"),
    "vendor submits": lambda s: saga.happens(s.here, s.interview, "submitted"),
    "review clock": lambda s: s.run_clock(15 * saga.MINUTE),
    "vendor clock": lambda s: s.run_clock(3 * saga.MINUTE),
    "agree": lambda s: s.agree(),
    "reschedule": lambda s: s.reschedule(),
}
SCHEDULED, REVIEW, PROCESSING = "scheduled", "under review", "processing"
CANCELLED, STANDS = (("completed",), "cancelled"), ((), "scheduled")
IN_REVIEW, SUBMITTED = (("in_review",), "cancelling"), (("rejected",), "submitted")
REJECTED, WITHDRAWN = (("rejected",), "scheduled"), (("withdrawn",), "scheduled")

#: From where, which two at once, and how it may end once every job is done.
RACES = [
    (SCHEDULED, "request", "request", {CANCELLED}),
    (SCHEDULED, "request", "hr cancels", {CANCELLED}),
    (SCHEDULED, "request", "vendor starts", {CANCELLED, IN_REVIEW}),
    (SCHEDULED, "request", "vendor submits", {SUBMITTED, ((), "submitted")}),
    (SCHEDULED, "request", "reschedule", {CANCELLED}),
    (REVIEW, "hr cancels", "approve", {CANCELLED}),
    (REVIEW, "hr cancels", "reject", {CANCELLED, (("completed", "rejected"), "cancelled")}),
    (REVIEW, "hr cancels", "withdraw", {CANCELLED, (("completed", "withdrawn"), "cancelled")}),
    (REVIEW, "hr cancels", "review clock", {CANCELLED}),
    (REVIEW, "hr cancels", "vendor starts", {CANCELLED, IN_REVIEW}),
    (REVIEW, "hr cancels", "vendor submits", {SUBMITTED}),
    (REVIEW, "request", "reject", {REJECTED, (("in_review", "rejected"), "cancelling")}),
    (REVIEW, "request", "withdraw", {WITHDRAWN, (("in_review", "withdrawn"), "cancelling")}),
    (REVIEW, "approve", "approve", {CANCELLED}),
    (REVIEW, "approve", "reject", {CANCELLED, REJECTED}),
    (REVIEW, "approve", "withdraw", {CANCELLED, WITHDRAWN}),
    (REVIEW, "approve", "review clock", {CANCELLED}),
    (REVIEW, "reject", "withdraw", {REJECTED, WITHDRAWN}),
    (REVIEW, "reject", "review clock", {REJECTED}),
    (REVIEW, "withdraw", "withdraw", {WITHDRAWN}),
    (REVIEW, "withdraw", "vendor submits", {SUBMITTED, (("withdrawn",), "submitted")}),
    (REVIEW, "approve", "reschedule", {CANCELLED}),
    (PROCESSING, "agree", "agree", {CANCELLED}),
    (PROCESSING, "agree", "vendor clock", {CANCELLED}),
    (PROCESSING, "agree", "withdraw", {CANCELLED}),
    (PROCESSING, "agree", "vendor starts", {CANCELLED, IN_REVIEW}),
    (PROCESSING, "agree", "vendor submits", {CANCELLED, SUBMITTED}),
    (PROCESSING, "vendor clock", "vendor submits", {CANCELLED, SUBMITTED}),
]


def set_the_stage(here: World, hr: Actor, start: str) -> Stage:
    person = here.add_candidate()
    interview = here.book(hours=3 if start == REVIEW else 120, candidate=person)
    stage = Stage(here, hr, here.as_candidate(person), interview)
    if start != SCHEDULED:
        stage.cancellation = here.ask(interview)
    return stage


def how_it_ended(stage: Stage) -> tuple[tuple[str, ...], str]:
    with stage.here.scope():
        found = Cancellation.objects.filter(interview=stage.interview)
        return tuple(sorted(found.values_list("state", flat=True))), str(
            stage.here.fresh(stage.interview).state
        )


@pytest.mark.parametrize(
    ("start", "one", "other", "ends"),
    RACES,
    ids=[f"{start}: {one}, {other}" for start, one, other, _ in RACES],
)
def test_a_race_ends_in_one_defined_state(here, drain, start, one, other, ends):
    chance, hr = saga.dice(), here.actor()
    stages = [set_the_stage(here, hr, start) for _ in range(ROUNDS)]
    for stage in stages:
        deeds = [lambda deed=DEEDS[name], stage=stage: deed(stage) for name in (one, other)]
        at_once(deeds, chance=chance)
        saga.check_invariants(here, stage.interview)
    saga.hurry(here)
    drain()
    saga.check_invariants(here)
    saga.check_messages(here)
    assert {how_it_ended(stage) for stage in stages} <= ends
    effects = here.vendor.effects()
    assert all(effects.get(stage.interview.vendor_ref, 0) <= 1 for stage in stages)


def test_fifty_simultaneous_requests_for_one_interview_give_one_cancellation_and_one_job(
    here, interview, drain
):
    candidate, hr = here.as_candidate(), here.actor()
    stage = Stage(here, hr, candidate, interview)
    deeds = [(lambda who=who: stage.request(who)) for who in [candidate, hr] * 25]
    assert at_once(deeds, chance=saga.dice()) == []
    assert here.count(Cancellation) == 1
    assert here.entries(interview=interview) == [Action.REQUESTED]
    assert saga.jobs() == ["vendors.agree"]
    drain()
    assert here.fresh(interview).state == InterviewState.CANCELLED
    assert here.vendor.effects()[interview.vendor_ref] == 1
    saga.check_messages(here)


def test_candidates_cancelling_while_their_position_is_frozen_are_each_cancelled_once(here, drain):
    hr = here.actor()
    stages = [set_the_stage(here, hr, start) for start in [SCHEDULED, REVIEW, PROCESSING] * 3]

    def freeze() -> None:
        with here.scope() as now:
            batches.freeze_position(position_id=here.position.id, actor=hr, reason="position_frozen", now=now)

    deeds = [lambda stage=stage: stage.request() for stage in stages]
    agrees = [stage.agree for stage in stages if stage.cancellation]
    at_once([freeze, *deeds, *agrees], chance=saga.dice())
    saga.check_invariants(here)
    saga.hurry(here)
    drain()
    saga.check_invariants(here)
    saga.check_messages(here)
    assert {how_it_ended(stage) for stage in stages} == {CANCELLED}
    assert here.count(Cancellation, state=State.COMPLETED) == len(stages)


def test_restoring_twice_at_once_books_one_new_interview(here, interview, drain):
    cancellation, hr = here.ask(interview), here.actor()
    drain()

    def restore() -> None:
        with here.scope() as now:
            rebooking.restore(cancellation_id=cancellation.id, actor=hr, now=now)

    assert len(at_once([restore] * 6, chance=saga.dice())) == 5
    assert here.count(Interview, previous_id=interview.id) == 1
