"""docs/reference/saga.md, what is under review: people decide, take back, stay silent, or the vendor speaks."""

from datetime import timedelta
from typing import Any

import pytest

from raincheck.archive.models import HistoryRecord
from raincheck.audit.catalogue import Action
from raincheck.cancellations import errors, policy, rules
from raincheck.cancellations.actions import approve, reject, withdraw
from raincheck.cancellations.models import State
from raincheck.core.errors import NotAllowed
from raincheck.recruiting.models import InterviewState
from tests.flows import saga


def decide(here, deed, cancellation, *, actor=None, **more: Any):
    who = actor or here.actor()
    with here.scope() as now:
        return deed(cancellation_id=cancellation.id, actor=who, now=now, **more)


def test_hr_approves_and_the_vendor_is_asked(here, soon, drain):
    cancellation = here.ask(soon)
    approved = decide(here, approve, cancellation, decision_note="同意")
    assert (approved.state, approved.decision_note) == (State.PROCESSING, "同意")
    assert approved.decided_by == here.staff["hr_manager"].id
    assert here.fresh(soon).state == InterviewState.CANCELLING
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.APPROVED]
    assert saga.jobs() == ["fanout.tell", "vendors.agree"]
    drain()
    assert here.fresh(cancellation).state == State.COMPLETED
    assert saga.told_candidate(here, soon) == ["candidate_in_review", "candidate_cancelled"]


def test_approving_twice_changes_nothing(here, soon, drain):
    cancellation = here.ask(soon)
    decide(here, approve, cancellation)
    decide(here, approve, cancellation)
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.APPROVED]
    drain()
    assert decide(here, approve, cancellation).state == State.COMPLETED
    assert here.entries(interview=soon).count(Action.APPROVED) == 1


def test_hr_cancelling_what_is_under_review_counts_as_the_approval(here, soon):
    cancellation = here.ask(soon)
    same = here.ask(soon, actor=here.actor("recruiter"), reason="position_filled", channel="console")
    assert (same.id, same.state) == (cancellation.id, State.PROCESSING)
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.APPROVED]
    assert saga.jobs() == ["fanout.tell", "vendors.agree"]


def test_the_candidate_asking_again_is_no_approval(here, soon):
    here.ask(soon)
    assert here.ask(soon).state == State.IN_REVIEW


def test_hr_rejects_with_a_reason_and_everyone_is_told(here, soon, outbox, drain):
    cancellation = here.ask(soon)
    rejected = decide(here, reject, cancellation, decision_note="面试官已专程预留时间")
    assert (rejected.state, rejected.due_at) == (State.REJECTED, None)
    assert here.fresh(soon).state == InterviewState.SCHEDULED
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.REJECTED]
    assert saga.jobs() == ["fanout.tell", "fanout.tell"]
    drain()
    assert saga.told_candidate(here, soon) == ["candidate_in_review", "candidate_rejected"]
    assert "面试官已专程预留时间" in outbox.mail(here.email())[-1]["text"]
    assert saga.told_to(here, here.staff["recruiter"].id, soon)[-1] == "staff_rejected"
    assert saga.told_to(here, here.staff["department_viewer"].id, soon) == ["department_stands"]
    assert (here.count(HistoryRecord), here.vendor.effects().get(soon.vendor_ref)) == (0, None)


def test_a_rejection_must_say_why(here, soon):
    cancellation = here.ask(soon)
    with pytest.raises(errors.DecisionNoteMissing):
        decide(here, reject, cancellation, decision_note="  ")
    with pytest.raises(errors.NoteTooLong):
        decide(here, reject, cancellation, decision_note="长" * 501)
    assert here.fresh(cancellation).state == State.IN_REVIEW


def test_a_rejected_half_finished_interview_goes_on_where_it_stood(here):
    begun = here.book(hours=48, kind="window", state="in_progress", progress="partly_recorded")
    decide(here, reject, here.ask(begun), decision_note="请完成面试")
    assert here.fresh(begun).state == InterviewState.IN_PROGRESS


def test_the_candidate_takes_the_request_back(here, soon, drain):
    cancellation = here.ask(soon)
    for _ in range(2):
        assert decide(here, withdraw, cancellation, actor=here.as_candidate()).state == State.WITHDRAWN
    assert here.fresh(soon).state == InterviewState.SCHEDULED
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.WITHDRAWN]
    assert saga.jobs() == ["fanout.tell", "fanout.tell"]
    drain()
    assert saga.told_candidate(here, soon) == ["candidate_in_review", "candidate_withdrawn"]
    saga.check_messages(here)


