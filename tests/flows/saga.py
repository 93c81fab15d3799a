"""What the stories of the saga share: the vendor speaking, time passing, and what must hold after every step."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.audit.models import Entry
from raincheck.cancellations import clocks, tasks
from raincheck.cancellations.hearing import vendor_said
from raincheck.cancellations.models import LIVE, Agreement, Cancellation, State
from raincheck.core.actor import Actor
from raincheck.notifications.models import Message
from raincheck.recruiting.models import Interview, InterviewState
from raincheck.vendors.adapters.simulated.adapter import view_of
from raincheck.vendors.lines import word_of
from raincheck.vendors.models import VendorAccount
from raincheck.worklist.models import Task
from tests import seeds
from tests.world import World

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


AGREED = (State.COMPLETED, Agreement.AGREED, InterviewState.CANCELLED)
WAITING = (State.PROCESSING, Agreement.PENDING, InterviewState.CANCELLING)
PENDING = (State.COMPLETED, Agreement.PENDING, InterviewState.CANCELLED)
PERSON = (State.COMPLETED, Agreement.PERSON, InterviewState.CANCELLED)
CONTRADICTED = (State.COMPLETED, Agreement.CONTRADICTED, InterviewState.CANCELLED)


def state_of(here: World, cancellation: Cancellation) -> tuple[str, str, str]:
    """Return how a cancellation, its agreement and its interview stand now."""
    found = here.fresh(cancellation)
    with here.scope():
        interview = Interview.objects.get(id=found.interview_id)
    return found.state, found.agreement, interview.state


def happens(here: World, interview: Interview, to: str, *, hear: bool = True) -> bool:
    """Let something befall the interview at the vendor; if we hear of it, say whether it was news."""
    told = here.vendor.progress(interview.vendor_ref, to, webhook=False)
    return hear_of(here, interview, told) if hear else False


def hear_of(here: World, interview: Interview, told: dict[str, Any]) -> bool:
    """Take in what the vendor says, as its webhook's job does."""
    with here.scope() as now:
        actor = Actor.vendor(here.company.id, here.account.id)
        return vendor_said(interview_id=interview.id, word=word_of(view_of(told), now), actor=actor, now=now)


def clock(here: World, cancellation: Cancellation, *, after: timedelta) -> Cancellation:
    """Run the clock that runs now as if it ended `after` this long."""
    with here.scope() as now:
        clocks.run_clock(
            cancellation_id=cancellation.id, actor=Actor.system(here.company.id), now=now + after
        )
    return here.fresh(cancellation)


def sweep() -> None:
    """Run the sweep once, here and now."""
    tasks.sweep(timestamp=0)


def overdue(here: World, cancellation: Cancellation) -> Cancellation:
    """Let the clock that runs now have ended, and sweep."""
    with here.scope() as now:
        Cancellation.objects.filter(id=cancellation.id).update(due_at=now - SECOND)
    sweep()
    return here.fresh(cancellation)


def hurry(here: World) -> None:
    """Let every wait between attempts be over, a vendor's wish for quiet included."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    with here.scope() as now:
        Cancellation.objects.filter(next_attempt_at__gt=now).update(next_attempt_at=now)
        VendorAccount.objects.filter(paused_until__gt=now).update(paused_until=now)


def jobs(*, done: bool = False) -> list[str]:
    """Return the names of the jobs that wait (`done`: of all there were), in order, the clockwork's own left out."""
    wanted = "true" if done else "status = 'todo'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT task_name FROM procrastinate_jobs WHERE {wanted} AND queue_name <> 'sweep' ORDER BY id"
        )
        return [name for (name,) in cursor.fetchall()]


def forget_jobs() -> None:
    """Lose every job, as no crash of ours should."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def tasks_of(here: World, *, state: str = "open") -> list[str]:
    """Return the kinds of the tasks in this state, oldest first."""
    with here.scope():
        return list(Task.objects.filter(state=state).order_by("id").values_list("kind", flat=True))


def told_to(here: World, person_id: UUID, interview: Interview) -> list[str]:
    """Return the templates of the messages to one person about one interview, oldest first."""
    with here.scope():
        found = Message.objects.filter(recipient_id=person_id, interview_id=interview.id).order_by("id")
        return list(found.values_list("template", flat=True))


def told_candidate(here: World, interview: Interview) -> list[str]:
    """Return the templates of the messages to the candidate about one interview, oldest first."""
    return told_to(here, here.fresh(interview).application.candidate.identity_id, interview)


def facts_of(here: World, action: str) -> dict[str, Any]:
    """Return the facts of the last audit entry of this kind."""
    with here.scope():
        entry = Entry.objects.filter(action=action).order_by("at", "id").last()
        assert entry is not None, f"no {action} was recorded"
        return dict(entry.facts)


def profile_scores(here: World) -> dict[str, tuple[str, bool]]:
    """Return score and whether it is partial, by dimension, as kept in talent profiles."""
    with here.scope():
        found = ProfileEntry.objects.filter(kind="assessment").values_list("data", flat=True)
        return {data["dimension"]: (data["score"], data["partial"]) for data in found}


def statement_failures(here: World) -> int:
    """Count the jobs that gave up or are being tried again after an exception."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed' OR attempts > 1")
        return int(cursor.fetchone()[0])


