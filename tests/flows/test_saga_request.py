"""docs/reference/saga.md, the lines that begin with a request; and asking for the same thing again."""

from datetime import timedelta

import pytest

from raincheck.audit.catalogue import Action
from raincheck.cancellations import errors
from raincheck.cancellations.actions import reject
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.core.errors import NotFound
from raincheck.recruiting.models import InterviewState
from tests.flows import saga


def test_a_request_in_time_is_processed_at_once(here, interview):
    cancellation = here.ask(interview)
    assert (cancellation.state, cancellation.rule) == (State.PROCESSING, "ample_notice")
    assert here.fresh(interview).state == InterviewState.CANCELLING
    assert here.entries(interview=interview) == [Action.REQUESTED]
    assert saga.jobs() == ["vendors.agree"]


def test_a_late_request_is_reviewed_and_says_until_when(here, soon, outbox, drain):
    cancellation = here.ask(soon)
    assert (cancellation.state, cancellation.rule) == (State.IN_REVIEW, "short_notice")
    assert cancellation.due_at - cancellation.requested_at == timedelta(minutes=15)
    assert here.fresh(soon).state == InterviewState.CANCELLING
    assert here.entries(interview=soon) == [Action.REQUESTED]
    assert saga.jobs() == ["fanout.tell"]
    drain()
    assert saga.told_candidate(here, soon) == ["candidate_in_review"]
    assert "若未通过请按时参加" in outbox.sms(here.phone())[-1]["body"]


def test_a_refused_request_leaves_an_entry_and_nothing_else_and_names_a_contact(here):
    submitted = here.book(hours=5, state="submitted", progress="submitted")
    with pytest.raises(errors.InterviewSubmitted) as refused:
        here.ask(submitted)
    assert refused.value.contact.phone == here.company.contact_phone
    assert here.count(Cancellation) == 0
    assert here.fresh(submitted).state == InterviewState.SUBMITTED
    assert here.entries(interview=submitted) == [Action.REFUSED]
    assert saga.facts_of(here, Action.REFUSED)["refusal"] == "submitted"
    assert saga.jobs() == []


def test_an_interview_in_the_past_is_refused(here):
    past = here.book(hours=-2)
    with pytest.raises(errors.InterviewPast):
        here.ask(past)
    assert (here.count(Cancellation), saga.jobs()) == (0, [])


def test_a_half_finished_interview_is_reviewed_however_much_notice_there_is(here):
    begun = here.book(hours=48, kind="window", state="in_progress", progress="partly_recorded")
    cancellation = here.ask(begun)
    assert (cancellation.state, cancellation.rule) == (State.IN_REVIEW, "begun")
    assert saga.jobs() == ["fanout.tell"]


def test_the_same_again_answers_with_the_same_cancellation(here, interview, soon):
    for asked in (interview, soon):
        first, second = here.ask(asked), here.ask(asked, reason="health")
        assert first.id == second.id
        assert here.fresh(first).reason_id == first.reason_id
        assert here.entries(interview=asked) == [Action.REQUESTED]
    assert saga.jobs() == ["vendors.agree", "fanout.tell"]


def test_the_same_idempotency_key_answers_with_the_same_cancellation_even_when_it_is_over(
    here, interview, drain
):
    first = here.ask(interview, idempotency_key="form-1")
    drain()
    again = here.ask(interview, idempotency_key="form-1")
    assert (again.id, again.state) == (first.id, State.COMPLETED)
    assert here.entries(interview=interview).count(Action.REQUESTED) == 1
    assert saga.jobs() == []


def test_an_idempotency_key_used_for_another_interview_is_refused(here, interview, soon):
    here.ask(interview, idempotency_key="form-1")
    with pytest.raises(errors.KeyReused):
        here.ask(soon, idempotency_key="form-1")
    assert here.fresh(soon).state == InterviewState.SCHEDULED


def test_what_is_cancelled_already_says_so(here, interview, drain):
    here.ask(interview)
    drain()
    with pytest.raises(errors.AlreadyCancelled):
        here.ask(interview)
    assert here.count(Cancellation) == 1


def test_a_rejected_request_may_be_asked_again(here, soon):
    first = here.ask(soon)
    hr = here.actor()
    with here.scope() as now:
        reject(cancellation_id=first.id, actor=hr, decision_note="名额紧张", now=now)
    second = here.ask(soon)
    assert second.id != first.id
    saga.check_invariants(here)


def test_an_unknown_reason_a_blank_note_and_a_long_one_change_nothing(here, interview):
    bad = {"reason": "none_such"}, {"note": "  \n"}, {"note": "长" * 501}, {"reason": "position_frozen"}
    wrong = errors.UnknownReason, errors.NoteBlank, errors.NoteTooLong, errors.UnknownReason
    for asked, error in zip(bad, wrong, strict=True):
        with pytest.raises(error):
            here.ask(interview, **asked)
    assert (here.entries(), saga.jobs()) == ([], [])
    assert here.fresh(interview).state == InterviewState.SCHEDULED


def test_an_unknown_reason_is_called_so_though_others_were_asked_for_before_without_a_key(
    here, interview, soon
):
    earlier = here.ask(soon)
    hr = here.actor()
    with here.scope() as now:
        reject(cancellation_id=earlier.id, actor=hr, decision_note="名额紧张", now=now)
    for one in (interview, soon):
        with pytest.raises(errors.UnknownReason):
            here.ask(one, reason="none_such")
    assert here.count(Cancellation) == 1


def test_nobody_else_can_ask(here, interview):
    stranger = here.as_candidate(here.add_candidate())
    with pytest.raises(NotFound):
        here.ask(interview, actor=stranger)
    assert (here.entries(), saga.jobs()) == ([], [])


def test_the_verdict_is_frozen_with_what_it_was_judged_by(here, soon):
    cancellation = here.ask(soon)
    here.put(soon, starts_at=soon.starts_at + timedelta(days=9), ends_at=soon.ends_at + timedelta(days=9))
    cancellation = here.fresh(cancellation)
    assert cancellation.facts["starts_at"] == soon.starts_at.isoformat()
    assert (cancellation.policy_version, cancellation.outcome) == (0, "review")
    assert cancellation.agreement == Agreement.PENDING