def test_what_is_processed_or_rejected_can_not_be_taken_back(here, interview, soon):
    processing, rejected = here.ask(interview), here.ask(soon)
    decide(here, reject, rejected, decision_note="请按时参加")
    for cancellation in (processing, rejected):
        with pytest.raises(errors.NotWithdrawable):
            decide(here, withdraw, cancellation, actor=here.as_candidate())


def test_a_withdrawn_or_rejected_request_can_not_be_decided_any_more(here, soon):
    cancellation = here.ask(soon)
    decide(here, withdraw, cancellation, actor=here.as_candidate())
    with pytest.raises(errors.NotInReview):
        decide(here, approve, cancellation)
    with pytest.raises(errors.NotInReview):
        decide(here, reject, cancellation, decision_note="请按时参加")


def test_a_candidate_can_not_review(here, soon):
    with pytest.raises(NotAllowed):
        decide(here, approve, here.ask(soon), actor=here.as_candidate())


def with_plan(here, **plan: Any) -> None:
    """Put a rule set in force under which a late request of the candidate is reviewed by this plan."""
    late = policy.ReviewPlan(**{"first": 15 * saga.MINUTE, "second": 15 * saga.MINUTE, **plan})
    rule = {rule.code: rule for rule in policy.STANDARD}
    reviewed = policy.Rule(
        code="short_notice",
        outcome=policy.Outcome.REVIEW,
        label_zh="提前不足12小时",
        label_en="Less than 12 hours",
        initiators=frozenset({policy.Initiator.CANDIDATE}),
        notice_under=timedelta(hours=12),
        review=late,
    )
    new = [{**rule, "short_notice": reviewed}[code] for code in rule]
    manager = here.actor()
    with here.scope() as now:
        rules.save_rules(name="试行", rules=new, actor=manager, now=now)


def test_nothing_happens_while_the_first_clock_runs(here, soon):
    cancellation = saga.clock(here, here.ask(soon), after=14 * saga.MINUTE)
    assert cancellation.state == State.IN_REVIEW
    assert here.entries(interview=soon) == [Action.REQUESTED]


def test_the_first_clock_escalates_to_the_hr_manager_and_a_second_clock(here, soon, drain):
    cancellation = saga.clock(here, here.ask(soon), after=15 * saga.MINUTE)
    assert (cancellation.state, cancellation.due_at) == (State.IN_REVIEW, cancellation.final_due_at)
    assert cancellation.escalated_at is not None
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.ESCALATED, Action.TASK_OPENED]
    assert saga.jobs() == ["fanout.tell", "fanout.tell"]
    assert saga.tasks_of(here) == ["review_escalated"]
    drain()
    assert saga.told_to(here, here.staff["hr_manager"].id, soon) == ["staff_escalated"]


def test_the_second_clock_ends_in_the_final_default(here, soon, drain):
    cancellation = saga.clock(here, here.ask(soon), after=15 * saga.MINUTE)
    cancellation = saga.clock(here, cancellation, after=30 * saga.MINUTE)
    assert (cancellation.state, cancellation.decided_by) == (State.PROCESSING, None)
    assert saga.tasks_of(here) == []
    assert saga.jobs()[-1] == "vendors.agree"
    saga.hurry(here)
    drain()
    assert here.fresh(cancellation).state == State.COMPLETED


@pytest.mark.parametrize(
    ("then", "state", "job"),
    [
        (policy.Default.APPROVE, State.PROCESSING, "vendors.agree"),
        (policy.Default.REJECT, State.REJECTED, "fanout.tell"),
    ],
)
def test_the_first_clock_may_decide_by_the_rule(here, soon, then, state, job):
    with_plan(here, then=then, finally_=policy.Default.APPROVE)
    cancellation = here.ask(soon)
    assert saga.clock(here, cancellation, after=15 * saga.MINUTE).state == state
    assert saga.jobs()[-1] == job
    saga.check_invariants(here)


def test_the_final_default_may_be_a_rejection(here, soon, drain):
    with_plan(here, then=policy.Default.ESCALATE, finally_=policy.Default.REJECT)
    cancellation = saga.overdue(here, saga.overdue(here, here.ask(soon)))
    assert cancellation.state == State.REJECTED
    assert here.fresh(soon).state == InterviewState.SCHEDULED
    drain()
    assert saga.told_candidate(here, soon)[-1] == "candidate_rejected"


