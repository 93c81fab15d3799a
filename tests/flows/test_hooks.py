"""Where programs call: signed webhooks, verified on their raw bytes, stored once, applied in any order; and health."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client

from raincheck.api import health
from raincheck.audit.models import Entry
from raincheck.core.ids import new_id
from raincheck.recruiting.models import Assessment, Interview
from raincheck.vendors import inbound
from raincheck.vendors.adapters.base import BadSignature, Line, Permanent
from raincheck.vendors.adapters.simulated.adapter import Simulated
from raincheck.vendors.models import InboundEvent, VendorAccount
from tests.peers import listening
from tests.simulators import WebhookTarget, start_ai_interview
from tests.world import jobs

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the secret every account of tests/world.py has
#: From the specification's own library: what these bytes are signed with.
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
VECTOR_BODY = b'{"test": 2432232314}'
VECTOR_TIME = datetime.fromtimestamp(1614265330, UTC)


def news(interview: Interview, **changes: Any) -> dict[str, Any]:
    """Return an event's body as the vendor documents it."""
    data = {
        "id": interview.vendor_ref,
        "external_id": str(interview.id),
        "status": "in_progress",
        "progress": "partly_recorded",
        "version": interview.vendor_version + 1,
        "starts_at": interview.starts_at.isoformat(),
        "ends_at": interview.ends_at.isoformat(),
        "scores": [],
    }
    return {"id": "evt", "type": "interview.updated", "occurred_at": "", "data": {**data, **changes}}


def signature(event_id: str, stamp: str, body: bytes, secret: str = SECRET) -> str:
    """Sign as Standard Webhooks says, in this file's own words."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def post(
    account: VendorAccount, body: Any, *, event_id: str = "evt_1", at: datetime | None = None, **other: str
) -> Any:
    """Post a signed webhook; `other` replaces headers, an empty one is left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(event_id, stamp, raw),
        **{name.replace("_", "-"): value for name, value in other.items()},
    }
    return deliver(f"/hooks/{account.adapter}/{account.id}/", raw, headers)


def deliver(path: str, raw: bytes, headers: Mapping[str, str]) -> Any:
    """Post these bytes with these headers."""
    sent = {name: value for name, value in headers.items() if value}
    return Client().post(path, raw, content_type="application/json", headers=sent)


def refused(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def test_the_published_vector_is_accepted_and_nothing_near_it():
    adapter = Simulated()
    with pytest.raises(Permanent, match="documented shape"):
        adapter.receive(_line(SECRET), headers=VECTOR, body=VECTOR_BODY, now=VECTOR_TIME)
    for wrong in (
        {"body": VECTOR_BODY + b" "},
        {"secret": SECRET.swapcase()},
        {"now": VECTOR_TIME + timedelta(minutes=5, seconds=1)},
        {"now": VECTOR_TIME - timedelta(minutes=5, seconds=1)},
        {"headers": {**VECTOR, "webhook-id": "msg_other"}},
        {"headers": {**VECTOR, "webhook-timestamp": "1614265331"}},
    ):
        told = {"headers": VECTOR, "body": VECTOR_BODY, "secret": SECRET, "now": VECTOR_TIME, **wrong}
        with pytest.raises(BadSignature):
            adapter.receive(_line(told.pop("secret")), **told)


def _line(secret: str) -> Line:
    return Line(uuid4(), "http://127.0.0.1:1", "", webhook_secret=secret)


def test_a_signed_webhook_is_stored_then_answered_then_applied(here, interview, drain):
    answer = post(here.account, news(interview))
    assert (answer.status_code, answer.content) == (204, b"")
    assert here.fresh(interview).state == "scheduled"
    assert jobs() == ["vendors.apply"]
    drain()
    assert here.fresh(interview).state == "in_progress"
    with here.scope():
        event = InboundEvent.objects.get()
    assert (event.event_id, event.kind, event.outcome) == ("evt_1", "interview.updated", "applied")
    assert event.applied_at >= event.received_at


def test_what_the_simulated_vendor_really_sends_is_understood(here, tmp_path, drain):
    with listening() as receiver:
        target = WebhookTarget(f"{receiver.url}/hook", SECRET)
        with start_ai_interview(tmp_path, webhook=target) as vendor:
            here.vendor = vendor
            told = here.book(hours=50)
            vendor.progress(told.vendor_ref, "partial")
            receiver.wait_for(1)
            vendor.progress(told.vendor_ref, "submitted")
            receiver.wait_for(2)
            vendor.replay_webhooks(order="reversed")
            receiver.wait_for(4)
    for headers, body in reversed(list(zip(receiver.headers, receiver.bodies, strict=True))):
        path = f"/hooks/simulated/{here.account.id}/"
        kept = {name: value for name, value in headers.items() if name.startswith("webhook-")}
        assert deliver(path, body, kept).status_code == 204
    drain()
    assert here.fresh(told).state == "submitted"
    assert here.count(InboundEvent) == 2
    assert here.count(Assessment, interview=told) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": ""},
        {"webhook_signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook_id": ""},
        {"webhook_id": "evt_other"},
        {"webhook_timestamp": ""},
        {"webhook_timestamp": "1"},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "9" * 30},
        {"at": datetime.now(UTC) - timedelta(minutes=6)},
        {"at": datetime.now(UTC) + timedelta(minutes=30)},
    ],
    ids=", ".join,
)
def test_what_is_not_signed_as_it_should_be_is_refused_and_leaves_nothing(here, interview, wrong):
    assert refused(post(here.account, news(interview), **wrong)) == (401, "signature_wrong")
    assert here.count(InboundEvent) == 0
    assert jobs() == []


