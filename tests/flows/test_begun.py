"""An interview that has begun is never cancelled without a person's say (docs/adr/0012-begun-needs-a-person.md)."""

from datetime import timedelta

import pytest

from raincheck.audit.catalogue import Action
from raincheck.cancellations.actions import approve, lease, reject, withdraw
from raincheck.cancellations.models import State
from raincheck.cancellations.queries import errands
from raincheck.cancellations.settling import Answer, VendorAnswer, settle
from raincheck.core.actor import Actor
from raincheck.recruiting.models import InterviewState
from raincheck.vendors.adapters.simulated.adapter import view_of
from raincheck.vendors.lines import word_of
from tests import people
from tests.flows import saga

IN_REVIEW = (State.IN_REVIEW, "pending", InterviewState.CANCELLING)


@pytest.fixture(params=["started", "partial"])
def found_begun(here, interview, drain, request):
    """Return a cancellation approved by rule that, when the vendor was asked, turned out to have begun."""
    cancellation = here.ask(interview)
    saga.happens(here, interview, request.param, hear=False)
    drain()
    return cancellation


def decide(here, action, cancellation, **more):
    hr = here.actor()
    with here.scope() as now:
        return action(cancellation_id=cancellation.id, actor=hr, now=now, **more)


def test_what_a_rule_approved_and_the_vendor_says_has_begun_waits_for_a_person(here, interview, found_begun):
    assert saga.state_of(here, found_begun) == IN_REVIEW
    assert here.vendor.effects().get(interview.vendor_ref) is None
    found = here.fresh(found_begun)
    assert (found.rule, found.outcome, found.next_attempt_at, found.decided_by) == (
        "begun",
        "review",
        None,
        None,
    )
    assert timedelta(minutes=14) < found.due_at - saga.at(here) <= timedelta(minutes=15)
    assert here.entries(interview=interview) == [Action.REQUESTED, Action.BEGUN]
    assert saga.told_candidate(here, interview) == ["candidate_asked", "candidate_begun"]
    assert saga.told_to(here, here.staff["recruiter"].id, interview) == ["staff_begun"]
    assert saga.jobs() == []
    saga.check_invariants(here)


def test_the_candidates_page_says_why_a_person_decides(here, interview, found_begun, signed_in):
    page = people.text(signed_in.get(f"/c/{here.company.slug}/interviews/{interview.id}/"))
    assert "已经开始，因此由招聘团队审核" in page


def test_once_a_person_approves_it_is_cancelled_there_with_its_partial_scores(here, interview, drain):
    cancellation = here.ask(interview)
    saga.happens(here, interview, "partial", hear=False)
    drain()
    decide(here, approve, cancellation)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert here.vendor.effects()[interview.vendor_ref] == 1
    assert all(partial for _, partial in saga.profile_scores(here).values())
    assert len(saga.profile_scores(here)) == 5
    saga.check_invariants(here)
    saga.check_messages(here)


def test_a_person_may_reject_it_and_the_candidate_goes_on(here, interview, found_begun, drain):
    decide(here, reject, found_begun, decision_note="请完成面试")
    assert here.fresh(interview).state == InterviewState.IN_PROGRESS
    drain()
    assert saga.told_candidate(here, interview)[-1] == "candidate_rejected"


def test_the_candidate_may_take_it_back(here, interview, found_begun):
    candidate = here.as_candidate()
    with here.scope() as now:
        withdraw(cancellation_id=found_begun.id, actor=candidate, now=now)
    assert here.fresh(interview).state == InterviewState.IN_PROGRESS


def test_silence_escalates_it_and_in_the_end_rejects_it(here, interview, found_begun):
    saga.overdue(here, found_begun)
    assert saga.state_of(here, found_begun) == IN_REVIEW
    assert saga.tasks_of(here) == ["review_escalated"]
    assert saga.overdue(here, found_begun).state == State.REJECTED
    assert here.fresh(interview).state == InterviewState.IN_PROGRESS
    assert here.vendor.effects().get(interview.vendor_ref) is None
    saga.check_invariants(here)


def test_no_clock_approves_what_began_under_review(here, soon):
    cancellation = here.ask(soon)
    assert here.fresh(cancellation).review["finally_"] == "approve"
    saga.happens(here, soon, "partial")
    saga.overdue(here, cancellation)
    assert saga.overdue(here, cancellation).state == State.REJECTED