def check_invariants(here: World, *interviews: Interview) -> None:
    """Assert what must hold of these interviews (else of all) at any moment (docs/reference/saga.md)."""
    chosen = {"id__in": [interview.id for interview in interviews]} if interviews else {}
    with here.scope():
        states = dict(Interview.objects.filter(**chosen).values_list("id", "state"))
        cancellations = list(Cancellation.objects.filter(interview_id__in=states))
        history = HistoryRecord.objects.filter(interview_id__in=states)
        moved = Counter(history.values_list("interview_id", "cancellation_id"))
        trail: dict[UUID, list[str]] = {cancellation.id: [] for cancellation in cancellations}
        for about, action in Entry.objects.filter(cancellation_id__in=trail).values_list(
            "cancellation_id", "action"
        ):
            trail[about].append(action)
    for interview_id, state in states.items():
        _check_one(state, [c for c in cancellations if c.interview_id == interview_id])
    completed = Counter((c.interview_id, c.id) for c in cancellations if c.state == State.COMPLETED)
    assert moved == completed, "history and completion differ"
    for cancellation in cancellations:
        _check_trail(cancellation, trail[cancellation.id])


def _check_one(interview_state: str, mine: list[Cancellation]) -> None:
    states = sorted(c.state for c in mine)
    live = [state for state in states if state in LIVE]
    completed = [state for state in states if state == State.COMPLETED]
    assert len(live) <= 1, f"two live: {states}"
    assert bool(live) == (interview_state == InterviewState.CANCELLING), f"{interview_state}: {states}"
    assert len(completed) <= 1, f"two completed: {states}"
    assert bool(completed) == (interview_state == InterviewState.CANCELLED), f"{interview_state}: {states}"


_END = {
    State.COMPLETED: "cancellation.completed",
    State.REJECTED: "cancellation.rejected",
    State.WITHDRAWN: "cancellation.withdrawn",
}


def _check_trail(cancellation: Cancellation, actions: list[str]) -> None:
    """One request, at most one approval (one more each time it turned out to have begun), and the end that it had."""
    assert actions.count("cancellation.requested") == 1, actions
    assert actions.count("cancellation.approved") <= 1 + actions.count("cancellation.begun"), actions
    ends = [action for action in actions if action in _END.values()]
    expected = [_END[State(cancellation.state)]] if cancellation.state not in LIVE else []
    assert ends == expected, f"{cancellation.state}: {actions}"
    if cancellation.state in {State.REJECTED, State.WITHDRAWN}:
        assert cancellation.due_at is None, "an ended cancellation still has a clock"
    waiting = cancellation.agreement == Agreement.PENDING
    if cancellation.state not in LIVE and not (cancellation.state == State.COMPLETED and waiting):
        assert cancellation.next_attempt_at is None, "an ended cancellation still has an errand"


def check_messages(here: World) -> None:
    """Assert that each candidate was told the one end each request had, once everything is delivered.

    Of the company's own request that came to nothing a candidate never heard, and hears no end either.
    """
    with here.scope():
        for cancellation in Cancellation.objects.select_related("interview__application__candidate"):
            ends = Entry.objects.filter(cancellation_id=cancellation.id, action__in=_END.values())
            identity = cancellation.interview.application.candidate.identity_id
            told = Message.objects.filter(entry_id__in=ends.values("id"), recipient_id=identity)
            unheard = cancellation.state == State.REJECTED and cancellation.initiator != "candidate"
            expected = 0 if cancellation.state in LIVE or unheard else 1
            assert told.count() == expected, f"{cancellation.state}: told {told.count()} times"
        assert not Message.objects.filter(state="waiting").exists(), "a message still waits"


def dice(seed: int | None = None) -> random.Random:
    """Return chance that RAINCHECK_SEED repeats; the seed is printed, and pytest shows it when a test fails."""
    seed = seeds.draw() if seed is None else seed
    print(f"RAINCHECK_SEED={seed}")
    return random.Random(seed)


def at(here: World) -> datetime:
    """Return the database's present instant."""
    with here.scope() as now:
        return now