def test_another_accounts_secret_signs_nothing_here(here, interview):
    other = "whsec_" + base64.b64encode(b"another-secret-of-32-bytes-here!").decode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    raw = json.dumps(news(interview)).encode()
    wrong = signature("evt_1", stamp, raw, other)
    assert refused(post(here.account, raw, webhook_signature=wrong, webhook_timestamp=stamp))[0] == 401
    both = f"{wrong} {signature('evt_1', stamp, raw)}"
    assert post(here.account, raw, webhook_signature=both, webhook_timestamp=stamp).status_code == 204


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"not json", (422, "webhook_not_understood")),
        (b"", (422, "webhook_not_understood")),
        (b"[]", (422, "webhook_not_understood")),
        (b'{"type": "x"}', (422, "webhook_not_understood")),
        (b'{"type": "x", "data": []}', (422, "webhook_not_understood")),
        (b"\xff\xfe", (422, "webhook_not_understood")),
        (b"[" * 100_000, (422, "webhook_not_understood")),
        (b" " * 1_000_001, (413, "too_large")),
    ],
    ids=["text", "empty", "list", "no data", "data a list", "not UTF-8", "deep", "large"],
)
def test_what_is_signed_but_not_documented_is_refused_and_leaves_nothing(here, body, expected):
    assert refused(post(here.account, body)) == expected
    assert here.count(InboundEvent) == 0
    assert jobs() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2**70},
        {"version": -1},
        {"version": "later"},
        {"starts_at": "tomorrow"},
        {"status": "in\x00progress"},
        {"scores": [{"dimension": "logic", "score": "many", "max": 10, "partial": True}]},
        {"scores": [{"dimension": "logic", "score": 11, "max": 10, "partial": True}]},
        {"scores": [{"dimension": "logic", "score": "NaN", "max": 10, "partial": True}]},
        {"scores": [{"dimension": "logic", "score": 1, "max": 10**9, "partial": True}]},
    ],
    ids=str,
)
def test_values_that_no_column_could_hold_are_refused_at_the_door(here, interview, changes):
    answer = refused(post(here.account, news(interview, **changes)))
    assert answer == (422, "webhook_not_understood")
    assert here.count(InboundEvent) == 0


def test_an_address_that_names_no_account_is_not_found(here, there, interview):
    body, path = json.dumps(news(interview)).encode(), "/hooks/{}/{}/"
    addresses = [
        path.format("simulated", new_id()),
        path.format("hirevue", here.account.id),
        path.format("recording", here.account.id),
    ]
    assert [refused(deliver(address, body, VECTOR)) for address in addresses] == [(404, "not_found")] * 3
    here.put(here.account, active=False)
    assert refused(post(here.account, body)) == (404, "not_found")
    assert Client().get(path.format("simulated", here.account.id)).status_code == 405


def test_seven_deliveries_of_one_event_are_one_event(here, interview, drain):
    body = news(interview)
    assert [post(here.account, body).status_code for _ in range(7)] == [204] * 7
    assert jobs() == ["vendors.apply"]
    drain()
    assert post(here.account, body).status_code == 204
    drain()
    assert here.count(InboundEvent) == 1
    assert here.entries(interview=interview) == ["interview.vendor_progress"]


def test_events_out_of_order_are_put_right_by_their_version(here, interview, drain):
    older = news(interview, status="invited", progress="opened", version=5)
    newer = news(interview, version=6)
    post(here.account, newer, event_id="evt_new")
    drain()
    post(here.account, older, event_id="evt_old")
    drain()
    found = here.fresh(interview)
    assert (found.state, found.vendor_progress, found.vendor_version) == ("in_progress", "partly_recorded", 6)
    with here.scope():
        outcomes = dict(InboundEvent.objects.values_list("event_id", "outcome"))
    assert outcomes == {"evt_new": "applied", "evt_old": "known already"}


