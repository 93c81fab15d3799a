"""What goes wrong in the house itself, or crosses on the way to the vendor, and how the saga mends it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from raincheck.archive import actions as archive
from raincheck.archive.models import HistoryRecord, TalentProfile
from raincheck.audit.catalogue import Action
from raincheck.cancellations.actions import ask_vendor, reject
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.cancellations.settling import complete_anyway
from raincheck.core.jobs import defer
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import InterviewState
from raincheck.vendors import bookings, by_hand
from raincheck.vendors.adapters.simulated.adapter import Simulated
from raincheck.worklist.models import Task
from tests import world
from tests.flows import saga


def fail(*_: object, **__: object) -> None:
    raise archive.MoveFailed("history_matches_interview")


def test_a_move_that_fails_a_check_is_undone_whole_and_hr_completes_it_later(
    here, interview, drain, monkeypatch
):
    monkeypatch.setattr(archive, "_check_after", fail)
    cancellation = here.ask(interview)
    drain()
    found = here.fresh(cancellation)
    assert (found.state, found.agreement, found.due_at) == (State.PROCESSING, Agreement.AGREED, None)
    after = here.fresh(interview)
    assert (after.state, after.sequence) == (InterviewState.CANCELLING, interview.sequence)
    assert after.application.state == "interviewing"
    assert here.count(HistoryRecord) == here.count(TalentProfile) == 0
    assert saga.tasks_of(here) == ["move_failed"]
    assert saga.facts_of(here, Action.MOVE_FAILED) == {"check": "history_matches_interview"}
    assert saga.told_candidate(here, interview) == ["candidate_asked"]
    saga.check_invariants(here)
    monkeypatch.undo()
    hr = here.actor()
    with here.scope() as now:
        complete_anyway(cancellation_id=cancellation.id, actor=hr, now=now)
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []
    drain()
    assert saga.told_candidate(here, interview) == ["candidate_asked", "candidate_cancelled"]
    assert here.vendor.effects()[interview.vendor_ref] == 1


def test_a_move_the_database_refuses_is_undone_whole_too(here, interview, drain, monkeypatch):
    monkeypatch.setattr(archive, "checksum_of", lambda _: "0" * 65)
    cancellation = here.ask(interview)
    drain()
    assert here.fresh(cancellation).state == State.PROCESSING
    assert saga.facts_of(here, Action.MOVE_FAILED) == {"check": "database_DataError"}
    assert saga.statement_failures(here) == 0


def test_a_move_that_failed_while_the_vendor_was_silent_is_made_when_it_agrees(
    here, interview, vendor, drain, monkeypatch
):
    vendor.fault("unreachable")
    monkeypatch.setattr(archive, "_check_after", fail)
    cancellation = here.ask(interview)
    drain()
    saga.overdue(here, cancellation)
    assert saga.tasks_of(here) == ["move_failed"]
    monkeypatch.undo()
    vendor.clear_faults()
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []


def test_one_errand_that_fails_does_not_fail_the_others_of_its_job(here, interview, soon, drain, monkeypatch):
    whole = archive.move_out

    def move_out(*, interview, **more):
        if interview.id == soon.id:
            raise RuntimeError("a fault of ours")
        return whole(interview=interview, **more)

    monkeypatch.setattr("raincheck.cancellations.outcomes.move_out", move_out)
    hr = here.actor()
    first, second = here.ask(interview, actor=hr), here.ask(soon, actor=hr)
    saga.forget_jobs()
    saga.hurry(here)
    with here.scope():
        ask_vendor(here.company.id, [first.id, second.id])
    drain()
    assert here.fresh(first).state == State.COMPLETED
    assert here.fresh(second).state == State.PROCESSING
    assert here.fresh(second).next_attempt_at > saga.at(here), "it is tried again, not at once"
    saga.check_invariants(here)


def test_an_adapter_s_fault_is_silence_not_the_end_of_the_job(here, interview, drain, monkeypatch):
    def read(*_):
        raise KeyError("status")

    monkeypatch.setattr(Simulated, "read", read)
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    assert saga.statement_failures(here) == 0
    assert saga.jobs() == ["vendors.agree"]


def times(interview, *, later: timedelta):
    return recruiting.Times(interview.kind, interview.starts_at + later, interview.ends_at + later)


def test_a_new_time_reaches_the_vendor_though_the_candidate_has_begun_meanwhile(
    here, interview, vendor, drain
):
    later = times(interview, later=timedelta(hours=2))
    with here.scope() as now:
        recruiting.reschedule(interview_id=interview.id, times=later, actor=here.actor(), now=now)
    saga.happens(here, interview, "partial")
    drain()
    assert here.fresh(interview).state == "in_progress"
    assert vendor.interview(interview.vendor_ref)["ends_at"] == world._z(later.ends_at)
    assert Action.RESCHEDULE_AGREED in here.entries(interview=interview)


def test_an_invitation_overtaken_by_the_cancel_is_never_sent(here, drain):
    fresh = here.book(hours=99, with_vendor=False)
    here.put(fresh, vendor_account_id=here.account.id)
    with here.scope():
        recruiting.invite(fresh)
    cancellation = here.ask(fresh)
    for _ in range(7):
        drain()
        saga.hurry(here)
    assert saga.state_of(here, cancellation) == (State.COMPLETED, Agreement.NOT_NEEDED, "cancelled")
    assert here.vendor.creates().get(str(fresh.id)) is None


@pytest.fixture
def lost(here, vendor, drain):
    """Return an interview the vendor has invited to, and whose answer never came home; then the vendor goes down."""
    fresh = here.book(hours=99, with_vendor=False)
    here.put(fresh, vendor_account_id=here.account.id)
    vendor.fault("error_500_after_doing", operation="create", times=1)
    with here.scope():
        recruiting.invite(fresh)
    drain()
    assert here.vendor.creates()[str(fresh.id)] == 1
    vendor.fault("unreachable")
    return fresh


def ask_on(here, drain, *, times):
    """Let the vendor be asked that often; the invitation is not asked for again meanwhile."""
    for _ in range(times):
        with here.scope() as now:
            Cancellation.objects.update(next_attempt_at=now - timedelta(minutes=1))
        saga.sweep()
        drain()


def test_an_invitation_whose_answer_was_lost_is_not_taken_for_none(here, vendor, lost, drain):
    cancellation = here.ask(lost)
    ask_on(here, drain, times=8)
    assert saga.state_of(here, cancellation) == saga.WAITING
    saga.overdue(here, cancellation)
    assert saga.state_of(here, cancellation) == saga.PENDING, "the vendor may admit the candidate"
    vendor.clear_faults()
    for _ in range(3):
        saga.hurry(here)
        drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor.effects()[here.fresh(lost).vendor_ref] == 1


def test_an_invitation_never_heard_of_again_is_a_persons_to_look_for(here, lost, drain):
    cancellation = here.ask(lost)
    ask_on(here, drain, times=14)
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert saga.tasks_of(here)[-1] == "revoke_by_hand"


def _ask_for_the_last_time(here, interview, drain):
    """Let the vendor be asked for the invitation once more, as the last of its attempts."""
    saga.forget_jobs()
    with here.scope():
        defer(
            "vendors.invite",
            queue="vendors",
            company_id=str(here.company.id),
            interview_id=str(interview.id),
            starts_at=interview.starts_at.isoformat(),
            ends_at=interview.ends_at.isoformat(),
            attempt=bookings.ATTEMPTS,
        )
    drain()


@pytest.mark.parametrize("end", [saga.PENDING, (State.COMPLETED, Agreement.NOT_NEEDED, "cancelled")])
def test_an_invitation_given_up_after_the_cancel_is_a_persons_whose_retry_finds_and_revokes_it(
    here, vendor, lost, drain, end
):
    cancellation = here.ask(lost)
    drain()
    saga.overdue(here, cancellation)
    here.put(cancellation, agreement=end[1])
    _ask_for_the_last_time(here, lost, drain)
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    vendor.clear_faults()
    here.put(here.account, failures=0, paused_until=None)
    with here.scope():
        task = Task.objects.get(kind="revoke_by_hand")
    hr = here.actor()
    with here.scope() as now:
        by_hand.retry(task_id=task.id, actor=hr, now=now)
    for _ in range(3):
        drain()
        saga.hurry(here)
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor.effects()[here.fresh(lost).vendor_ref] == 1
    assert saga.tasks_of(here) == []


def test_an_invitation_refused_after_the_cancel_asks_nobody(here, vendor, drain):
    fresh = here.book(hours=99, with_vendor=False)
    here.put(fresh, vendor_account_id=here.account.id)
    cancellation = here.ask(fresh)
    saga.overdue(here, cancellation)
    here.put(here.account, base_url=f"{vendor.url}/elsewhere")
    _ask_for_the_last_time(here, fresh, drain)
    assert saga.tasks_of(here) == []
    assert here.fresh(cancellation).agreement != Agreement.PERSON


def test_no_vendor_is_not_the_word_while_there_is_a_job_to_invite(here, drain):
    """A worker may have died in the middle of it: nothing stands in the ledger then."""
    fresh = here.book(hours=99, with_vendor=False)
    here.put(fresh, vendor_account_id=here.account.id)
    cancellation = here.ask(fresh)
    with here.scope():
        recruiting.invite(fresh)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE task_name = 'vendors.invite'"
        )
    ask_on(here, drain, times=8)
    assert saga.state_of(here, cancellation) == saga.WAITING
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'vendors.invite'")
    ask_on(here, drain, times=1)
    assert saga.state_of(here, cancellation) == (State.COMPLETED, Agreement.NOT_NEEDED, "cancelled")


def test_an_invitation_that_was_on_its_way_is_revoked_when_it_comes_home(here, drain, monkeypatch):
    fresh = here.book(hours=99, with_vendor=False)
    here.put(fresh, vendor_account_id=here.account.id)
    with here.scope():
        recruiting.invite(fresh)
    invite = Simulated.invite
    asked = []

    def invite_while_cancelled(self, line, booking, *, key):
        view = invite(self, line, booking, key=key)
        asked.append(here.ask(fresh))
        here.put(asked[0], due_at=saga.at(here) - saga.SECOND)
        saga.sweep()
        return view

    monkeypatch.setattr(Simulated, "invite", invite_while_cancelled)
    drain()
    saga.hurry(here)
    drain()
    found = here.fresh(fresh)
    assert saga.state_of(here, asked[0]) == saga.AGREED
    assert here.vendor.creates()[str(fresh.id)] == 1
    assert here.vendor.effects()[found.vendor_ref] == 1


def test_an_invitation_held_back_by_a_request_is_sent_when_that_comes_to_nothing(here, drain):
    fresh = here.book(hours=5, with_vendor=False)
    here.put(fresh, vendor_account_id=here.account.id)
    with here.scope():
        recruiting.invite(fresh)
    cancellation, hr = here.ask(fresh), here.actor()
    drain()
    assert here.fresh(fresh).vendor_ref == ""
    with here.scope() as now:
        reject(cancellation_id=cancellation.id, actor=hr, decision_note="请按时参加", now=now)
    drain()
    assert here.fresh(fresh).vendor_ref != ""


def test_a_new_time_still_on_its_way_is_no_mismatch(here, interview, drain):
    hr = here.actor()
    with here.scope() as now:
        later = times(interview, later=timedelta(hours=5))
        recruiting.reschedule(interview_id=interview.id, times=later, actor=hr, now=now)
    saga.forget_jobs()
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []


def test_a_new_time_reaches_the_vendor_even_while_a_request_is_under_review(here, soon, drain):
    hr = here.actor()
    with here.scope() as now:
        recruiting.reschedule(interview_id=soon.id, times=times(soon, later=saga.HOUR), actor=hr, now=now)
    here.ask(soon)
    drain()
    there = here.vendor.interview(soon.vendor_ref)
    assert there["starts_at"] == world._z(here.fresh(soon).starts_at)


def test_a_new_time_that_comes_after_the_cancel_asks_nobody(here, interview, drain):
    hr = here.actor()
    with here.scope() as now:
        later = times(interview, later=timedelta(hours=5))
        recruiting.reschedule(interview_id=interview.id, times=later, actor=hr, now=now)
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []


def test_a_vendor_that_does_not_keep_to_its_shape_needs_a_person(here, interview, drain, monkeypatch):
    monkeypatch.setattr("raincheck.vendors.adapters.simulated.adapter.view_of", lambda data: data["no"])
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON


def test_a_vendor_whose_adapter_was_taken_out_needs_a_person(here, interview, drain):
    here.put(here.account, adapter="gone")
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON


def test_of_two_new_times_under_way_the_later_one_is_what_the_vendor_ends_with(
    here, interview, vendor, drain, monkeypatch
):
    """The first call comes to the vendor last, as calls do."""

    def move(hours: int) -> int:
        later = times(here.fresh(interview), later=timedelta(hours=hours))
        with here.scope() as now:
            recruiting.reschedule(interview_id=interview.id, times=later, actor=here.actor(), now=now)
        return int(here.fresh(interview).sequence)

    told, asked = Simulated.reschedule, []

    def overtaken(self, line, ref, **more):
        if not asked:
            asked.append(ref)
            bookings.reschedule(
                company_id=str(here.company.id), interview_id=str(interview.id), sequence=move(1)
            )
        return told(self, line, ref, **more)

    monkeypatch.setattr(Simulated, "reschedule", overtaken)
    bookings.reschedule(company_id=str(here.company.id), interview_id=str(interview.id), sequence=move(2))
    drain()
    assert vendor.interview(interview.vendor_ref)["starts_at"] == world._z(here.fresh(interview).starts_at)
    assert saga.tasks_of(here) == []


def test_a_word_no_column_could_hold_is_kept_as_far_as_one_can(here, interview, drain, monkeypatch):
    read = Simulated.read
    monkeypatch.setattr(
        Simulated,
        "read",
        lambda self, line, ref: replace(read(self, line, ref), word="in\0vited\ud800"),
    )
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert here.fresh(interview).vendor_word == "invited?"