def test_the_last_safe_moment_before_the_start_ends_every_clock(here):
    close = here.book(hours=0.3)
    cancellation = here.ask(close)
    assert cancellation.due_at == cancellation.final_due_at == close.starts_at - timedelta(minutes=10)
    cancellation = saga.clock(here, cancellation, after=9 * saga.MINUTE)
    assert cancellation.state == State.PROCESSING
    assert here.entries(interview=close) == [Action.REQUESTED, Action.APPROVED]


def test_a_clock_that_ended_does_nothing_to_what_was_decided_meanwhile(here, soon):
    cancellation = here.ask(soon)
    decide(here, reject, cancellation, decision_note="请按时参加")
    assert saga.clock(here, cancellation, after=saga.HOUR).state == State.REJECTED


def test_one_clock_that_can_not_be_run_does_not_stop_the_others(here, soon):
    poison, healthy = here.ask(soon), here.ask(here.book(hours=5))
    here.put(poison, review={"nonsense": True})
    here.put(poison, due_at=saga.at(here) - saga.MINUTE)
    saga.overdue(here, healthy)
    assert here.fresh(healthy).escalated_at is not None
    assert here.fresh(poison).state == State.IN_REVIEW
    assert here.fresh(poison).due_at > saga.at(here), "it must not crowd out the others"


@pytest.mark.parametrize("stage", ["in_review", "processing"])
def test_a_hand_in_ends_the_request_and_nothing_is_lost(here, soon, drain, stage):
    cancellation = here.ask(soon)
    if stage == "processing":
        decide(here, approve, cancellation)
    saga.happens(here, soon, "submitted")
    cancellation, after = here.fresh(cancellation), here.fresh(soon)
    assert (cancellation.state, cancellation.decided_by) == (State.REJECTED, None)
    assert (after.state, after.application.state) == (InterviewState.SUBMITTED, "interviewed")
    assert saga.facts_of(here, Action.REJECTED)["why"] == "submitted"
    drain()
    assert saga.told_candidate(here, soon)[-1] == "candidate_submitted"
    assert saga.told_to(here, here.staff["recruiter"].id, soon)[-1] == "staff_rejected"
    assert here.vendor.effects().get(soon.vendor_ref) is None
    saga.check_invariants(here)


def test_beginning_under_review_changes_nothing_but_the_reviewer_sees_it(here, soon):
    cancellation = here.ask(soon)
    saga.happens(here, soon, "partial")
    assert here.fresh(cancellation).state == State.IN_REVIEW
    after = here.fresh(soon)
    assert (after.state, after.vendor_progress) == (InterviewState.CANCELLING, "partly_recorded")
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.VENDOR_PROGRESS]
    assert saga.jobs() == ["fanout.tell"]


def test_a_rejection_after_a_start_falls_back_to_what_the_vendor_said(here, soon):
    cancellation = here.ask(soon)
    saga.happens(here, soon, "partial")
    decide(here, reject, cancellation, decision_note="请完成面试")
    assert here.fresh(soon).state == InterviewState.IN_PROGRESS


def test_an_approved_half_finished_interview_keeps_its_partial_scores(here, drain):
    begun = here.book(hours=48, kind="window", state="in_progress", progress="partly_recorded")
    decide(here, approve, here.ask(begun))
    drain()
    assert here.fresh(begun).state == InterviewState.CANCELLED
    assert here.vendor.effects()[begun.vendor_ref] == 1
    assert here.vendor.http.get(f"/i/{begun.vendor_link.rsplit('/', 1)[-1]}").status_code == 410
    scores = saga.profile_scores(here)
    assert len(scores) == 5
    assert all(partial for _, partial in scores.values())
    with here.scope():
        assert len(HistoryRecord.objects.get(interview=begun).snapshot["assessments"]) == 5


def test_a_link_the_vendor_called_off_under_review_is_hr_s_to_know(here, soon, drain):
    cancellation = here.ask(soon)
    saga.happens(here, soon, "cancelled")
    assert here.fresh(cancellation).state == State.IN_REVIEW
    assert saga.tasks_of(here) == ["mismatch"]
    decide(here, approve, cancellation)
    drain()
    assert here.fresh(cancellation).agreement == "agreed"
    assert saga.tasks_of(here) == []
