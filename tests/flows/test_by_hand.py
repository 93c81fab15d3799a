"""What people do about a task with a vendor behind it: try again, or say that it is settled and be looked at."""

import pytest

from raincheck.audit.catalogue import Action
from raincheck.cancellations import batches
from raincheck.cancellations.models import Agreement, Cancellation
from raincheck.core.errors import NotAllowed
from raincheck.notifications.models import Message
from raincheck.recruiting.actions import invite
from raincheck.vendors import by_hand
from raincheck.worklist.actions import ResolutionMissing, TaskSettled
from raincheck.worklist.models import Task
from tests import people
from tests.flows import saga


def task_of(here, *, state="open"):
    with here.scope():
        return Task.objects.filter(state=state).order_by("-opened_at").first()


def retry(here, task, *, role="hr_manager"):
    actor = here.actor(role)
    with here.scope() as now:
        by_hand.retry(task_id=task.id, actor=actor, now=now)


def settle(here, task, said="已在其后台撤销"):
    actor = here.actor()
    with here.scope() as now:
        by_hand.settle(task_id=task.id, actor=actor, resolution=said, now=now)


@pytest.fixture
def to_revoke(here, interview, vendor, drain):
    """Return a cancellation whose link the vendor wouldn't revoke; it would now."""
    vendor.fault("cannot_cancel")
    cancellation = here.ask(interview)
    drain()
    vendor.clear_faults()
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    return cancellation


def test_trying_again_has_the_vendor_asked_and_its_answer_closes_the_task(here, interview, to_revoke, drain):
    retry(here, task_of(here))
    assert saga.tasks_of(here) == ["revoke_by_hand"], "only the vendor's word closes it"
    drain()
    assert saga.state_of(here, to_revoke) == saga.AGREED
    assert saga.tasks_of(here) == []
    assert Action.TASK_RETRIED in here.entries(interview=interview)


def test_trying_again_in_vain_leaves_the_one_task(here, vendor, to_revoke, drain):
    vendor.fault("cannot_cancel")
    retry(here, task_of(here))
    drain()
    assert saga.state_of(here, to_revoke) == saga.PERSON
    assert saga.tasks_of(here) == ["revoke_by_hand"]


def test_a_link_that_is_alive_all_the_same_opens_the_task_again(here, to_revoke, drain):
    settle(here, task_of(here))
    assert saga.tasks_of(here) == []
    drain()
    again = task_of(here)
    assert (again.kind, "still says invited" in again.details["failure"]) == ("revoke_by_hand", True)


def test_a_link_that_is_dead_as_said_is_the_vendors_agreement(here, interview, to_revoke, drain):
    saga.happens(here, interview, "cancelled", hear=False)
    settle(here, task_of(here))
    drain()
    assert here.fresh(to_revoke).agreement == Agreement.AGREED
    assert saga.tasks_of(here) == []


def test_while_the_vendor_is_silent_the_persons_word_stands_and_is_looked_at_later(
    here, interview, vendor, to_revoke, drain
):
    vendor.fault("unreachable")
    settle(here, task_of(here))
    drain()
    assert (saga.tasks_of(here), saga.jobs()) == ([], ["vendors.look"])
    vendor.clear_faults()
    saga.hurry(here)
    drain()
    assert saga.tasks_of(here) == ["revoke_by_hand"]


def test_a_vendor_that_never_answers_is_not_looked_at_for_ever(here, vendor, to_revoke, drain):
    vendor.fault("error_500")
    settle(here, task_of(here))
    for _ in range(by_hand.LOOKS + 2):
        drain()
        here.put(here.account, failures=0, paused_until=None)
        saga.hurry(here)
    assert saga.jobs() == []
    assert "revoke_by_hand" not in saga.tasks_of(here)


def test_an_invitation_that_failed_is_made_on_request(here, vendor, drain):
    new = here.book(hours=120, with_vendor=False)
    here.put(new, vendor_account_id=here.account.id)
    here.put(here.account, base_url=f"{vendor.url}/elsewhere")
    with here.scope():
        invite(here.fresh(new))
    drain()
    assert saga.tasks_of(here) == ["invite_failed"]
    here.put(here.account, base_url=vendor.url)
    retry(here, task_of(here))
    drain()
    assert here.fresh(new).vendor_ref
    assert saga.tasks_of(here) == []


@pytest.mark.parametrize("kind", ["contradicted", "mismatch", "vendor_down"])
def test_what_only_a_person_can_settle_is_not_tried_again(here, to_revoke, kind):
    task = task_of(here)
    here.put(task, kind=kind)
    with pytest.raises(by_hand.NothingToTry):
        retry(here, task)


def test_only_open_tasks_and_only_by_those_who_settle_them(here, to_revoke):
    task = task_of(here)
    with pytest.raises(NotAllowed):
        retry(here, task, role="department_viewer")
    with pytest.raises(ResolutionMissing):
        settle(here, task, "  ")
    settle(here, task)
    with pytest.raises(TaskSettled):
        retry(here, task)


def test_the_button_tries_again(here, interview, hr, to_revoke, drain):
    task = task_of(here)
    page = hr.get(f"/console/tasks/{task.id}/")
    assert "立即重试" in page.content.decode()
    assert hr.post(f"/console/tasks/{task.id}/retry/").status_code == 302
    drain()
    assert saga.state_of(here, to_revoke) == saga.AGREED


LINK = "https://meet.example.com/elsewhere"


def test_a_link_of_a_system_without_an_account_here_is_a_persons_to_revoke(here, drain):
    interview = here.book(hours=100, with_vendor=False)
    here.put(interview, vendor_link=LINK)
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    phone = people.candidate_client(here.company, here.candidate)
    page = people.text(phone.get(f"/c/{here.company.slug}/interviews/{interview.id}/"))
    assert "请勿使用原面试链接" in page
    with here.scope():
        [told] = Message.objects.filter(recipient_kind="candidate", template__contains="cancelled")
    assert "请勿使用原面试链接" in str(told.params)
    assert "已作废" not in str(told.params)
    assert "已失效" not in page
    settle(here, task_of(here))
    drain()
    assert saga.tasks_of(here) == []


def test_a_frozen_positions_links_without_an_account_are_revoked_one_by_one(here, drain):
    with_link = here.book(hours=100, with_vendor=False)
    here.put(with_link, vendor_link=LINK)
    without = here.book(hours=120, candidate=here.add_candidate(), with_vendor=False)
    manager = here.actor("hr_manager")
    with here.scope() as now:
        batches.freeze_position(
            position_id=here.position.id, actor=manager, reason="position_frozen", now=now
        )
    drain()
    with here.scope():
        agreements = dict(Cancellation.objects.values_list("interview_id", "agreement"))
    assert agreements == {with_link.id: Agreement.PERSON, without.id: Agreement.NOT_NEEDED}
    assert saga.tasks_of(here) == ["revoke_by_hand"]
