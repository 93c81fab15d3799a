"""docs/reference/saga.md for HR and the company: they cancel, freeze a position, restore and book anew."""

from datetime import timedelta

import pytest

from raincheck.archive.models import HistoryRecord
from raincheck.audit.catalogue import Action
from raincheck.cancellations import batches, errors, rebooking
from raincheck.cancellations.actions import approve
from raincheck.cancellations.models import Cancellation, State
from raincheck.core.errors import NotAllowed
from raincheck.notifications.models import Message
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.actions import Times
from raincheck.recruiting.models import Interview, InterviewState, PositionState
from tests.flows import saga


def test_hr_cancels_at_once_however_late_it_is_and_the_candidate_hears_that_it_was_the_company(
    here, soon, outbox, drain
):
    cancellation = here.ask(soon, actor=here.actor("recruiter"), reason="interviewer_unavailable")
    assert (cancellation.state, cancellation.rule, cancellation.initiator) == (State.PROCESSING, "hr", "hr")
    assert here.entries(interview=soon) == [Action.REQUESTED]
    assert saga.jobs() == ["vendors.agree"]
    drain()
    assert here.fresh(cancellation).state == State.COMPLETED
    assert saga.told_candidate(here, soon) == ["candidate_cancelled_by_company"]
    body = outbox.mail(here.email())[-1]["text"]
    assert "很抱歉" in body
    assert "面试官时间冲突" in body


def test_hr_cancels_a_half_finished_interview_and_its_scores_are_kept(here, drain):
    begun = here.book(hours=48, kind="window", state="in_progress", progress="partly_recorded")
    here.ask(begun, actor=here.actor(), reason="position_filled")
    drain()
    after = here.fresh(begun)
    assert (after.state, after.application.state) == (InterviewState.CANCELLED, "to_rebook")
    assert len(saga.profile_scores(here)) == 5


def test_an_interviewer_or_a_department_viewer_can_not_cancel(here, interview):
    for role in ("interviewer", "department_viewer", "company_admin"):
        with pytest.raises(NotAllowed):
            here.ask(interview, actor=here.actor(role))
    assert here.count(Cancellation) == 0


def freeze(here, *, role="hr_manager", reason="position_frozen"):
    manager = here.actor(role)
    with here.scope() as now:
        return batches.freeze_position(position_id=here.position.id, actor=manager, reason=reason, now=now)


@pytest.fixture
def schedule(here):
    """Return interviews of five candidates: two ahead, one soon, one half-done, one handed in."""
    people = [here.candidate, *(here.add_candidate() for _ in range(4))]
    return [
        here.book(hours=50, candidate=people[0]),
        here.book(hours=60, candidate=people[1]),
        here.book(hours=2, candidate=people[2]),
        here.book(
            hours=30, candidate=people[3], kind="window", state="in_progress", progress="partly_recorded"
        ),
        here.book(hours=30, candidate=people[4], kind="window", state="submitted", progress="submitted"),
    ]


def test_freezing_a_position_cancels_its_schedule_as_one_batch_with_one_job(here, schedule, drain):
    frozen = freeze(here)
    assert (frozen.cancelled, frozen.kept) == (4, 0)
    assert here.fresh(here.position).state == PositionState.FROZEN
    assert here.count(Cancellation, batch_id=frozen.batch_id, initiator="company") == 4
    assert saga.facts_of(here, Action.POSITION_FROZEN)["cancelled"] == 4
    assert here.entries().count(Action.REQUESTED) == 4
    assert saga.jobs() == ["vendors.agree"]
    drain()
    assert [here.fresh(i).state for i in schedule] == [*["cancelled"] * 4, "submitted"]
    assert here.count(HistoryRecord) == 4
    assert [here.vendor.effects().get(i.vendor_ref) for i in schedule] == [1, 1, 1, 1, None]
    for interview in schedule[:4]:
        assert saga.told_candidate(here, interview) == ["candidate_cancelled_by_company"]
    assert saga.told_candidate(here, schedule[4]) == []
    for role in ("interviewer", "recruiter", "department_viewer"):
        with here.scope():
            [digest] = Message.objects.filter(recipient_id=here.staff[role].id)
        assert (digest.template, digest.params["count"]) == ("staff_digest_cancelled", 4)
    saga.check_invariants(here)
    saga.check_messages(here)


def test_freezing_takes_what_is_under_review_along_and_leaves_what_is_processed_to_its_own_job(
    here, schedule, drain
):
    reviewed, processed = here.ask(schedule[2]), here.ask(schedule[0])
    assert (reviewed.state, processed.state) == (State.IN_REVIEW, State.PROCESSING)
    before = saga.jobs()
    frozen = freeze(here)
    assert saga.jobs() == [*before, "vendors.agree"]
    assert here.fresh(reviewed).state == State.PROCESSING
    assert here.fresh(reviewed).batch_id == frozen.batch_id
    assert here.fresh(processed).batch_id is None
    drain()
    assert here.count(Cancellation, state=State.COMPLETED) == here.count(Cancellation) == 4
    saga.check_messages(here)


def test_the_preview_says_what_freezing_then_does_and_changes_nothing(here, schedule):
    here.put(schedule[4], state="scheduled")
    manager = here.actor()
    with here.scope() as now:
        shown = batches.preview_freeze(position_id=here.position.id, actor=manager, now=now)
    assert ({i.id for i in shown.cancelled}, len(shown.kept)) == ({i.id for i in schedule[:4]}, 1)
    assert (here.entries(), saga.jobs()) == ([], [])
    frozen = freeze(here)
    assert (frozen.cancelled, frozen.kept) == (4, 1)


