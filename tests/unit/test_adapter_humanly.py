"""Humanly's words, days and signatures, beyond what the contract asks of every adapter."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from raincheck.vendors.adapters.base import BadSignature, Booking, Line, NeedsPerson, Permanent, Status
from raincheck.vendors.adapters.humanly.adapter import Humanly, view_of
from tests.peers import listening
from tests.vendor_simulators import start_vendor

SECRET = "a-secret-of-both-sides"
REF = "7b0f5f0c-33a5-4d0f-8a43-8f0a2bb0c001"
NOW = datetime(2030, 1, 31, 8, tzinfo=UTC)
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def vendor():
    with start_vendor("humanly") as running:
        yield running


def line_to(url: str = "", key: str = "qapi_key") -> Line:
    return Line(account_id=uuid4(), base_url=url, api_key=key, webhook_secret=SECRET)


def there(status: str, expiry: str | None = LATER) -> dict[str, object]:
    return {"id": REF, "status": status, "inviteToken": "t", "expiry": expiry, "externalId": None}


def booking(email: str, ends_at: datetime) -> Booking:
    starts_at = ends_at - timedelta(days=1)
    return Booking(
        uuid4(), "window", starts_at, ends_at, "岗位", "李测试", "zh-hans", email, template="kit-1"
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("invite_sent", Status.INVITED),
        ("partially_completed", Status.IN_PROGRESS),
        ("new_response", Status.SUBMITTED),
        ("has_reviewed", Status.SUBMITTED),
        ("hired", Status.UNMAPPED),
        ("archived", Status.UNMAPPED),
        ("paused", Status.UNMAPPED),
    ],
)
def test_each_word_has_its_meaning_and_is_kept(word, status):
    view = view_of(there(word), archive_ends_link=False)
    assert (view.word, view.status) == (word, status)


def test_archived_is_cancelled_only_for_those_who_have_seen_it():
    assert view_of(there("archived"), archive_ends_link=True).status is Status.CANCELLED
    assert view_of(there("new_response"), archive_ends_link=True).status is Status.SUBMITTED


def test_an_invitation_that_has_expired_is_over_and_one_without_an_expiry_is_not():
    assert (
        view_of(there("invite_sent", "2020-01-01T00:00:00Z"), archive_ends_link=False).status
        is Status.EXPIRED
    )
    begun = view_of(there("partially_completed", "2020-01-01T00:00:00Z"), archive_ends_link=False)
    assert begun.status is Status.IN_PROGRESS
    endless = view_of(there("invite_sent", None), archive_ends_link=False)
    assert (endless.status, endless.ends_at) == (Status.INVITED, None)


def test_an_expiry_without_a_zone_is_not_as_documented():
    with listening({"data": there("invite_sent", "2030-01-01T00:00:00")}) as peer, pytest.raises(Permanent):
        Humanly().read(line_to(peer.url), REF)


@pytest.mark.parametrize(
    ("ahead", "days"), [(timedelta(hours=1), 1), (timedelta(hours=25), 2), (timedelta(days=-2), 1)]
)
def test_the_deadline_is_rounded_up_to_whole_days(vendor, ahead, days):
    ends_at = datetime.now(UTC) + ahead
    view = Humanly().invite(
        line_to(vendor.url, vendor.key), booking(f"days-{days}-{ahead.days}@example.com", ends_at), key="k"
    )
    assert abs(view.ends_at - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=1)
    assert view.is_at(ends_at, ends_at) == (ahead > timedelta(0))


def test_whoever_was_marked_as_hired_is_left_to_a_person():
    with listening({"data": there("hired")}) as peer, pytest.raises(NeedsPerson, match="hired"):
        Humanly().cancel(line_to(peer.url), REF, reason="headcount", key="cancel-1")
    assert len(peer.bodies) == 1, "nothing was sent but the question"


def test_one_address_is_one_candidate_there_however_it_is_written(vendor):
    line = line_to(vendor.url, vendor.key)
    ends_at = datetime.now(UTC) + timedelta(days=3)
    for email in ("Twice@example.com", "twice@example.com"):
        Humanly().invite(line, booking(email, ends_at), key="k")
    assert [call.detail for call in line.calls] == ["200", "201", "201", "200", "201"]


def test_every_page_is_fetched_and_each_interview_listed_once(vendor):
    seeded = vendor.seed(
        [{"template": "kit-1", "email": f"page-{n}@example.com", "ends_at": LATER} for n in range(200)]
    )
    refs = [view.ref for page in Humanly().pages(line_to(vendor.url, vendor.key)) for view in page]
    assert len(refs) == len(set(refs))
    assert {one["id"] for one in seeded} <= set(refs)


def signed(body: bytes, stamp: str) -> dict[str, str]:
    signature = hmac.digest(SECRET.encode(), f"{stamp}.".encode() + body, "sha256").hex()
    return {"x-qualifi-signature": f"t={stamp},v1={signature}"}


def event(kind: str, **data: str) -> bytes:
    return json.dumps({"event": kind, "timestamp": "2030-01-31T08:00:00Z", "data": data}).encode()


@pytest.mark.parametrize("kind", ["candidate_interview.completed", "candidate_interview.status_changed"])
def test_an_event_names_the_invitation_and_bears_no_id(kind):
    body = event(kind, candidateInterviewId=REF, status="new_response")
    heard = Humanly().receive(line_to(), headers=signed(body, str(int(NOW.timestamp()))), body=body, now=NOW)
    assert (heard.event_id, heard.kind, heard.ref, heard.view, heard.at) == ("", kind, REF, None, NOW)


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_an_old_or_early_event_is_a_replay(off):
    body = event("candidate_interview.completed", candidateInterviewId=REF)
    headers = signed(body, str(int((NOW + off).timestamp())))
    with pytest.raises(BadSignature):
        Humanly().receive(line_to(), headers=headers, body=body, now=NOW)


@pytest.mark.parametrize("header", ["", "t=1,v1=", "v1=aa", "nonsense", "t=now,v1=aa", ",,=,"])
def test_a_header_of_another_form_is_no_signature(header):
    with pytest.raises(BadSignature):
        Humanly().receive(line_to(), headers={"x-qualifi-signature": header}, body=b"{}", now=NOW)


def test_an_event_that_is_about_no_invitation_is_not_understood():
    body = event("interview.created", interviewId="kit-1")
    headers = signed(body, str(int(NOW.timestamp())))
    with pytest.raises(Permanent):
        Humanly().receive(line_to(), headers=headers, body=body, now=NOW)
