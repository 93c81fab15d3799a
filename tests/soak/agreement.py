"""When the storm is over: both sides hold the same, nothing hangs, and nothing was said or done too soon or twice."""

import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Interview
from raincheck.vendors.models import InboundEvent, Outcome, Reconciliation
from raincheck.vendors.reconciliation import run as room
from raincheck.vendors.reconciliation.actions import begin
from raincheck.worklist.models import State as TaskState
from raincheck.worklist.models import Task
from tests.flows import saga
from tests.soak.play import hurry
from tests.soak.stage import Stage, Truth
from tests.world import World, _z

SETTLED_WITHIN = 300.0
#: What the vendor writes is cut to the millisecond.
BLUR = timedelta(milliseconds=1)


def calm_down(here: World, stage: Stage) -> float:
    """Let every fault stop and everything under way be done; return how many seconds that took."""
    stage.vendor.await_ready()
    here.vendor.clear_faults()
    stage.post.mood = "straight"
    began, quiet = time.monotonic(), 0
    while quiet < 2:
        hurry(here)
        time.sleep(0.25)
        left = _under_way(here, stage)
        quiet = 0 if left else quiet + 1
        assert time.monotonic() - began < SETTLED_WITHIN, f"not settled in time: {left}"
    return time.monotonic() - began


