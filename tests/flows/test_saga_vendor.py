"""docs/reference/saga.md, the lines in which the AI interview system answers, is silent, refuses, or differs."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from raincheck.accounts.queries import staff_actor
from raincheck.archive import actions as archive
from raincheck.archive.models import HistoryRecord
from raincheck.audit.catalogue import Action
from raincheck.cancellations import errors
from raincheck.cancellations.actions import reject
from raincheck.cancellations.models import Agreement, State
from raincheck.cancellations.rebooking import accept_contradicted
from raincheck.cancellations.settling import complete_anyway
from raincheck.recruiting.models import Assessment, InterviewState
from raincheck.vendors import tasks as errands
from raincheck.vendors.adapters.simulated.adapter import Simulated
from raincheck.worklist.models import Task
from tests import people
from tests.flows import saga

SILENT = [Action.REQUESTED, Action.VENDOR_SILENT, Action.MOVED, Action.COMPLETED]


def test_the_vendor_agrees_and_the_record_moves(here, interview, drain):
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    found = here.fresh(cancellation)
    assert (found.due_at, found.next_attempt_at, found.attempts) == (None, None, 1)
    told = [Action.REQUESTED, Action.AGREED, Action.MOVED, Action.COMPLETED]
    assert here.entries(interview=interview) == told
    assert here.fresh(interview).application.state == "to_rebook"
    with here.scope():
        history = HistoryRecord.objects.get(interview=interview)
    assert (history.reason_code, history.initiator) == ("time_conflict", "candidate")
    assert history.checksum == archive.checksum_of(history.snapshot)
    assert here.vendor.effects()[interview.vendor_ref] == 1
    saga.check_invariants(here)


def test_where_no_vendor_is_involved_it_is_completed_at_once(here, drain):
    alone = here.book(hours=50, with_vendor=False)
    cancellation = here.ask(alone)
    drain()
    assert saga.state_of(here, cancellation) == (State.COMPLETED, Agreement.NOT_NEEDED, "cancelled")


@pytest.mark.parametrize("mode", ["error_500", "unreachable"])
def test_a_silent_vendor_does_not_hold_up_the_acknowledgement(here, interview, vendor, drain, mode):
    vendor.fault(mode)
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    assert saga.told_candidate(here, interview) == ["candidate_asked"]
    assert saga.jobs() == ["vendors.agree"]


def test_past_two_minutes_of_silence_it_is_completed_and_the_vendor_asked_until_it_agrees(
    here, interview, vendor, drain
):
    vendor.fault("unreachable")
    cancellation = here.ask(interview)
    assert cancellation.due_at - cancellation.requested_at == timedelta(minutes=2)
    drain()
    saga.overdue(here, cancellation)
    assert saga.state_of(here, cancellation) == saga.PENDING
    assert here.entries(interview=interview) == SILENT
    assert here.fresh(cancellation).due_at == interview.starts_at - saga.HOUR
    drain()
    assert saga.told_candidate(here, interview) == ["candidate_asked", "candidate_cancelled"]
    vendor.clear_faults()
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert here.entries(interview=interview)[-1] == Action.AGREED
    assert (here.fresh(cancellation).due_at, vendor.effects()[interview.vendor_ref]) == (None, 1)
    assert here.count(HistoryRecord) == 1


def test_an_errand_that_meets_the_limit_itself_goes_ahead_and_asks_on(here, interview, vendor, drain):
    vendor.fault("error_500")
    cancellation = here.ask(interview)
    here.put(cancellation, due_at=saga.at(here))
    drain()
    assert saga.state_of(here, cancellation) == saga.PENDING
    assert saga.jobs() == ["vendors.agree"]


def test_an_hour_before_the_start_a_person_is_asked_if_the_vendor_still_has_not_agreed(
    here, interview, vendor, drain
):
    vendor.fault("unreachable")
    cancellation = saga.overdue(here, here.ask(interview))
    cancellation = saga.overdue(here, cancellation)
    assert saga.tasks_of(here) == ["vendor_pending"]
    assert (cancellation.due_at, cancellation.agreement) == (None, Agreement.PENDING)
    assert cancellation.next_attempt_at is not None, "it is asked on"
    vendor.clear_faults()
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []
    assert saga.tasks_of(here, state="done") == ["vendor_pending"]


def test_a_vendor_silent_for_longer_than_a_small_number_can_count_is_asked_on(here, interview, vendor, drain):
    vendor.fault("unreachable")
    cancellation = saga.overdue(here, here.ask(interview))
    here.put(cancellation, attempts=32767)
    saga.hurry(here)
    drain()
    assert here.fresh(cancellation).attempts == 32768
    assert saga.state_of(here, cancellation) == saga.PENDING


def test_a_vendor_that_can_not_cancel_needs_a_person_and_the_candidate_is_warned(
    here, interview, vendor, outbox, drain
):
    vendor.fault("cannot_cancel")
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert Action.NEEDS_PERSON in here.entries(interview=interview)
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    assert "请勿使用" in outbox.mail(here.email())[-1]["text"]
    assert saga.jobs() == []
    saga.happens(here, interview, "cancelled")
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []


@pytest.mark.parametrize("mode", ["lies", "already_gone"])
def test_a_success_that_is_not_to_be_seen_at_the_vendor_is_none(here, interview, vendor, drain, mode):
    vendor.fault(mode, operation="cancel")
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    vendor.clear_faults()
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor.effects()[interview.vendor_ref] == 1


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_what_ended_there_before_is_agreed_without_another_cancel(here, interview, vendor, drain, end):
    cancellation = here.ask(interview)
    saga.happens(here, interview, end, hear=False)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor.effects().get(interview.vendor_ref) is None


@pytest.mark.parametrize(
    "faults",
    [
        [{"mode": "error_500_after_doing", "operation": "cancel", "times": 1}],
        [{"mode": "unreachable", "operation": "cancel", "times": 1}],
        [
            {"mode": "error_500_after_doing", "operation": "cancel", "times": 1},
            {"mode": "unreachable", "times": 2},
        ],
    ],
)
def test_a_wrong_or_lost_answer_is_asked_about_and_it_is_cancelled_exactly_once(
    here, interview, vendor, drain, faults
):
    for fault in faults:
        vendor.fault(**fault)
    cancellation = here.ask(interview)
    for _ in range(4):
        drain()
        saga.hurry(here)
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor.effects()[interview.vendor_ref] == 1
    assert here.count(HistoryRecord) == 1


def test_an_answer_that_was_lost_on_our_side_is_found_by_asking_again(
    here, interview, vendor, drain, monkeypatch
):
    here.ask(interview)
    monkeypatch.setattr(errands, "settle", broken)
    drain()
    assert vendor.effects()[interview.vendor_ref] == 1
    monkeypatch.undo()
    saga.hurry(here)
    drain()
    assert here.fresh(interview).state == InterviewState.CANCELLED
    assert vendor.effects()[interview.vendor_ref] == 1


def broken(**_: object) -> None:
    raise ConnectionError("the worker lost its connection")


def test_the_sweep_finds_a_cancellation_that_lost_its_job_and_leaves_the_settled_alone(
    here, interview, drain
):
    cancellation = here.ask(interview)
    saga.forget_jobs()
    here.put(cancellation, next_attempt_at=saga.at(here) - saga.MINUTE)
    saga.sweep()
    assert saga.jobs() == ["vendors.agree"]
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    here.put(cancellation, next_attempt_at=saga.at(here) - saga.MINUTE)
    saga.sweep()
    assert saga.jobs() == []


def test_two_jobs_for_one_silent_vendor_become_one(here, interview, vendor):
    vendor.fault("error_500")
    cancellation = here.ask(interview)
    for _ in range(2):
        errands.agree(company_id=str(here.company.id), cancellation_ids=[str(cancellation.id)])
    assert here.fresh(cancellation).attempts == 1
    assert saga.jobs() == ["vendors.agree", "vendors.agree", "fanout.tell"]


@pytest.mark.parametrize(("fault", "kind"), [("unknown", "unknown"), ("other_time", "other_time")])
def test_a_mismatch_stops_and_asks_hr_with_a_clock(here, interview, vendor, drain, fault, kind):
    vendor.fault(fault, operation="read")
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    found = here.fresh(cancellation)
    assert found.mismatch == kind
    assert timedelta(minutes=14) < found.due_at - saga.at(here) <= timedelta(minutes=15)
    assert here.entries(interview=interview) == [Action.REQUESTED, Action.MISMATCH, Action.TASK_OPENED]
    assert saga.tasks_of(here) == ["mismatch"]
    assert saga.told_candidate(here, interview) == ["candidate_asked"]
    assert saga.jobs() == []


@pytest.fixture
def differing(here, interview, vendor, drain):
    """Return a cancellation that stands still because the vendor has another time."""
    vendor.fault("other_time", operation="read")
    cancellation = here.ask(interview)
    drain()
    vendor.clear_faults()
    return cancellation


def test_hr_reads_which_time_the_vendor_has(here, interview, differing, hr):
    there = timezone.localtime(interview.starts_at + timedelta(hours=1), ZoneInfo("Asia/Shanghai"))
    with here.scope():
        task = Task.objects.get(subject_id=differing.id)
    for path in (f"/console/reviews/{differing.id}/", f"/console/tasks/{task.id}/"):
        page = people.text(hr.get(path))
        assert f"AI面试系统中的时间与本平台不同：那里是 {there.month}月{there.day}日" in page
        assert f"{there:%H:%M}–" in page


def test_hr_completes_a_mismatch_anyway(here, interview, differing, drain):
    hr = here.actor()
    with here.scope() as now:
        complete_anyway(cancellation_id=differing.id, actor=hr, now=now)
    assert saga.state_of(here, differing) == saga.PERSON
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    assert saga.tasks_of(here, state="done") == ["mismatch"]
    drain()
    assert saga.told_candidate(here, interview) == ["candidate_asked", "candidate_cancelled"]
    with pytest.raises(errors.NoMismatch), here.scope() as now:
        complete_anyway(cancellation_id=differing.id, actor=hr, now=now)


def test_hr_rejects_a_mismatch(here, interview, differing, drain):
    hr = here.actor()
    with here.scope() as now:
        reject(cancellation_id=differing.id, actor=hr, decision_note="请按原时间参加", now=now)
    assert here.fresh(differing).state == State.REJECTED
    assert (here.fresh(interview).state, saga.tasks_of(here)) == (InterviewState.SCHEDULED, [])
    drain()
    assert saga.told_candidate(here, interview)[-1] == "candidate_rejected"
    saga.check_invariants(here)


def test_a_mismatch_nobody_settles_is_completed_by_its_clock(here, interview, differing):
    saga.overdue(here, differing)
    assert saga.state_of(here, differing) == saga.PERSON
    assert saga.tasks_of(here) == ["revoke_by_hand"]


def test_a_mismatch_ends_when_the_vendor_cancels_after_all(here, interview, differing):
    saga.happens(here, interview, "cancelled")
    assert saga.state_of(here, differing) == saga.AGREED
    assert saga.tasks_of(here) == []


def test_a_mismatch_ends_when_the_candidate_hands_in(here, interview, differing):
    saga.happens(here, interview, "submitted")
    assert here.fresh(differing).state == State.REJECTED
    assert (here.fresh(interview).state, saga.tasks_of(here)) == (InterviewState.SUBMITTED, [])


def test_what_is_processed_without_a_mismatch_can_not_be_completed_by_hand(here, interview):
    cancellation, hr = here.ask(interview), here.actor()
    with pytest.raises(errors.NoMismatch), here.scope() as now:
        complete_anyway(cancellation_id=cancellation.id, actor=hr, now=now)


def test_a_hand_in_between_our_look_and_our_cancel_is_a_hand_in(here, interview, vendor, drain, monkeypatch):
    look = Simulated.read
    handed_in = []

    def read_then_submit(self, line, ref):
        view = look(self, line, ref)
        if not handed_in:
            handed_in.append(vendor.progress(ref, "submitted", webhook=False))
        return view

    monkeypatch.setattr(Simulated, "read", read_then_submit)
    cancellation = here.ask(interview)
    drain()
    assert here.fresh(cancellation).state == State.REJECTED
    assert here.fresh(interview).state == InterviewState.SUBMITTED
    assert (here.count(HistoryRecord), vendor.effects().get(interview.vendor_ref)) == (0, None)


def test_a_hand_in_before_the_vendor_was_asked_is_found_by_asking(here, interview, drain):
    cancellation = here.ask(interview)
    saga.happens(here, interview, "submitted", hear=False)
    drain()
    assert here.fresh(cancellation).state == State.REJECTED
    after = here.fresh(interview)
    assert (after.state, after.application.state) == (InterviewState.SUBMITTED, "interviewed")
    assert saga.told_candidate(here, interview) == ["candidate_asked", "candidate_submitted"]


@pytest.fixture
def pending(here, interview, vendor):
    """Return a cancellation that was completed while the vendor was silent."""
    vendor.fault("unreachable")
    cancellation = saga.overdue(here, here.ask(interview))
    vendor.clear_faults()
    return cancellation


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_agreement_that_comes_later_is_agreement_and_nobody_asks_any_more(
    here, interview, pending, drain, end
):
    saga.happens(here, interview, end)
    assert saga.state_of(here, pending) == saga.AGREED
    found = here.fresh(pending)
    assert (found.next_attempt_at, found.due_at) == (None, None)
    drain()
    assert here.vendor.effects().get(interview.vendor_ref) is None


@pytest.mark.parametrize(("step", "partial"), [("started", None), ("partial", True), ("submitted", False)])
def test_an_interview_taken_after_its_cancellation_contradicts_it_and_its_scores_are_kept(
    here, interview, pending, step, partial
):
    saga.happens(here, interview, step)
    assert saga.state_of(here, pending) == saga.CONTRADICTED
    assert saga.tasks_of(here) == ["contradicted"]
    assert Action.CONTRADICTED in here.entries(interview=interview)
    scores = saga.profile_scores(here)
    assert {is_partial for _, is_partial in scores.values()} == (set() if partial is None else {partial})
    saga.check_invariants(here)


def test_what_was_taken_after_the_cancellation_can_be_accepted_as_a_new_linked_interview(
    here, interview, pending
):
    saga.happens(here, interview, "submitted")
    with here.scope() as now:
        new = accept_contradicted(
            cancellation_id=pending.id, actor=staff_actor(here.staff["hr_manager"]), now=now
        )
    new, old = here.fresh(new), here.fresh(interview)
    assert (new.state, new.previous_id, new.vendor_ref) == ("submitted", old.id, interview.vendor_ref)
    assert (old.state, old.vendor_ref) == ("cancelled", "")
    assert new.application.state == "interviewed"
    assert here.count(Assessment, interview=new) == here.count(Assessment, interview=old) > 0
    assert saga.tasks_of(here) == []
    with pytest.raises(errors.NotContradicted), here.scope() as now:
        accept_contradicted(cancellation_id=pending.id, actor=staff_actor(here.staff["hr_manager"]), now=now)


def test_nobody_is_asked_to_revoke_the_link_of_what_was_accepted(here, interview, vendor, drain):
    vendor.fault("cannot_cancel")
    cancellation = here.ask(interview)
    drain()
    saga.happens(here, interview, "partial")
    assert sorted(saga.tasks_of(here)) == ["contradicted", "revoke_by_hand"]
    with here.scope() as now:
        new = accept_contradicted(
            cancellation_id=cancellation.id, actor=staff_actor(here.staff["hr_manager"]), now=now
        )
    assert here.fresh(new).state == InterviewState.IN_PROGRESS
    assert saga.tasks_of(here) == []


def test_the_full_scores_replace_the_partial_ones_in_the_profile(here, interview, pending):
    saga.happens(here, interview, "partial")
    partial = saga.profile_scores(here)
    saga.happens(here, interview, "submitted")
    full = saga.profile_scores(here)
    assert partial.keys() == full.keys()
    assert not any(is_partial for _, is_partial in full.values())
    assert saga.tasks_of(here) == ["contradicted"]


def test_a_hand_in_found_while_still_asking_contradicts_too(here, interview, pending, drain):
    saga.happens(here, interview, "submitted", hear=False)
    saga.hurry(here)
    drain()
    assert saga.state_of(here, pending) == saga.CONTRADICTED
    assert len(saga.profile_scores(here)) == 5


def test_news_that_is_older_than_what_is_known_changes_nothing(here, interview):
    cancellation = here.ask(interview)
    early = here.vendor.progress(interview.vendor_ref, "partial", webhook=False)
    saga.happens(here, interview, "submitted")
    assert here.fresh(cancellation).state == State.REJECTED
    assert saga.hear_of(here, interview, early) is False
    assert here.fresh(interview).state == InterviewState.SUBMITTED


def test_news_without_a_cancellation_simply_is_the_interview(here, interview):
    saga.happens(here, interview, "partial")
    assert here.fresh(interview).state == InterviewState.IN_PROGRESS
    saga.happens(here, interview, "submitted")
    after = here.fresh(interview)
    assert (after.state, after.application.state) == (InterviewState.SUBMITTED, "interviewed")
    assert here.entries(interview=interview) == [Action.VENDOR_PROGRESS, Action.INTERVIEW_SUBMITTED]
