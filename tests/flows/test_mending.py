"""A channel that a person has to mend: one task a channel and cause, for HR, closed once messages go out again."""

from collections.abc import Iterator

import pytest

from raincheck.notifications.mending import Seen, look
from raincheck.notifications.models import Message
from raincheck.worklist.models import Kind, Task
from tests import people
from tests.carrier_simulators import Carriers, start_carriers
from tests.flows.test_channels import EDIT, PHONE, form


@pytest.fixture(scope="module")
def running() -> Iterator[Carriers]:
    """Run the carriers once."""
    with start_carriers() as started:
        yield started


@pytest.fixture
def aliyun(running, hr, here) -> Carriers:
    """Return the carriers, Aliyun the one that the company has chosen for its SMS."""
    running.clear_faults()
    assert hr.post(EDIT, form(running, "aliyun_sms")).status_code == 302
    return running


def broken(here, state="open"):
    """Return the tasks about channels in this state."""
    with here.scope():
        return list(Task.objects.filter(kind=Kind.CHANNEL_BROKEN, state=state).order_by("id"))


def test_a_wrong_key_is_one_task_however_many_messages_and_ends_when_one_goes_out(
    hr, here, aliyun, outbox, drain
):
    aliyun.fault("bad_key", "aliyun_sms")
    for hours in (100, 110, 120):
        here.ask(here.book(hours=hours))
    drain()
    [task] = broken(here)
    assert task.details["channel"] == "sms"
    assert "SignatureDoesNotMatch" in task.details["account"]
    with here.scope():
        alert = Message.objects.get(event="task.alert")
    assert alert.recipient_id == here.staff["hr_manager"].id
    page = people.text(hr.get(f"/console/tasks/{task.id}/"))
    assert "通知渠道" in page
    assert "SignatureDoesNotMatch" in page
    assert PHONE not in page
    aliyun.clear_faults()
    here.ask(here.book(hours=130))
    drain()
    assert broken(here) == []
    assert [t.resolution for t in broken(here, "done")] == ["works again"]


def test_a_template_that_is_not_approved_is_not_mended_by_another_one(here, aliyun, outbox, drain):
    with here.scope() as now:
        refused = Seen("sms", "aliyun_sms", "candidate_asked", "aliyun: isv.SMS_TEMPLATE_ILLEGAL")
        look(company_id=here.company.id, seen=[refused, refused], now=now)
        look(company_id=here.company.id, seen=[Seen("sms", "aliyun_sms", "candidate_reminder")], now=now)
    assert len(broken(here)) == 1
    here.ask(here.book(hours=100))
    drain()
    assert broken(here) == [], "the very template went out"


def test_a_test_that_is_taken_is_proof_enough(hr, here, aliyun, outbox, drain):
    aliyun.fault("bad_key", "aliyun_sms")
    here.ask(here.book(hours=100))
    drain()
    assert len(broken(here)) == 1
    aliyun.clear_faults()
    hr.post("/console/channels/test/", {"channel": "sms", "to": PHONE})
    assert broken(here) == []


def test_what_will_pass_by_itself_is_nobodys_task(here, interview, outbox, drain):
    outbox.fault("sms", "error_500")
    outbox.fault("smtp", "error_500", times=3)
    here.ask(interview)
    drain()
    assert broken(here) == []
