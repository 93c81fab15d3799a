"""The stage for docs/reference/conflicts.md: our states, what a vendor may say, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from raincheck.cancellations.models import Cancellation
from raincheck.notifications.models import Message
from raincheck.recruiting.models import Interview, InterviewState
from raincheck.vendors.adapters.base import Status
from tests.flows import saga
from tests.flows.test_hooks import post
from tests.world import World, drain

#: What the unified statuses come to; each must be here.
CLASSES: dict[str, set[Status]] = {
    "waiting": {Status.DRAFT, Status.INVITED, Status.SCHEDULED},
    "begun": {Status.IN_PROGRESS},
    "submitted": {Status.SUBMITTED, Status.AWAITING_FEEDBACK},
    "cancelled": {Status.CANCELLED, Status.DECLINED},
    "expired": {Status.EXPIRED, Status.NO_SHOW},
    "unplaced": {Status.UNMAPPED},
}
#: Two more things a vendor may say of any, and what asking it may come to besides.
SAID = [*CLASSES, "other time"]
ASKED = ["unknown there", "silent", "can't cancel"]
_STEPS = {"waiting": "opened", "begun": "partial"}


@dataclass
class Stage:
    """One interview in one of our states; `cancellation` is its last."""

    here: World
    interview: Interview
    cancellation: Cancellation | None = None

    def ours(self) -> str:
        """Say how it stands here."""
        state: str = self.here.fresh(self.interview).state
        if self.cancellation is None or state not in {InterviewState.CANCELLING, InterviewState.CANCELLED}:
            return state
        found = self.here.fresh(self.cancellation)
        if state == InterviewState.CANCELLED:
            return f"cancelled · {found.agreement}"
        return "stopped" if found.mismatch else str(found.state)

    def cancels(self) -> int:
        """Count the cancels the vendor really made for us."""
        return self.here.vendor.effects().get(self.interview.vendor_ref, 0)


def _standing(state: str) -> Callable[[World], Stage]:
    def book(here: World) -> Stage:
        begun = {"in_progress": "partly_recorded", "submitted": "submitted"}.get(state, "unopened")
        return Stage(here, here.book(hours=48, state=state, progress=begun))

    return book


def _in_review(here: World) -> Stage:
    interview = here.book(hours=3)
    return Stage(here, interview, here.ask(interview))


def _asked(fault: str, *, past_the_limit: bool = False) -> Callable[[World], Stage]:
    def ask(here: World) -> Stage:
        interview = here.book(hours=120)
        if fault:
            here.vendor.fault(fault)
        cancellation = here.ask(interview)
        drain()
        if past_the_limit:
            saga.overdue(here, cancellation)
        return Stage(here, interview, cancellation)

    return ask


def _contradicted(here: World) -> Stage:
    stage = _asked("unreachable", past_the_limit=True)(here)
    here.vendor.clear_faults()
    saga.happens(here, stage.interview, "partial")
    return stage


#: How each of our states comes about; a `stopped` one is processing, and waits for HR because of a mismatch.
OURS: dict[str, Callable[[World], Stage]] = {
    **{
        state.value: _standing(state.value)
        for state in InterviewState
        if state not in {InterviewState.CANCELLING, InterviewState.CANCELLED}
    },
    "in_review": _in_review,
    "processing": _asked("error_500"),
    "stopped": _asked("other_time"),
    "cancelled · pending": _asked("unreachable", past_the_limit=True),
    "cancelled · agreed": _asked(""),
    "cancelled · person": _asked("cannot_cancel"),
    "cancelled · contradicted": _contradicted,
}
#: Those in which the vendor is asked.
ASKING = ["processing", "cancelled · pending"]


@dataclass(frozen=True)
class Outcome:
    """What came of it: how it stands here, what people heard since, the tasks left, who prevailed."""

    ours: str
    wins: str
    candidate: tuple[str, ...]
    hr: tuple[str, ...]
    tasks: tuple[str, ...]


def play(here: World, ours: str, said: str) -> Outcome:
    """Bring our state about, have the vendor be and say what it does, and let everything run its course."""
    stage = OURS[ours](here)
    drain()
    here.vendor.clear_faults()
    assert stage.ours() == ours
    cancels, tasks = stage.cancels(), saga.tasks_of(here)
    with here.scope() as since:
        pass
    _happen(stage, said)
    for _ in range(2):
        saga.hurry(here)
        drain()
    here.vendor.clear_faults()
    after, left = stage.ours(), tuple(sorted(saga.tasks_of(here)))
    candidate, hr = (
        _heard(here, who, since) for who in (here.candidate.identity_id, here.staff["recruiter"].id)
    )
    return Outcome(after, _winner(stage, ours, cancels, new=set(left) - set(tasks)), candidate, hr, left)


def _winner(stage: Stage, before: str, cancels: int, *, new: set[str]) -> str:
    """Say whose will was done: ours where the vendor had to cancel, a person's where one was asked."""
    after = stage.ours()
    if stage.cancels() > cancels:
        return "we"
    if new or (after != before and after in {"in_review", "stopped"}):
        return "a person"
    return "the vendor" if after != before else "–"


def _heard(here: World, person_id: Any, since: datetime) -> tuple[str, ...]:
    with here.scope():
        found = Message.objects.filter(recipient_id=person_id, made_at__gt=since)
        return tuple(sorted(found.values_list("template", flat=True)))


def _happen(stage: Stage, said: str) -> None:
    here, ref = stage.here, stage.interview.vendor_ref
    vendor = here.vendor
    match said:
        case "unknown there":
            vendor.fault("unknown", operation="read")
            return
        case "silent":
            vendor.fault("unreachable")
            return
        case "can't cancel":
            vendor.fault("cannot_cancel", operation="cancel")
            return
        case "unplaced" | "other time":
            told = vendor.interview(ref)
            told["version"] += 1
        case _:
            told = vendor.progress(ref, _STEPS.get(said, said), webhook=False)
    if said == "unplaced":
        told["status"] = "on_hold"
    if said == "other time":
        vendor.fault("other_time", operation="read")
        for name in ("starts_at", "ends_at"):
            told[name] = (datetime.fromisoformat(told[name]) + timedelta(hours=1)).isoformat()
    assert (
        post(here.account, {"type": "interview.updated", "data": told}, event_id=f"e-{said}").status_code
        == 204
    )
