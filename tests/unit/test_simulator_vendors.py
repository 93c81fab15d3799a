"""The kit of the simulated vendors, as a real process: its control plane, its faults, its webhooks' bad days."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.peers import Peer, listening
from tests.simulators import WebhookTarget, refusal
from tests.vendor_simulators import SimulatedVendor, start_vendor

SEEDED = {"external_id": "ours-1", "template": "206", "email": "one@example.com", "name": "示例"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Peer]:
    with listening() as peer:
        yield peer


@pytest.fixture(scope="module")
def running(receiver: Peer) -> Iterator[SimulatedVendor]:
    with start_vendor("xobin", webhook=WebhookTarget(receiver.url, "a-word")) as vendor:
        yield vendor


@pytest.fixture
def vendor(running: SimulatedVendor) -> SimulatedVendor:
    running.clear_faults()
    return running


@pytest.fixture
def ref(vendor: SimulatedVendor) -> str:
    return str(vendor.seed([SEEDED])[0]["id"])


def revoke(vendor: SimulatedVendor, ref: str, *, key: str = "", timeout: float = 30) -> httpx.Response:
    body = {"response_id": int(ref.partition("/")[2]), "notify_candidate": False}
    path, headers = f"{vendor.base_url}/ai-interviews/invite/revoke", {"apiKey": key or vendor.key}
    return vendor.http.patch(path, headers=headers, json=body, timeout=timeout)


def told(receiver: Peer, since: int) -> list[str]:
    return [json.loads(body)["invite_status"] for body in receiver.bodies[since:]]


def test_the_control_plane_is_for_those_who_say_so(vendor: SimulatedVendor) -> None:
    assert refusal(vendor.http.get("/_control/calls")) == (403, "control_only")
    answer = vendor.http.post("/_control/faults", headers={"X-Control": "1"}, json={"mode": "unheard of"})
    assert refusal(answer) == (422, "invalid_request")


def test_what_is_seeded_was_always_there(vendor: SimulatedVendor) -> None:
    seeded = vendor.seed([{**SEEDED, "state": "submitted"}, *[SEEDED] * 299])
    there = {one["id"]: one for one in vendor.interviews()}
    assert len(seeded) == 300
    assert [there[one["id"]] for one in seeded] == seeded
    assert [one["state"] for one in seeded[:2]] == ["submitted", "invited"]
    assert "ours-1" not in vendor.creates()


def test_every_call_is_logged_refused_or_cut_off_too(vendor: SimulatedVendor, ref: str) -> None:
    before = len(vendor.calls())
    revoke(vendor, ref)
    revoke(vendor, ref, key="wrong")
    vendor.http.get("/undocumented")
    vendor.fault("unreachable", times=1)
    with pytest.raises(httpx.TransportError):
        revoke(vendor, ref)
    logged = [(call["operation"], call["subject"], call["status"]) for call in vendor.calls()[before:]]
    assert logged == [("cancel", ref, 200), (None, None, 401), (None, None, 404), ("cancel", ref, None)]
    assert [call["status"] for call in vendor.calls(ref)] == [200, None]


def test_a_fault_meets_only_what_it_was_set_for(vendor: SimulatedVendor, ref: str) -> None:
    vendor.fault("error_500", interview_id=ref, times=1)
    vendor.fault("error_500", operation="invite")
    other = str(vendor.seed([SEEDED])[0]["id"])
    assert [revoke(vendor, which).status_code for which in (other, ref, ref)] == [200, 500, 200]
    assert vendor.effects()[ref] == vendor.effects()[other] == 1
    vendor.fault("rate_limited")
    answer = revoke(vendor, ref)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_a_lie_leaves_nothing_behind(vendor: SimulatedVendor, ref: str) -> None:
    vendor.fault("lies", times=1)
    assert revoke(vendor, ref).json()["status"] == "REVOKED"
    assert [one["state"] for one in vendor.interviews() if one["id"] == ref] == ["invited"]
    assert ref not in vendor.effects()


def test_a_slow_vendor_keeps_its_caller_waiting(vendor: SimulatedVendor, ref: str) -> None:
    vendor.fault("slow", ms=2000, times=1)
    with pytest.raises(httpx.ReadTimeout):
        revoke(vendor, ref, timeout=0.1)
    assert revoke(vendor, ref, timeout=5).status_code == 200


def test_webhooks_come_at_once_late_twice_or_never(vendor: SimulatedVendor, receiver: Peer, ref: str) -> None:
    since = len(receiver.bodies)
    vendor.progress(ref, "started")
    receiver.wait_for(since + 1)
    vendor.deliver("twice")
    vendor.progress(ref, "submitted")
    receiver.wait_for(since + 3)
    vendor.deliver("dropped")
    vendor.progress(ref, "started")
    vendor.deliver("late", ms=300)
    vendor.progress(ref, "submitted")
    vendor.deliver("at_once")
    vendor.progress(ref, "started")
    receiver.wait_for(since + 5)
    assert told(receiver, since) == ["Started", "Completed", "Completed", "Started", "Completed"]


@pytest.mark.parametrize(
    ("order", "came"),
    [("as_sent", ["Started", "Completed"]), ("reversed", ["Completed", "Started"])],
)
def test_webhooks_held_back_come_in_the_order_they_are_let_go(
    vendor: SimulatedVendor, receiver: Peer, ref: str, order: str, came: list[str]
) -> None:
    since = len(receiver.bodies)
    vendor.deliver("held")
    vendor.progress(ref, "started")
    vendor.progress(ref, "submitted")
    assert len(receiver.bodies) == since
    assert vendor.release(order=order) == 2
    receiver.wait_for(since + 2)
    assert told(receiver, since) == came


def test_a_store_in_a_folder_outlives_a_kill(tmp_path) -> None:
    with start_vendor("leapin", folder=tmp_path) as vendor:
        vendor.seed([SEEDED])
        before = vendor.interviews()
        vendor.kill()
    with start_vendor("leapin", folder=tmp_path) as vendor:
        assert vendor.interviews() == before
