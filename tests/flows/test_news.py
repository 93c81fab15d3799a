"""What vendors tell us, applied: in any order, without a view or a version, twice, late; and never a loop."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from raincheck.recruiting import actions as recruiting
from raincheck.vendors import adapters, inbound
from raincheck.vendors.adapters.base import (
    BadSignature,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    Status,
    View,
)
from raincheck.vendors.adapters.simulated.adapter import Simulated, view_of
from raincheck.vendors.models import InboundEvent, VendorCall
from raincheck.vendors.pruning import prune
from raincheck.vendors.stored import plain, stored_view
from raincheck.worklist.models import Task
from tests.flows import saga
from tests.flows.test_hooks import SECRET, post, signature
from tests.world import World, jobs

OLD, NEW = "the-old-secret", "the-new-secret"


class Plain(Simulated):
    """A vendor whose webhooks have a signature and nothing else: no number, no version, and a view only if sent."""

    name = "plain"
    asked: Callable[[], None] | None = None
    #: By how much its times are off, and how coarsely it keeps them.
    off, tolerance = timedelta(), timedelta()

    def receive(self, line: Line, *, headers: Any, body: bytes, now: Any) -> Inbound:
        right = base64.b64encode(hmac.digest(line.webhook_secret.encode(), body, hashlib.sha256)).decode()
        if not hmac.compare_digest(right, headers.get("x-signature", "")):
            raise BadSignature("signature differs")
        told = json.loads(body)
        view = replace(view_of(told["data"]), version=0) if "data" in told else None
        ref = told.get("ref", view.ref if view else "")
        return Inbound(told.get("id", ""), "status-change", told.get("external_id", ""), view, now, ref)

    def read(self, line: Line, ref: str) -> View | None:
        if self.asked:
            self.asked()
        view = super().read(line, ref)
        if view is None or view.starts_at is None or view.ends_at is None:
            return view
        times = {"starts_at": view.starts_at + self.off, "ends_at": view.ends_at + self.off}
        return replace(view, version=0, tolerance=self.tolerance, **times)


@pytest.fixture
def plain_vendor(here, monkeypatch):
    """Have the account be with such a vendor, between two secrets."""
    adapter = Plain()
    monkeypatch.setitem(adapters.REGISTRY, "plain", adapter)
    here.account.adapter = "plain"
    here.account.seal("webhook_secret", f"{OLD} {NEW}")
    with here.scope():
        here.account.save()
    return adapter


def tell(here: World, *, secret: str = NEW, **told: Any) -> int:
    """Post what such a vendor would; returns the status."""
    body = json.dumps(told).encode()
    signed = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    path = f"/hooks/{here.account.adapter}/{here.account.id}/"
    headers = {"x-signature": signed}
    return Client().post(path, body, content_type="application/json", headers=headers).status_code


def reads(here: World, interview: Any) -> int:
    """Count how often the vendor was asked about it."""
    return sum(call["operation"] == "read" for call in here.vendor.calls(interview.vendor_ref))


def wait_is_over(here: World) -> None:
    """Let the time between two questions have passed."""
    with here.scope(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vendors_inboundevent SET asked_at = asked_at - interval '1 minute',"
            " received_at = received_at - interval '1 minute'"
        )
    saga.hurry(here)


def outcomes(here: World) -> list[str]:
    with here.scope():
        return list(InboundEvent.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_a_secret_is_rotated_both_are_good(here, plain_vendor, interview, secret):
    assert tell(here, secret=secret, ref=interview.vendor_ref) == 204


@pytest.mark.parametrize("secret", ["another", f"{OLD} {NEW}", ""])
def test_and_no_other(here, plain_vendor, interview, secret):
    assert tell(here, secret=secret, ref=interview.vendor_ref) == 401
    assert here.count(InboundEvent) == 0


def test_a_secret_of_standard_webhooks_is_rotated_likewise(here, interview):
    new = "whsec_" + base64.b64encode(b"another-secret-of-32-bytes-here!").decode()
    here.account.seal("webhook_secret", f"{SECRET} {new}")
    with here.scope():
        here.account.save()
    stamp = str(int(saga.at(here).timestamp()))
    raw = json.dumps({"type": "x", "data": here.vendor.interview(interview.vendor_ref)}).encode()
    by_new = signature("evt_1", stamp, raw, new)
    answer = post(here.account, raw, webhook_signature=by_new, webhook_timestamp=stamp)
    assert answer.status_code == 204


def test_an_event_that_only_says_that_something_happened_has_the_vendor_asked(
    here, plain_vendor, interview, drain
):
    saga.happens(here, interview, "submitted", hear=False)
    assert tell(here, ref=interview.vendor_ref) == 204
    drain()
    assert here.fresh(interview).state == "submitted"
    assert outcomes(here) == ["applied"]
    with here.scope():
        kept = VendorCall.objects.get(interview_id=interview.id)
    assert (kept.operation, kept.outcome, kept.attempt) == ("read", "ok", 1)


def test_the_same_words_again_later_are_news_again(here, plain_vendor, interview, drain):
    for step, state in [("partial", "in_progress"), ("submitted", "submitted")]:
        saga.happens(here, interview, step, hear=False)
        assert tell(here, ref=interview.vendor_ref) == 204
        wait_is_over(here)
        drain()
        assert here.fresh(interview).state == state
    assert here.count(InboundEvent) == 1


def test_a_burst_asks_the_vendor_once(here, plain_vendor, interview, drain):
    saga.happens(here, interview, "partial", hear=False)
    for number in range(6):
        tell(here, ref=interview.vendor_ref, id=f"evt-{number}")
        tell(here, ref=interview.vendor_ref)
    drain()
    assert reads(here, interview) == 1
    assert here.fresh(interview).state == "in_progress"
    for _ in range(3):
        wait_is_over(here)
        drain()
    assert reads(here, interview) <= 2
    assert set(outcomes(here)) == {"applied", "known already"}
    assert jobs() == []


def test_what_is_said_while_the_vendor_is_being_asked_is_not_lost(here, plain_vendor, interview, drain):
    def meanwhile() -> None:
        plain_vendor.asked = None
        tell(here, ref=interview.vendor_ref)

    saga.happens(here, interview, "partial", hear=False)
    plain_vendor.asked = meanwhile
    tell(here, ref=interview.vendor_ref)
    drain()
    saga.happens(here, interview, "submitted", hear=False)
    wait_is_over(here)
    drain()
    assert here.fresh(interview).state == "submitted"
    assert reads(here, interview) == 2


def test_without_versions_a_late_event_cannot_take_back_what_is_known(here, plain_vendor, interview, drain):
    early = here.vendor.progress(interview.vendor_ref, "partial", webhook=False)
    saga.happens(here, interview, "submitted", hear=False)
    tell(here, data=early, id="late")
    drain()
    assert here.fresh(interview).state == "submitted"


def test_an_event_is_found_by_our_own_id_where_it_names_no_other(here, plain_vendor, interview, drain):
    saga.happens(here, interview, "partial", hear=False)
    tell(here, external_id=str(interview.id), id="1")
    tell(here, external_id=str(uuid4()), id="2")
    tell(here, external_id="no-id-of-ours", id="3")
    drain()
    assert here.fresh(interview).state == "in_progress"
    assert outcomes(here) == ["applied", "unknown interview", "unknown interview"]


def test_what_is_said_of_another_invitation_of_the_same_interview_is_no_word_on_ours(here, interview, drain):
    told = {**here.vendor.progress(interview.vendor_ref, "cancelled", webhook=False), "id": "another"}
    here.vendor.progress(interview.vendor_ref, "opened", webhook=False)
    post(here.account, {"type": "interview.cancelled", "data": told})
    drain()
    assert saga.tasks_of(here) == []
    assert here.fresh(interview).vendor_progress == "opened"


def test_a_vendor_that_is_silent_is_asked_again_and_in_the_end_left_to_reconciliation(
    here, plain_vendor, interview, drain
):
    tries = []

    def fail() -> None:
        tries.append(1)
        raise Retry("unreachable")

    plain_vendor.asked = fail
    tell(here, ref=interview.vendor_ref)
    for attempt in range(1, inbound.ATTEMPTS + 1):
        drain()
        assert len(tries) == attempt
        wait_is_over(here)
    assert outcomes(here) == ["vendor silent"]
    assert jobs() == []
    assert saga.statement_failures(here) == 0


def test_and_answers_in_time(here, plain_vendor, interview, vendor, drain):
    vendor.fault("error_500", operation="read", times=2)
    saga.happens(here, interview, "partial", hear=False)
    tell(here, ref=interview.vendor_ref)
    for _ in range(3):
        drain()
        wait_is_over(here)
    assert outcomes(here) == ["applied"]


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (NeedsPerson("reconnect"), "needs a person"),
        (Permanent("answered 403"), "refused by the vendor"),
        (Retry("unreachable"), ""),
        (KeyError("a fault of the adapter's"), ""),
    ],
)
def test_whatever_asking_comes_to_no_job_fails(here, plain_vendor, interview, drain, raised, outcome):
    def fail() -> None:
        raise raised

    plain_vendor.asked = fail
    tell(here, ref=interview.vendor_ref)
    drain()
    assert outcomes(here) == [outcome]
    assert len(jobs()) == (outcome == "")
    assert saga.statement_failures(here) == 0


def test_where_the_vendor_cannot_be_asked_what_the_event_itself_says_counts(
    here, plain_vendor, interview, drain
):
    def fail() -> None:
        raise NeedsPerson("no endpoint to read from")

    plain_vendor.asked = fail
    tell(here, data=here.vendor.progress(interview.vendor_ref, "partial", webhook=False))
    drain()
    assert here.fresh(interview).state == "in_progress"


def test_an_account_whose_adapter_is_gone_is_noted(here, plain_vendor, interview, drain, monkeypatch):
    tell(here, ref=interview.vendor_ref)
    monkeypatch.delitem(adapters.REGISTRY, "plain")
    drain()
    assert outcomes(here) == ["no adapter"]
    assert saga.statement_failures(here) == 0


def test_an_interview_the_vendor_no_longer_knows_is_hrs_to_look_at(
    here, plain_vendor, interview, vendor, drain
):
    vendor.fault("unknown", operation="read")
    tell(here, ref=interview.vendor_ref)
    drain()
    assert outcomes(here) == ["unknown there"]
    assert saga.tasks_of(here) == ["mismatch"]
    vendor.clear_faults()
    saga.happens(here, interview, "opened", hear=False)
    tell(here, ref=interview.vendor_ref)
    wait_is_over(here)
    drain()
    assert (saga.tasks_of(here), saga.tasks_of(here, state="done")) == ([], ["mismatch"])


def test_what_an_event_says_is_gone_and_the_vendor_no_longer_knows_is_gone(
    here, plain_vendor, interview, vendor, drain
):
    gone = here.vendor.progress(interview.vendor_ref, "cancelled", webhook=False)
    vendor.fault("error_500")
    cancellation = here.ask(interview)
    drain()
    vendor.clear_faults()
    vendor.fault("unknown", operation="read")
    tell(here, data=gone)
    drain()
    assert outcomes(here) == ["applied"]
    assert saga.state_of(here, cancellation) == saga.AGREED


def test_an_event_that_changes_nothing_leaves_no_audit_entry(here, interview, drain):
    said = here.vendor.interview(interview.vendor_ref)
    for version in (1, 2, 3):
        data = {**said, "version": interview.vendor_version + version}
        post(here.account, {"type": "interview.updated", "data": data}, event_id=f"evt_{version}")
        drain()
    assert here.entries(interview=interview) == ["interview.vendor_progress"]
    assert outcomes(here) == ["applied", "known already", "known already"]


def test_what_the_vendor_tells_of_our_own_cancel_makes_us_call_nobody(here, interview, drain):
    here.ask(interview)
    drain()
    calls = len(here.vendor.calls(interview.vendor_ref))
    hear_of_present_state(here, interview)
    drain()
    assert len(here.vendor.calls(interview.vendor_ref)) == calls + 1, "only the test's own look"
    assert jobs() == []


def test_nor_what_it_tells_of_our_own_new_time(here, interview, drain):
    hr = here.actor()
    later = recruiting.Times(
        "slot", interview.starts_at + timedelta(days=1), interview.ends_at + timedelta(days=1)
    )
    with here.scope() as now:
        recruiting.reschedule(interview_id=interview.id, times=later, actor=hr, now=now)
    drain()
    calls = len(here.vendor.calls(interview.vendor_ref))
    hear_of_present_state(here, interview)
    drain()
    assert len(here.vendor.calls(interview.vendor_ref)) == calls + 1, "only the test's own look"
    assert (jobs(), saga.tasks_of(here)) == ([], [])


def hear_of_present_state(here: World, interview: Any) -> None:
    """Have the vendor tell by webhook what is now."""
    said = here.vendor.interview(interview.vendor_ref)
    assert post(here.account, {"type": "interview.updated", "data": said}).status_code == 204


def test_a_new_time_of_the_vendors_is_hrs_to_judge_until_the_two_agree(here, interview, drain):
    moved = {
        "starts_at": interview.starts_at + timedelta(hours=2),
        "ends_at": interview.ends_at + timedelta(hours=2),
    }
    times = {name: at.isoformat().replace("+00:00", "Z") for name, at in moved.items()}
    assert here.vendor.call("PATCH", f"/{interview.vendor_ref}", times).status_code == 200
    for _ in range(2):
        hear_of_present_state(here, interview)
        drain()
    assert saga.tasks_of(here) == ["mismatch"]
    with here.scope():
        details = Task.objects.get(subject_id=interview.id).details
    assert [datetime.fromisoformat(at) for at in details["there"].split("/")] == [*moved.values()]
    back = {"starts_at": interview.starts_at, "ends_at": interview.ends_at}
    times = {name: at.isoformat().replace("+00:00", "Z") for name, at in back.items()}
    here.vendor.call("PATCH", f"/{interview.vendor_ref}", times).raise_for_status()
    said = here.vendor.interview(interview.vendor_ref)
    post(here.account, {"type": "interview.updated", "data": said}, event_id="evt_2")
    drain()
    assert (saga.tasks_of(here), saga.tasks_of(here, state="done")) == ([], ["mismatch"])
    assert here.fresh(interview).starts_at == interview.starts_at


@pytest.mark.parametrize(("off", "tasks"), [(11, []), (13, ["mismatch"])])
def test_a_time_is_another_only_beyond_what_the_vendor_keeps_times_by(
    here, plain_vendor, interview, drain, off, tasks
):
    plain_vendor.off, plain_vendor.tolerance = timedelta(hours=off), timedelta(hours=12)
    tell(here, ref=interview.vendor_ref)
    drain()
    assert saga.tasks_of(here) == tasks


def test_what_the_vendor_says_of_times_is_kept_with_the_event(interview):
    view = View(
        "r",
        "invited",
        Status.INVITED,
        starts_at=interview.starts_at + timedelta(hours=11),
        tolerance=timedelta(hours=12),
    )
    kept = stored_view(plain(Inbound("e", "k", "x", view, interview.starts_at)))
    assert kept == view
    assert kept.is_at(interview.starts_at, interview.ends_at)
    assert not kept.is_at(interview.starts_at - timedelta(hours=2), interview.ends_at)


def test_events_and_calls_go_when_their_time_is_over(here, plain_vendor, interview, drain, monkeypatch):
    monkeypatch.setattr("raincheck.vendors.pruning.CHUNK", 2)
    for number in range(5):
        tell(here, ref=interview.vendor_ref, id=str(number))
    drain()
    with here.scope() as now:
        old = InboundEvent.objects.exclude(event_id="4")
        old.update(received_at=now - timedelta(days=91))
        call = VendorCall.objects.get()
        for days in (399, 401, 402, 403):
            call.pk = uuid4()
            call.at = now - timedelta(days=days)
            call.save(force_insert=True)
    prune(timestamp=0)
    assert (here.count(InboundEvent), here.count(VendorCall)) == (1, 2)
