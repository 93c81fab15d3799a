"""The one statement that compares both sides, against the same rules in plain Python, on small random worlds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from raincheck.cancellations.models import Agreement
from raincheck.recruiting.models import InterviewState
from raincheck.vendors.adapters.base import Status, View
from raincheck.vendors.reconciliation.differences import Kind, Side, compare, counts, foremost
from raincheck.vendors.reconciliation.staging import clear, stage, staging

MINUTE = timedelta(minutes=1)
DEAD = {Status.CANCELLED, Status.DECLINED, Status.EXPIRED, Status.NO_SHOW}
REFS = ["", "r1", "r2", "r3"]


@dataclass(frozen=True)
class Ours:
    """One interview as the test puts it; `agreement` "" where no cancellation of it was completed."""

    ref: str
    state: InterviewState
    agreement: str


@dataclass(frozen=True)
class Theirs:
    """One line of a vendor's list; `shift` None where it keeps no times; `of` bears the id of our n-th interview."""

    ref: str
    status: Status
    progress: str
    shift: int | None
    tolerance: int
    version: int
    of: int | None


ours = st.builds(
    Ours,
    ref=st.sampled_from(REFS),
    state=st.sampled_from([*InterviewState, *[InterviewState.CANCELLED] * 3]),
    agreement=st.sampled_from(["", *Agreement]),
)
theirs = st.builds(
    Theirs,
    ref=st.sampled_from([*REFS[1:], "stray"]),
    status=st.sampled_from(Status),
    progress=st.sampled_from(["", "unopened", "opened", "partly_recorded", "submitted"]),
    shift=st.sampled_from([None, 0, 0, 1, -1, 5]),
    tolerance=st.sampled_from([0, 1]),
    version=st.sampled_from([0, 0, 1, 2]),
    of=st.sampled_from([None, None, 0, 1, 2]),
)


def class_there(line: Theirs) -> str:
    progress = line.progress or line.status.progress
    if line.status in DEAD:
        return "cancelled" if line.status in {Status.CANCELLED, Status.DECLINED} else "lapsed"
    if progress == "submitted" or line.status.handed_in:
        return "handed_in"
    if line.status.alive:
        return "begun" if progress == "partly_recorded" else "open"
    return "unknown"


def judge_cancelled(agreement: str, there: str) -> Kind | None:
    if there in {"cancelled", "lapsed"}:
        return Kind.LET_GO if agreement in {Agreement.PENDING, Agreement.PERSON} else None
    if agreement == Agreement.CONTRADICTED:
        return None
    return Kind.OTHER_STATE if there == "handed_in" else Kind.ALIVE_THERE


def judge(mine: Ours, line: Theirs) -> Kind | None:
    """Say how a pair differs: the table of docs/reference/reconciliation.md, read aloud."""
    there, state = class_there(line), mine.state
    if there == "unknown":
        return None
    dead = there in {"cancelled", "lapsed"}
    if state == InterviewState.CANCELLED:
        return judge_cancelled(mine.agreement, there)
    if state == InterviewState.CANCELLING:
        return Kind.OTHER_STATE if there in {"handed_in", "cancelled"} else None
    if state == InterviewState.SUBMITTED:
        agree = dead or there == "handed_in"
    elif state in {InterviewState.EXPIRED, InterviewState.NO_SHOW}:
        agree = dead or there == "open"
    else:
        agree = there == {"scheduled": "open", "in_progress": "begun"}[state]
    if not agree:
        return Kind.OTHER_STATE
    holds_its_time = state in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}
    shifted = line.shift is not None and abs(line.shift) > line.tolerance
    return Kind.OTHER_TIME if holds_its_time and shifted else None


def judge_all(here: list[Ours], lines: list[Theirs]) -> set[tuple]:
    """Return (kind, reference, our interview's number or None, unclaimed) of everything that differs."""
    last: dict[str, Theirs] = {}
    for line in lines:
        if line.ref not in last or line.version >= last[line.ref].version:
            last[line.ref] = line
    known = {mine.ref: (n, mine) for n, mine in enumerate(here) if mine.ref}
    found = set()
    for ref, (n, mine) in known.items():
        alive = mine.state in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}
        kind = judge(mine, last[ref]) if ref in last else (Kind.MISSING_THERE if alive else None)
        found |= {(kind, ref, n, False)} if kind else set()
    for ref in last.keys() - known.keys():
        if class_there(last[ref]) in {"open", "begun"}:
            found.add(stranger(ref, last[ref].of, here))
    return found