def _under_way(here: World, stage: Stage) -> dict[str, object]:
    """Return what isn't done yet; what waits for a person, and has a clock, is done as far as we are concerned."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, count(*) FROM procrastinate_jobs WHERE queue_name = 'vendors'"
            " AND status IN ('todo', 'doing') GROUP BY 1"
        )
        found: dict[str, object] = dict(cursor.fetchall())
    with here.scope() as now:
        found["asked of the vendor"] = Cancellation.objects.filter(next_attempt_at__isnull=False).count()
        found["clocks"] = Cancellation.objects.filter(due_at__lt=now).count()
        found["reconciliations"] = Reconciliation.objects.filter(finished_at=None).count()
    found["letters"] = stage.truth.unsent() + (not stage.post.empty)
    return {what: n for what, n in found.items() if n}


def reconcile(here: World) -> Reconciliation:
    """Compare both sides once, here and now."""
    with here.scope() as now:
        row = begin(
            actor=Actor.system(here.company.id), account_id=here.account.id, trigger="command", now=now
        )
    return room.reconcile(company_id=here.company.id, reconciliation_id=row.id)


def check(here: World, truth: Truth, report: Reconciliation) -> Counter[str]:
    """Assert all that must hold after the first reconciliation, `report` being the second; count how things ended."""
    saga.check_invariants(here)
    _check_nothing_hangs(here)
    _check_never_too_soon(here, truth)
    _check_once(here, truth)
    ends = _check_agreement(here, truth)
    assert report.outcome in {Outcome.OK, Outcome.DIFFERENCES}, f"{report.outcome}: {report.reason}"
    assert report.unchecked == 0
    assert report.differences <= ends["for a person"], f"differs and nobody was asked: {report.counts}"
    return ends


def _check_nothing_hangs(here: World) -> None:
    """No job failed; nothing under way is without a job or a clock, nothing pending without being asked for."""
    assert _count("status = 'failed'") == 0, "a job gave up"
    with here.scope():
        live = Cancellation.objects.filter(state__in=[State.IN_REVIEW, State.PROCESSING])
        stuck = live.filter(due_at=None, next_attempt_at=None)
        pending = Cancellation.objects.filter(state=State.COMPLETED, agreement=Agreement.PENDING)
        assert list(stuck.values_list("interview_id", flat=True)) == [], "neither clock nor job"
        assert list(pending.values_list("interview_id", flat=True)) == [], (
            "the vendor well, and still pending"
        )
        asked = set(Task.objects.filter(state=TaskState.OPEN).values_list("interview_id", flat=True))
        persons = Cancellation.objects.filter(state=State.COMPLETED).exclude(
            agreement__in=[Agreement.AGREED, Agreement.NOT_NEEDED]
        )
        alone = [c.interview_id for c in persons if c.interview_id not in asked]
        assert alone == [], "a person is to see to it, and nobody was asked"


def _check_never_too_soon(here: World, truth: Truth) -> None:
    """At no instant did our record agree while the candidate was still admitted: each end there came first."""
    ended, there = truth.ended(), truth.rows()
    with here.scope():
        agreed = Entry.objects.filter(action=Action.AGREED).values_list("interview_id", "at")
        early = [
            (str(interview_id), at.isoformat(), ended.get(str(interview_id)))
            for interview_id, at in agreed
            if str(interview_id) in there and not _before(ended.get(str(interview_id)), at)
        ]
    assert early == [], f"agreed here before it ended there: {early[:3]} {story(here, truth, early[0][0])}"


def _before(ended: str | None, agreed_at: datetime) -> bool:
    return ended is not None and datetime.fromisoformat(ended) <= agreed_at + BLUR


def _check_once(here: World, truth: Truth) -> None:
    """One cancel an interview at the vendor; each webhook stored once and brought home once."""
    twice = {interview_id: n for interview_id, n in truth.cancels().items() if n > 1}
    assert twice == {}, "cancelled twice there"
    with here.scope():
        events = list(InboundEvent.objects.values_list("event_id", "applied_at"))
        trails: dict[object, Counter[str]] = defaultdict(Counter)
        told = Entry.objects.filter(action__in=[Action.AGREED, Action.RECONCILED])
        for interview_id, action in told.values_list("interview_id", "action"):
            trails[interview_id][action] += 1
    assert len({event_id for event_id, _ in events}) == len(events)
    assert [event_id for event_id, applied_at in events if applied_at is None] == [], (
        "a webhook was never applied"
    )
    # A reconciliation asks again for what it had listed as alive before the vendor agreed.
    again = [i for i, trail in trails.items() if trail[Action.AGREED] > 1 + trail[Action.RECONCILED]]
    assert again == [], f"agreed twice: {story(here, truth, str(again[0]))}"


def story(here: World, truth: Truth, interview_id: str) -> str:
    """Tell of one interview what was recorded here and what was called there, for whoever reads a failure."""
    with here.scope():
        entries = [
            f"{entry.at.isoformat(timespec='milliseconds')} {entry.action} {entry.facts.get('agreement', '')}"
            for entry in Entry.objects.filter(interview_id=interview_id).order_by("id")
        ]
    return "\n  ".join([interview_id, "— here:", *entries, "— calls there:", *truth.calls(interview_id)])


#: Ours, and what may stand against it there without anybody having to be asked.
_AGREE = {
    "scheduled": {"invited"},
    "in_progress": {"in_progress"},
    "submitted": {"submitted"},
    "cancelling": {"invited", "in_progress", "expired"},
    "cancelled": {"cancelled", "expired"},
    "expired": {"expired", "cancelled"},
    "no_show": {"invited", "expired", "cancelled"},
}


def _check_agreement(here: World, truth: Truth) -> Counter[str]:
    """Both sides hold the same of every interview, or a person has been asked; judged without the product's help."""
    there, ends, wrong = truth.rows(), Counter[str](), list[object]()
    with here.scope():
        asked = set(Task.objects.filter(state=TaskState.OPEN).values_list("interview_id", flat=True))
        for interview in Interview.objects.all():
            rows = there.get(str(interview.id), [])
            if len(rows) == 1 and _agree(interview, rows[0]):
                ends[interview.state] += 1
            elif not rows and not interview.vendor_ref and interview.state in {"cancelled", "cancelling"}:
                # While it is reviewed nobody is invited; a rejection invites.
                ends["called off before it was invited"] += 1
            elif interview.id in asked:
                ends["for a person"] += 1
            else:
                held = [(row["status"], row["starts_at"]) for row in rows]
                wrong.append((str(interview.id), interview.state, _z(interview.starts_at), held))
    assert wrong == [], (
        f"both sides differ, and nobody was asked: {wrong[:5]} ({len(wrong)}) {story(here, truth, wrong[0][0])}"
    )
    return ends


def _agree(interview: Interview, row) -> bool:
    timed = interview.state in {"scheduled", "in_progress"}
    same_time = not timed or row["starts_at"] == _z(interview.starts_at)
    return row["status"] in _AGREE[interview.state] and same_time


def _count(where: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM procrastinate_jobs WHERE {where}")
        return int(cursor.fetchone()[0])