def test_a_position_is_frozen_once_by_those_who_may_and_for_a_known_reason(here, schedule):
    with pytest.raises(NotAllowed):
        freeze(here, role="recruiter")
    with pytest.raises(errors.UnknownReason):
        freeze(here, reason="none_such")
    assert here.fresh(here.position).state == PositionState.OPEN
    freeze(here)
    with pytest.raises(batches.PositionNotOpen):
        freeze(here)
    assert here.entries().count(Action.POSITION_FROZEN) == 1


def test_a_position_opened_again_leaves_cancelled_what_is_cancelled(here, schedule, drain):
    freeze(here)
    drain()
    manager = here.actor()
    with here.scope() as now:
        batches.reopen_position(position_id=here.position.id, actor=manager, now=now)
    assert here.fresh(here.position).state == PositionState.OPEN
    assert here.fresh(schedule[0]).state == InterviewState.CANCELLED


@pytest.fixture
def cancelled(here, interview, drain):
    """Return a completed cancellation of `interview`."""
    cancellation = here.ask(interview)
    drain()
    return here.fresh(cancellation)


def restore(here, cancellation, *, after: timedelta = timedelta(0)):
    recruiter = here.actor("recruiter")
    with here.scope() as now:
        return rebooking.restore(cancellation_id=cancellation.id, actor=recruiter, now=now + after)


def test_restoring_books_a_new_linked_interview_at_the_same_time_and_invites_anew(
    here, interview, cancelled, drain
):
    new = restore(here, cancelled)
    assert (new.previous_id, new.state) == (interview.id, InterviewState.SCHEDULED)
    assert (new.starts_at, new.ends_at) == (interview.starts_at, interview.ends_at)
    assert here.entries(interview=interview)[-1] == Action.RESTORED
    assert here.entries(interview=new) == [Action.INTERVIEW_SCHEDULED]
    assert saga.jobs() == ["fanout.tell", "vendors.invite"]
    drain()
    after = here.fresh(new)
    assert after.vendor_ref not in {"", interview.vendor_ref}
    assert after.vendor_link != interview.vendor_link
    assert after.application.state == "interviewing"
    assert saga.told_candidate(here, new) == ["candidate_rebooked"]
    assert saga.told_to(here, here.staff["interviewer"].id, new) == ["staff_rebooked"]
    assert here.fresh(interview).state == InterviewState.CANCELLED
    saga.check_invariants(here)


def test_an_interview_is_restored_once_and_only_within_the_grace_time(here, interview, cancelled):
    with pytest.raises(errors.NotRestorable):
        restore(here, cancelled, after=timedelta(hours=24, seconds=1))
    restore(here, cancelled)
    with pytest.raises(errors.NotRestorable):
        restore(here, cancelled)
    assert here.count(Interview, previous_id=interview.id) == 1


def test_what_is_over_or_not_cancelled_can_not_be_restored(here, soon, drain):
    cancellation = here.ask(soon)
    with pytest.raises(errors.NotRestorable):
        restore(here, cancellation)
    hr = here.actor()
    with here.scope() as now:
        approve(cancellation_id=cancellation.id, actor=hr, now=now)
    drain()
    with pytest.raises(errors.NotRestorable):
        restore(here, cancellation, after=4 * saga.HOUR)


def test_a_withdrawn_application_comes_back_with_the_restored_interview(here, interview, drain):
    cancellation = here.ask(interview, reason="other_offer")
    drain()
    assert here.fresh(interview).application.state == "withdrawn"
    new = restore(here, cancellation)
    assert here.fresh(new).application.state == "interviewing"


def test_booking_anew_takes_new_times_and_the_same_people(here, interview, cancelled, drain):
    recruiter = here.actor("recruiter")
    later = Times("slot", interview.starts_at + 24 * saga.HOUR, interview.ends_at + 24 * saga.HOUR)
    with here.scope() as now:
        new = rebooking.rebook(cancellation_id=cancelled.id, times=later, actor=recruiter, now=now)
    drain()
    with here.scope():
        panel = set(new.interviewers.values_list("staff_id", flat=True))
    assert panel == {here.staff["interviewer"].id}
    assert here.fresh(new).starts_at == later.starts_at
    assert here.fresh(new).vendor_ref != ""


def test_the_new_interview_can_be_cancelled_in_its_turn_without_touching_the_old(
    here, interview, cancelled, drain
):
    new = restore(here, cancelled)
    drain()
    here.ask(here.fresh(new))
    drain()
    assert here.fresh(new).state == InterviewState.CANCELLED
    assert here.count(HistoryRecord) == 2
    assert here.vendor.effects()[interview.vendor_ref] == 1
    saga.check_invariants(here)


def test_nothing_is_restored_onto_a_frozen_position(here, cancelled):
    freeze(here)
    with pytest.raises(recruiting.PositionNotOpen):
        restore(here, cancelled)


def test_hr_moving_the_application_meanwhile_is_not_undone_by_the_completion(here, interview, drain):
    cancellation, hr = here.ask(interview), here.actor()
    with here.scope() as now:
        recruiting.change_application(
            application_id=interview.application_id, to="declined", actor=hr, reason="不合适", now=now
        )
    drain()
    assert here.fresh(cancellation).state == State.COMPLETED
    assert here.fresh(interview).application.state == "declined"
    assert here.count(Message, state="waiting") == 0