def test_scores_land_with_the_interview_they_belong_to(here, interview, drain):
    scores = [
        {"dimension": "逻辑", "score": 7.5, "max": 10, "partial": True},
        {"dimension": "沟通", "score": 8, "max": 10, "partial": True},
    ]
    post(here.account, news(interview, scores=scores))
    drain()
    final = [{**score, "partial": False} for score in scores]
    post(
        here.account,
        news(here.fresh(interview), status="submitted", progress="submitted", scores=final),
        event_id="2",
    )
    drain()
    with here.scope():
        kept = list(Assessment.objects.order_by("dimension").values_list("dimension", "score", "partial"))
    assert [(name, float(score), partial) for name, score, partial in kept] == [
        ("沟通", 8.0, False),
        ("逻辑", 7.5, False),
    ]


def test_news_of_an_interview_nobody_knows_is_kept_and_harms_nothing(here, interview, drain):
    post(here.account, news(interview, id="elsewhere", external_id="not-ours"))
    drain()
    with here.scope():
        assert InboundEvent.objects.get().outcome == "unknown interview"


def test_one_companys_vendor_cannot_speak_of_anothers_interview(here, there, interview, drain):
    post(there.account, news(interview, status="submitted", progress="submitted"))
    drain()
    assert here.fresh(interview).state == "scheduled"
    with there.scope():
        assert InboundEvent.objects.get().outcome == "unknown interview"


def test_news_that_overtakes_the_invitations_answer_waits_for_it(here, interview, drain):
    here.put(interview, vendor_ref="", vendor_version=0)
    post(here.account, news(interview, version=3))
    inbound.apply(company_id=str(here.company.id), event_id=str(only_event(here).id))
    assert only_event(here).applied_at is None
    here.put(interview, vendor_ref=interview.vendor_ref)
    inbound.apply(company_id=str(here.company.id), event_id=str(only_event(here).id))
    assert only_event(here).outcome == "applied"
    assert here.fresh(interview).state == "in_progress"


def test_but_not_for_ever(here, interview):
    here.put(interview, vendor_ref="")
    post(here.account, news(interview))
    event = only_event(here)
    here.put(event, received_at=event.received_at - inbound.WAIT_FOR_INVITATION)
    inbound.apply(company_id=str(here.company.id), event_id=str(event.id))
    assert only_event(here).outcome == "unknown interview"


def only_event(world: Any) -> InboundEvent:
    """Return the one event stored."""
    with world.scope():
        return InboundEvent.objects.get()


class TestHealth:
    def test_live_needs_nothing_but_the_process(self):
        answer = Client().get("/healthz/")
        assert (answer.status_code, answer.json()) == (200, {"status": "live"})

    def test_ready_says_that_nobody_works_the_jobs_off(self, db):
        answer = Client().get("/healthz/ready/")
        assert (answer.status_code, answer.json()["workers"]) == (503, 0)

    def test_ready_when_a_worker_has_breathed_lately(self, db, superuser):
        superuser.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        answer = Client().get("/healthz/ready/")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "ready", "database": True, "workers": 1},
        )
        superuser.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        assert Client().get("/healthz/ready/").status_code == 503

    def test_ready_says_that_the_database_is_gone(self, monkeypatch):
        class Gone:
            def cursor(self) -> None:
                raise OperationalError("connection refused at 10.0.0.7")

        monkeypatch.setattr(health, "connection", Gone())
        answer = Client().get("/healthz/ready/")
        assert (answer.status_code, answer.json()["database"]) == (503, False)
        assert b"10.0.0.7" not in answer.content


class TestRequestId:
    def test_a_given_id_reaches_the_answer_the_trail_the_jobs_and_the_vendor(
        self, here, interview, signed_in, drain
    ):
        given = "gateway-0123456789"
        with listening(answer=cancelled_there(interview)) as vendor:
            here.put(here.account, base_url=vendor.url)
            page = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
            answer = signed_in.post(page, {"reason": "health"}, headers={"X-Request-Id": given})
            assert (answer.status_code, answer["X-Request-Id"]) == (302, given)
            with here.scope():
                assert list(Entry.objects.values_list("action", "request_id")) == [
                    ("cancellation.requested", given)
                ]
            drain()
        assert vendor.headers
        assert {headers["x-request-id"] for headers in vendor.headers} == {given}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT args->>'request_id' FROM procrastinate_jobs WHERE args ? 'company_id'"
            )
            assert cursor.fetchall() == [(given,)]
        with here.scope():
            assert set(Entry.objects.values_list("request_id", flat=True)) == {given}

    @pytest.mark.parametrize(
        "given", ["", "short", "x" * 65, "with blank 12345", "naïve-ünïcode-1", "a\tb-12345678"]
    )
    def test_an_id_that_looks_like_none_is_replaced(self, given):
        made = Client().get("/healthz/", headers={"X-Request-Id": given})["X-Request-Id"]
        assert made != given
        assert UUID(made)


def cancelled_there(interview: Interview) -> dict[str, Any]:
    """Return what a vendor that has cancelled already says of an interview."""
    data: dict[str, Any] = news(interview, status="cancelled", progress="unopened")["data"]
    return data
