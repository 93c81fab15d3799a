"""The whole of a cancellation at Spark Hire, which deletes, against its simulator."""

from datetime import timedelta

import pytest

from raincheck.audit.catalogue import Action
from raincheck.cancellations.actions import reject
from raincheck.cancellations.models import State
from raincheck.recruiting.models import InterviewState
from raincheck.vendors.models import InboundEvent, VendorCall
from tests.flows import saga, vendors

JOB = "0d5f0b52-7f2d-4a3e-9f5e-2f6c0f7a1b11"


@pytest.fixture(scope="module")
def peers():
    with vendors.running("spark_hire") as running:
        yield running


@pytest.fixture
def desk(here, peers, drain):
    return vendors.open_desk(here, peers, drain, template=JOB)


@pytest.fixture
def invited(desk):
    return desk.invite()


def calls(desk, interview):
    with desk.here.scope():
        found = VendorCall.objects.filter(interview=interview).order_by("at", "id")
        return [f"{call.operation} {call.detail}" for call in found]


def test_it_is_invited_deleted_and_moved(here, desk, invited, drain):
    assert (invited.vendor_word, bool(invited.vendor_ref)) == ("created", True)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert desk.vendor.effects()[invited.vendor_ref] == 1
    assert here.entries(interview=invited)[-4:] == [
        Action.REQUESTED,
        Action.AGREED,
        Action.MOVED,
        Action.COMPLETED,
    ]
    assert calls(desk, invited)[0] == "invite 201"
    assert calls(desk, invited)[-2:] == ["cancel 204", "read 404"]
    saga.check_invariants(here, invited)


@pytest.mark.parametrize("mode", ["error_500_after_doing", "lost_answer"])
def test_a_deletion_that_lost_its_answer_is_asked_about_and_done_once(here, desk, invited, drain, mode):
    desk.vendor.fault(mode, operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert desk.vendor.effects()[invited.vendor_ref] == 1
    assert calls(desk, invited)[-1] == "read 404"


def test_a_deletion_that_is_a_lie_is_no_agreement_and_done_again(here, desk, invited, drain):
    desk.vendor.fault("lies", operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert desk.vendor.effects()[invited.vendor_ref] == 1


def test_over_its_limit_it_is_left_alone_and_asked_again(here, desk, invited, drain):
    desk.vendor.fault("rate_limited", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    wait = here.fresh(cancellation).next_attempt_at - saga.at(here)
    assert timedelta(seconds=4) < wait < timedelta(seconds=9)
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED


def test_what_expired_there_is_agreed_and_nothing_deleted(here, desk, invited, drain):
    desk.vendor.progress(invited.vendor_ref, "expired", webhook=False)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert desk.vendor.effects().get(invited.vendor_ref) is None


def test_what_was_handed_in_is_not_deleted(here, desk, invited, drain):
    desk.vendor.progress(invited.vendor_ref, "submitted", webhook=False)
    cancellation = here.ask(invited)
    drain()
    assert here.fresh(cancellation).state == State.REJECTED
    assert here.fresh(invited).state == InterviewState.SUBMITTED
    assert desk.vendor.effects().get(invited.vendor_ref) is None


def test_what_it_does_not_know_is_a_persons_to_settle(here, desk, invited, drain):
    desk.vendor.progress(invited.vendor_ref, "cancelled", webhook=False)
    cancellation = here.ask(invited)
    drain()
    assert here.fresh(cancellation).mismatch == "unknown"
    assert saga.tasks_of(here) == ["mismatch"]


def test_what_it_no_longer_knows_after_we_asked_to_delete_it_is_deleted(here, desk, invited, drain):
    """The answer was lost, and with it the chance to ask at once: only the ledger knows."""
    cancellation = here.ask(invited)
    with here.scope() as now:
        VendorCall.objects.create(
            company=here.company,
            account=desk.account,
            interview=invited,
            cancellation_id=cancellation.id,
            operation="cancel",
            outcome="unreachable",
            milliseconds=1,
            at=now,
        )
    desk.vendor.progress(invited.vendor_ref, "cancelled", webhook=False)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED


def test_a_refused_deletion_is_no_deletion_though_it_is_not_to_be_seen_any_more(here, desk, invited, drain):
    """The key may have been replaced by one that can't see it."""
    desk.vendor.fault("rate_limited", operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    desk.vendor.progress(invited.vendor_ref, "cancelled", webhook=False)
    saga.hurry(here)
    drain()
    assert here.fresh(cancellation).mismatch == "unknown"


def test_a_hand_in_is_heard_of_once_however_often_it_is_told(here, desk, invited):
    assert desk.hear(invited, "submitted") == [204, 204]
    assert here.fresh(invited).state == InterviewState.SUBMITTED
    assert here.count(InboundEvent) == 1


def test_a_deletion_there_is_told_to_hr(here, desk, invited):
    assert desk.hear(invited, "cancelled") == [204, 204]
    assert saga.tasks_of(here) == ["mismatch"]


def test_a_deletion_there_is_late_agreement(here, desk, invited, drain):
    desk.vendor.fault("unreachable")
    cancellation = here.ask(invited)
    drain()
    saga.overdue(here, cancellation)
    assert saga.state_of(here, cancellation) == saga.PENDING
    desk.vendor.clear_faults()
    desk.hear(invited, "cancelled")
    assert saga.state_of(here, cancellation) == saga.AGREED


def test_an_invitation_that_lost_its_answer_is_found_again(here, desk, drain):
    desk.vendor.fault("lost_answer", operation="invite", times=1)
    lost = desk.invite()
    assert lost.vendor_ref == ""
    saga.hurry(here)
    drain()
    assert here.fresh(lost).vendor_ref
    assert desk.vendor.creates()[here.email()] == 1


def test_an_invitation_that_lost_its_answer_is_found_when_a_request_comes_to_nothing(here, desk, drain):
    """No key of ours keeps this vendor from inviting twice, and of two links a cancel would kill one."""
    desk.vendor.fault("lost_answer", operation="invite", times=1)
    lost = desk.invite(hours=5)
    assert lost.vendor_ref == ""
    cancellation, hr = here.ask(lost), here.actor()
    with here.scope() as now:
        reject(cancellation_id=cancellation.id, actor=hr, decision_note="请按时参加", now=now)
    drain()
    assert here.fresh(lost).vendor_ref
    assert desk.vendor.creates()[here.email()] == 1


def test_without_a_job_to_invite_to_a_person_is_asked(here, peers, drain):
    desk = vendors.open_desk(here, peers, drain, template="")
    assert desk.invite().vendor_ref == ""
    assert saga.tasks_of(here) == ["invite_failed"]
