"""Spark Hire's words, pages and headers, beyond what the contract asks of every adapter."""

import base64
import hmac
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from raincheck.vendors.adapters.base import Line, Status
from raincheck.vendors.adapters.spark_hire.adapter import SparkHire, view_of
from tests.peers import listening
from tests.vendor_simulators import start_vendor

SECRET = "a-secret-of-both-sides"
UUID = "7b0f5f0c-33a5-4d0f-8a43-8f0a2bb0c001"


@pytest.fixture(scope="module")
def vendor():
    with start_vendor("spark_hire") as running:
        yield running


def line_to(url: str, key: str = "a-key") -> Line:
    return Line(account_id=uuid4(), base_url=url, api_key=key, webhook_secret=SECRET)


def receive(kind: str, **other: str):
    body = json.dumps({"uuid": UUID, "status": "completed"}).encode()
    headers = {
        "x-sparkhire-signature": hmac.digest(SECRET.encode(), body, "sha256").hex(),
        "x-sparkhire-event": kind,
        "x-sparkhire-request-uuid": "request-1",
        **other,
    }
    return SparkHire().receive(line_to(""), headers=headers, body=body, now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("word", "status", "progress"),
    [
        ("created", Status.INVITED, ""),
        ("accepted", Status.INVITED, "opened"),
        ("rescheduled", Status.INVITED, ""),
        ("reset", Status.INVITED, ""),
        ("completed", Status.SUBMITTED, ""),
        ("rated", Status.SUBMITTED, ""),
        ("expired", Status.EXPIRED, ""),
        ("paused", Status.UNMAPPED, ""),
    ],
)
def test_each_word_has_its_meaning_and_is_kept(word, status, progress):
    view = view_of({"uuid": UUID, "status": word})
    assert (view.word, view.status, view.progress) == (word, status, progress)
    assert (view.starts_at, view.ends_at) == (None, None)


def test_every_page_is_fetched_and_each_interview_listed_once(vendor):
    seeded = vendor.seed([{"template": "a-job", "email": f"page-{n}@example.com"} for n in range(230)])
    pages = list(SparkHire().pages(line_to(vendor.base_url, vendor.key)))
    refs = [view.ref for page in pages for view in page]
    assert len(refs) == len(set(refs))
    assert {one["id"] for one in seeded} <= set(refs)
    assert len(pages) == 3


def test_live_interviews_are_none_of_ours():
    live = {"uuid": UUID, "status": "created", "type": "live"}
    ours = {**live, "type": "one_way"}
    with listening([live, ours]) as peer:
        pages = list(SparkHire().pages(line_to(peer.url)))
    assert [len(page) for page in pages] == [1]


def test_the_key_goes_as_the_user_of_basic_authentication_without_a_password():
    with listening({"uuid": UUID, "status": "created"}) as peer:
        SparkHire().read(line_to(peer.url, "ключ-key"), UUID)
    scheme, given = peer.headers[0]["authorization"].split()
    assert (scheme, base64.b64decode(given).decode()) == ("Basic", "ключ-key:")


@pytest.mark.parametrize(
    "kind", ["InterviewCompleted", "InterviewAccepted", "InterviewExpired", "InterviewRated"]
)
def test_an_event_only_leads_to_a_question_whatever_its_unsigned_name_says(kind):
    heard = receive(kind)
    assert (heard.event_id, heard.kind, heard.ref, heard.view) == ("request-1", kind, UUID, None)


def test_a_deletion_leaves_nothing_to_ask_about():
    view = receive("InterviewDeleted").view
    assert (view.ref, view.status) == (UUID, Status.CANCELLED)