def stranger(ref: str, of: int | None, here: list[Ours]) -> tuple:
    if of is None or of >= len(here):
        return (Kind.MISSING_HERE, ref, None, False)
    unclaimed = not here[of].ref
    cancelled = here[of].state == InterviewState.CANCELLED
    return (Kind.ALIVE_THERE if unclaimed and cancelled else Kind.MISSING_HERE, ref, of, unclaimed)


@pytest.fixture
def three(here):
    """Return three interviews of one account, each with a cancellation, to be put into any state."""
    booked = []
    for _ in range(3):
        interview = here.book(hours=99, candidate=here.add_candidate(), with_vendor=False)
        booked.append((interview, here.ask(interview)))
    return booked


def put(here, three, world):
    """Bring our side about, behind the product's back."""
    for interview, _ in three:
        here.put(interview, vendor_ref="", vendor_account_id=here.account.id)
    for (interview, cancellation), mine in zip(three, world, strict=True):
        here.put(interview, vendor_ref=mine.ref, state=mine.state)
        state = "completed" if mine.agreement else "withdrawn"
        agreement = mine.agreement or Agreement.PENDING
        here.put(cancellation, state=state, agreement=agreement, completed_at=cancellation.requested_at)


def view(line: Theirs, three, at: datetime) -> View:
    interview = three[0][0]
    shift = None if line.shift is None else line.shift * MINUTE
    return View(
        ref=line.ref,
        word="as it is",
        status=line.status,
        progress=line.progress,
        starts_at=None if shift is None else interview.starts_at + shift,
        ends_at=None if shift is None else interview.ends_at + shift,
        version=line.version,
        external_id="not-a-uuid" if line.of is None else str(three[line.of][0].id),
        tolerance=line.tolerance * MINUTE,
    )


@example(
    world=[
        Ours(f"r{n + 1}", InterviewState.CANCELLED, a) for n, a in enumerate(("person", "pending", "agreed"))
    ],
    lines=[Theirs(ref, Status.CANCELLED, "", None, 0, 0, None) for ref in ("r1", "r2", "r3")],
)
@given(
    world=st.lists(ours, min_size=3, max_size=3).filter(
        lambda three: len({mine.ref for mine in three if mine.ref}) == sum(bool(mine.ref) for mine in three)
    ),
    lines=st.lists(theirs, max_size=6),
)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_the_statement_finds_what_plain_rules_find(here, three, world, lines):
    put(here, three, world)
    base = three[0][0]
    for interview, _ in three:
        here.put(interview, starts_at=base.starts_at, ends_at=base.ends_at)
    numbers = {interview.id: n for n, (interview, _) in enumerate(three)}
    with staging():
        stage(view(line, three, base.starts_at) for line in lines)
        with here.scope():
            totals = compare(Side(here.company.id, here.account.id))
            found, by_kind = foremost(100), counts()
    seen = {(d.kind, d.ref, numbers.get(d.interview_id), d.unclaimed) for d in found}
    expected = judge_all(world, lines)
    assert seen == expected
    assert sum(by_kind.values()) == len(found) == len(expected)
    assert totals.rows_there == len({line.ref for line in lines})
    assert totals.rows_here == sum(bool(mine.ref) for mine in world)


@given(order=st.permutations(range(4)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_the_list_changes_its_checksum(here, order):
    lines = [View(ref=f"r{n}", word="", status=Status.INVITED) for n in range(4)]
    side = Side(here.company.id, here.account.id)
    with staging():
        stage(lines)
        with here.scope():
            first = compare(side).checksum_there
        clear()
        stage([lines[n] for n in order])
        with here.scope():
            assert compare(side).checksum_there == first
        stage([View(ref="r0", word="", status=Status.CANCELLED)])
        with here.scope():
            assert compare(side).checksum_there != first


def test_what_no_column_could_hold_is_staged_all_the_same(here):
    awkward = View(ref="r\0" + "x" * 500, word="", status=Status.INVITED, external_id="e\0" + "y" * 500)
    with staging():
        stage([awkward])
        with here.scope():
            assert compare(Side(here.company.id, here.account.id)).rows_there == 1
            [found] = foremost(10)
    assert (found.kind, found.ref, found.interview_id) == (Kind.MISSING_HERE, "r" + "x" * 127, None)


def test_a_broken_connection_takes_its_tables_along_and_the_next_run_has_its_own(here, superuser):
    def break_off():
        with staging():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                superuser.execute("SELECT pg_terminate_backend(%s)", [cursor.fetchone()[0]])
            stage([])

    with pytest.raises(DatabaseError):
        break_off()
    with staging():
        stage([View(ref="r", word="", status=Status.INVITED)])