def test_a_begin_that_nobody_heard_of_is_found_when_the_clock_has_approved(here, soon, drain):
    cancellation = here.ask(soon)
    saga.happens(here, soon, "partial", hear=False)
    saga.overdue(here, cancellation)
    assert saga.overdue(here, cancellation).state == State.PROCESSING
    drain()
    assert saga.state_of(here, cancellation) == IN_REVIEW


def test_a_person_who_approved_before_it_began_is_asked_once_more(here, soon, drain):
    cancellation = here.ask(soon)
    decide(here, approve, cancellation)
    saga.happens(here, soon, "partial", hear=False)
    drain()
    found = here.fresh(cancellation)
    assert (found.state, found.decided_at, found.decided_by) == (State.IN_REVIEW, None, None)
    decide(here, approve, cancellation)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    saga.check_invariants(here)


def test_what_hr_asked_for_before_it_began_is_reviewed_and_its_candidate_hears_nothing_yet(
    here, interview, drain
):
    cancellation = here.ask(interview, actor=here.actor(), reason="position_filled")
    saga.happens(here, interview, "partial", hear=False)
    drain()
    assert saga.state_of(here, cancellation) == IN_REVIEW
    assert saga.told_candidate(here, interview) == []
    assert saga.told_to(here, here.staff["recruiter"].id, interview) == ["staff_begun"]


def test_news_of_a_begin_while_the_vendor_is_being_asked_is_taken_likewise(here, interview, vendor, drain):
    vendor.fault("error_500")
    cancellation = here.ask(interview)
    drain()
    vendor.clear_faults()
    saga.happens(here, interview, "partial")
    assert saga.state_of(here, cancellation) == IN_REVIEW
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == IN_REVIEW
    assert vendor.effects().get(interview.vendor_ref) is None


def test_the_limit_of_a_silent_vendor_completes_nothing_that_is_known_to_have_begun(here, interview, vendor):
    vendor.fault("unreachable")
    cancellation = here.ask(interview)
    here.put(interview, vendor_progress="partly_recorded")
    saga.overdue(here, cancellation)
    assert saga.state_of(here, cancellation) == IN_REVIEW


def test_nor_does_a_vendor_that_can_not_say(here, interview, vendor, drain):
    vendor.fault("error_500")
    cancellation = here.ask(interview)
    here.put(interview, vendor_progress="partly_recorded")
    drain()
    assert saga.state_of(here, cancellation) == IN_REVIEW


def test_a_mismatch_gives_way_to_the_review(here, interview, vendor, drain):
    vendor.fault("other_time", operation="read")
    cancellation = here.ask(interview)
    drain()
    vendor.clear_faults()
    saga.happens(here, interview, "partial")
    assert saga.state_of(here, cancellation) == IN_REVIEW
    assert (here.fresh(cancellation).mismatch, saga.tasks_of(here)) == ("", [])


def test_an_answer_from_before_a_person_spoke_takes_their_say_for_what_it_is(here, interview, drain):
    cancellation = here.ask(interview)
    saga.happens(here, interview, "partial", hear=False)
    with here.scope() as now:
        early = errands(here.company.id, [cancellation.id], now=now)
        lease(here.company.id, early, until=now)
        word = word_of(view_of(here.vendor.interview(interview.vendor_ref)), now)
    drain()
    decide(here, approve, cancellation)
    answer = VendorAnswer(cancellation.id, Answer.BEGUN, word=word)
    with here.scope() as now:
        settle(answers=[answer], actor=Actor.system(here.company.id), now=now)
    assert here.fresh(cancellation).state == State.PROCESSING
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert here.vendor.effects()[interview.vendor_ref] == 1


def test_a_hand_in_wins_over_the_review(here, interview, found_begun):
    saga.happens(here, interview, "submitted")
    assert here.fresh(found_begun).state == State.REJECTED
    assert here.fresh(interview).state == InterviewState.SUBMITTED


def test_what_was_completed_in_silence_and_has_begun_there_is_a_contradiction(here, interview, vendor, drain):
    vendor.fault("unreachable")
    cancellation = saga.overdue(here, here.ask(interview))
    vendor.clear_faults()
    saga.happens(here, interview, "partial", hear=False)
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.CONTRADICTED
    assert vendor.effects().get(interview.vendor_ref) is None
