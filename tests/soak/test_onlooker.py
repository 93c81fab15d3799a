"""The agreement runs can fail: what they are to find is put there, and they find it."""

import random
from types import SimpleNamespace

import httpx
import pytest

from raincheck.vendors import tasks
from raincheck.wsgi import application
from tests.flows import saga
from tests.soak import agreement
from tests.soak.cast import Life
from tests.soak.onlooker import CONFIRMING, LOOKS, OTHER, Onlooker
from tests.soak.stage import MortalVendor
from tests.world import build, number


@pytest.fixture
def vendor(tmp_path):
    """Return a vendor of this test's own, whose store can be looked into."""
    running = MortalVendor(tmp_path, webhooks_to="http://127.0.0.1:9/")
    yield running
    running.close()


@pytest.fixture
def here(db, vendor, outbox):
    return build(f"soak-{number()}", "云帆科技（示例）", vendor=vendor)


@pytest.fixture
def onlooker(here, interview):
    """Return an onlooker whose whole world is one interview."""
    life = Life(str(interview.id), here.candidate.identity_id, here.candidate, [])
    with httpx.Client(transport=httpx.WSGITransport(application), base_url="http://testserver") as http:
        yield Onlooker(here, SimpleNamespace(lives=[life], in_the_act=[life]), http, random.Random(1))


@pytest.fixture
def believed(monkeypatch):
    """Have the product take a vendor's success for what it is called, without looking again."""
    monkeypatch.setattr(tasks, "_as_seen", lambda adapter, answer, errand, **seen: answer)


def look_everywhere(onlooker):
    for kind in LOOKS:
        onlooker.look(kind)


def test_a_page_that_believes_a_lie_is_seen_on_every_page_and_told_with_its_story(
    here, interview, vendor, drain, believed, onlooker
):
    vendor.fault("lies", operation="cancel")
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED, "the sabotage didn't work"
    look_everywhere(onlooker)
    assert [sighting.page for sighting in onlooker.sightings] == list(LOOKS)
    with pytest.raises(
        AssertionError, match=r"there='invited'[\s\S]*cancellation.agreed agreed[\s\S]*cancel 200 effect=0"
    ):
        onlooker.check()


def test_the_last_check_finds_it_too(here, interview, vendor, drain, believed):
    vendor.fault("lies", operation="cancel")
    here.ask(interview)
    drain()
    with pytest.raises(AssertionError, match="agreed here before it ended there"):
        agreement._check_never_too_soon(here, vendor.truth())
    with pytest.raises(AssertionError, match="both sides differ, and nobody was asked"):
        agreement._check_agreement(here, vendor.truth())


def test_an_agreement_that_came_before_its_end_there_is_found_when_all_is_over(
    here, interview, vendor, drain, believed
):
    vendor.fault("lies", operation="cancel")
    here.ask(interview)
    drain()
    vendor.clear_faults()
    vendor.cancel(interview.vendor_ref)
    assert agreement._check_agreement(here, vendor.truth()) == {"cancelled": 1}
    with pytest.raises(AssertionError, match="agreed here before it ended there"):
        agreement._check_never_too_soon(here, vendor.truth())


def test_the_product_as_it_is_says_that_it_is_being_confirmed(here, interview, vendor, drain, onlooker):
    vendor.fault("lies", operation="cancel")
    cancellation = here.ask(interview)
    drain()
    look_everywhere(onlooker)
    assert set(onlooker.said) == {OTHER}
    saga.overdue(here, cancellation)
    look_everywhere(onlooker)
    assert onlooker.said[CONFIRMING] == len(LOOKS)
    vendor.clear_faults()
    saga.hurry(here)
    drain()
    look_everywhere(onlooker)
    onlooker.check()
    agreement._check_never_too_soon(here, vendor.truth())
    assert agreement._check_agreement(here, vendor.truth()) == {"cancelled": 1}
