"""The whole of a cancellation at Humanly, which archives, against its simulator."""

from datetime import timedelta

import pytest

from raincheck.cancellations.models import State
from raincheck.recruiting.models import InterviewState
from tests.flows import saga, vendors

KIT = "3b1d6c1e-52a5-4c8e-9c07-8a1a53c6a0d1"


@pytest.fixture(scope="module")
def peers():
    with vendors.running("humanly") as running:
        yield running


@pytest.fixture
def desk(here, peers, drain):
    """Return an account whose owner has seen that an archived link is dead."""
    return vendors.open_desk(here, peers, drain, template=KIT, archive_ends_link="yes")


@pytest.fixture
def invited(desk):
    return desk.invite(hours=50)


def test_it_is_invited_archived_and_moved_though_the_vendor_counts_in_days(here, desk, invited, drain):
    there = next(i for i in desk.vendor.interviews() if i["id"] == invited.vendor_ref)
    assert there["ends_at"] > (invited.ends_at + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert here.fresh(invited).vendor_word == "archived"
    assert desk.vendor.effects()[invited.vendor_ref] == 1
    saga.check_invariants(here, invited)


def test_where_nobody_has_seen_the_link_die_a_person_has_to_look(here, peers, drain, outbox):
    desk = vendors.open_desk(here, peers, drain, template=KIT)
    invited = desk.invite()
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert desk.vendor.effects()[invited.vendor_ref] == 1
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    assert "请勿使用" in outbox.mail(here.email())[-1]["text"]


@pytest.mark.parametrize("mode", ["error_500_after_doing", "lost_answer"])
def test_an_archive_that_lost_its_answer_is_found_by_asking_again(here, desk, invited, drain, mode):
    desk.vendor.fault(mode, operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert desk.vendor.effects()[invited.vendor_ref] == 1


def test_an_archive_that_is_a_lie_is_never_agreement(here, desk, invited, drain):
    desk.vendor.fault("lies", operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert desk.vendor.effects().get(invited.vendor_ref) is None


def test_what_was_handed_in_is_not_archived(here, desk, invited, drain):
    desk.vendor.progress(invited.vendor_ref, "submitted", webhook=False)
    cancellation = here.ask(invited)
    drain()
    assert here.fresh(cancellation).state == State.REJECTED
    assert desk.vendor.effects().get(invited.vendor_ref) is None


def test_what_expired_there_is_agreed_and_nothing_archived(here, desk, invited, drain):
    desk.vendor.progress(invited.vendor_ref, "expired", webhook=False)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation)[:2] == saga.AGREED[:2]
    assert desk.vendor.effects().get(invited.vendor_ref) is None


def test_a_hand_in_is_heard_of(here, desk, invited):
    assert desk.hear(invited, "submitted") == [204, 204]
    assert here.fresh(invited).state == InterviewState.SUBMITTED


def test_an_archive_there_is_told_to_hr(here, desk, invited):
    desk.hear(invited, "cancelled")
    assert saga.tasks_of(here) == ["mismatch"]


def test_an_invitation_that_lost_its_answer_is_found_again_and_the_candidate_made_once(here, desk, drain):
    desk.vendor.fault("lost_answer", operation="invite", times=1)
    lost = desk.invite()
    assert lost.vendor_ref == ""
    before = [call["path"] for call in desk.vendor.calls() if call["method"] == "POST"]
    saga.hurry(here)
    drain()
    assert here.fresh(lost).vendor_ref
    assert desk.vendor.creates()[here.email()] == 1
    assert [call["path"] for call in desk.vendor.calls() if call["method"] == "POST"] == before


def test_without_an_interview_to_invite_to_a_person_is_asked(here, peers, drain):
    desk = vendors.open_desk(here, peers, drain, template="")
    assert desk.invite().vendor_ref == ""
    assert saga.tasks_of(here) == ["invite_failed"]
