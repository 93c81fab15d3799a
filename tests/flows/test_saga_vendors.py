"""The whole story with vendors as they really are: one that revokes, one that archives, one that can do neither."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from raincheck.cancellations.models import State
from raincheck.core.actor import Actor
from raincheck.recruiting.actions import Booking, Times, schedule
from raincheck.recruiting.models import Application, Interview
from raincheck.simulators.vendors.leapin import ACCESS_ID
from raincheck.vendors.models import InboundEvent, VendorAccount, VendorCall
from raincheck.vendors.opening import Terms, open_account
from raincheck.worklist.models import Task
from tests.flows import saga
from tests.peers import Peer, listening
from tests.simulators import WebhookTarget
from tests.vendor_simulators import SimulatedVendor, start_vendor
from tests.world import World

SECRET = "a-word-of-both-sides"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Peer]:
    with listening() as peer:
        yield peer


@pytest.fixture(scope="module")
def vendors(receiver: Peer) -> Iterator[dict[str, SimulatedVendor]]:
    hook = WebhookTarget(receiver.url, SECRET)
    with ExitStack() as running:
        yield {
            name: running.enter_context(start_vendor(name, webhook=hook))
            for name in ("hireflix", "xobin", "leapin")
        }


@pytest.fixture(params=["hireflix", "xobin", "leapin"])
def vendor_name(request):
    return request.param


@pytest.fixture
def vendor_there(vendors, vendor_name):
    vendors[vendor_name].clear_faults()
    return vendors[vendor_name]


@pytest.fixture
def options():
    return {}


@pytest.fixture
def invited(here, drain, vendor_there, options):
    """Return an interview in five days, scheduled and invited at the vendor through the front door."""
    return invited_at(here, drain, open_at(here, vendor_there, options))


def open_at(here: World, vendor: SimulatedVendor, options: Any = None) -> VendorAccount:
    terms = Terms(
        adapter=vendor.name,
        name=vendor.name,
        url=vendor.base_url,
        key=vendor.key,
        webhook_secret=SECRET,
        credentials={"access_id": ACCESS_ID} if vendor.name == "leapin" else {},
        options=options or {},
        template="206",
    )
    with here.scope() as now:
        return open_account(actor=Actor.system(here.company.id), terms=terms, now=now)


def invited_at(here: World, drain: Any, account: VendorAccount) -> Interview:
    hr = here.actor()
    with here.scope() as now:
        times = Times("window", now + saga.HOUR, now + timedelta(days=5))
        application = Application.objects.get(candidate=here.candidate)
        wanted = Booking(application_id=application.id, times=times, vendor_account_id=account.id)
        interview = schedule(booking=wanted, actor=hr, now=now)
    drain()
    return here.fresh(interview)


def ledger(here: World, interview: Interview) -> list[VendorCall]:
    with here.scope():
        return list(VendorCall.objects.filter(interview=interview).order_by("at", "id"))


def test_the_invitation_goes_out_once_and_the_ledger_names_nobody(here, invited, vendor_there):
    assert invited.vendor_ref in {there["id"] for there in vendor_there.interviews()}
    assert invited.vendor_link.startswith(vendor_there.url)
    calls = ledger(here, invited)
    assert [call.outcome for call in calls] == ["ok"] * len(calls)
    assert calls[-1].key == f"invite-{invited.id}"
    written = " ".join(str(vars(call)) for call in calls)
    for private in (here.candidate.name, here.email(), here.phone(), here.phone()[3:]):
        assert private not in written


@pytest.mark.parametrize(
    ("vendor_name", "options"),
    [("xobin", {}), ("hireflix", {"archive_ends_link": "yes"})],
    indirect=["vendor_name"],
)
def test_where_the_link_dies_the_vendor_agrees_and_is_asked_once(here, invited, vendor_there, drain):
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor_there.effects()[invited.vendor_ref] == 1
    assert saga.tasks_of(here) == []
    saga.check_invariants(here)


@pytest.mark.parametrize(
    ("vendor_name", "says", "archived"),
    [("hireflix", "link", 1), ("leapin", "lapses at", 0)],
    indirect=["vendor_name"],
)
def test_where_it_may_live_on_a_person_is_asked_and_the_candidate_warned(
    here, invited, vendor_there, drain, outbox, says, archived
):
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.PERSON
    assert saga.tasks_of(here) == ["revoke_by_hand"]
    with here.scope():
        assert says in Task.objects.get().details["detail"]
    assert vendor_there.effects().get(invited.vendor_ref, 0) == archived
    assert "请勿使用" in outbox.mail(here.email())[-1]["text"]
    assert saga.jobs() == []
    saga.check_invariants(here)


def test_what_was_handed_in_there_unheard_is_not_cancelled(here, invited, vendor_there, drain):
    vendor_there.progress(invited.vendor_ref, "submitted", webhook=False)
    cancellation = here.ask(invited)
    drain()
    assert here.fresh(cancellation).state == State.REJECTED
    assert here.fresh(invited).state == "submitted"
    assert vendor_there.effects().get(invited.vendor_ref) is None
    saga.check_invariants(here)


@pytest.mark.parametrize("vendor_name", ["xobin"], indirect=True)
@pytest.mark.parametrize("mode", ["error_500_after_doing", "lost_answer", "unreachable", "rate_limited"])
def test_a_bad_moment_is_waited_out_and_it_is_revoked_exactly_once(here, invited, vendor_there, drain, mode):
    vendor_there.fault(mode, operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor_there.effects()[invited.vendor_ref] == 1


@pytest.mark.parametrize(
    ("vendor_name", "options"),
    [("xobin", {}), ("hireflix", {"archive_ends_link": "yes"})],
    indirect=["vendor_name"],
)
def test_a_vendor_that_says_cancelled_and_is_not_is_asked_until_it_shows(here, invited, vendor_there, drain):
    vendor_there.fault("lies", operation="cancel", times=1)
    cancellation = here.ask(invited)
    drain()
    assert saga.state_of(here, cancellation) == saga.WAITING
    assert invited.vendor_ref not in vendor_there.effects()
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert vendor_there.effects()[invited.vendor_ref] == 1


@pytest.mark.parametrize("vendor_name", ["hireflix"], indirect=True)
def test_an_invitation_whose_answer_was_lost_is_never_sent_twice(here, vendor_there, drain):
    vendor_there.fault("lost_answer", operation="invite", times=1)
    interview = invited_at(here, drain, open_at(here, vendor_there))
    saga.hurry(here)
    drain()
    assert vendor_there.creates()[str(interview.id)] == 1
    assert saga.tasks_of(here) == ["invite_failed"]
    with here.scope():
        assert "already" in Task.objects.get().details["failure"]


@pytest.mark.parametrize("vendor_name", ["hireflix", "xobin"], indirect=True)
def test_a_hand_in_is_heard_by_webhook_once_and_only_if_the_vendor_says_so(
    here, invited, vendor_there, receiver, drain
):
    heard = len(receiver.bodies)
    vendor_there.progress(invited.vendor_ref, "submitted")
    receiver.wait_for(heard + 1)
    path = f"/hooks/{vendor_there.name}/{invited.vendor_account_id}/"

    def deliver(**headers: str) -> int:
        sent = {**receiver.headers[-1], **headers}
        sent = {
            name: value for name, value in sent.items() if name == "authorization" or name.startswith("x-")
        }
        body = receiver.bodies[-1]
        return Client().post(path, body, content_type="application/json", headers=sent).status_code

    assert deliver(**{"authorization": "Basic x", "x-hireflix-signature": "x"}) == 401
    assert here.fresh(invited).state == "scheduled"
    assert [deliver() // 100 for _ in range(2)] == [2, 2]
    drain()
    assert here.fresh(invited).state == "submitted"
    assert here.count(InboundEvent) == 1


def test_a_wrong_key_is_a_task_at_once(here, vendor_there, drain):
    account = open_at(here, vendor_there)
    account.seal("api_key", "wrong")
    here.put(account, api_key_sealed=account.api_key_sealed)
    invited_at(here, drain, account)
    assert saga.tasks_of(here) == ["invite_failed"]
    assert saga.jobs() == []
