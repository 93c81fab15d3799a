"""Whoever comes, wherever they go, whatever they send: nobody is ever answered with a bug."""

import pytest

from raincheck.console import positions
from raincheck.core.actor import STAFF_ROLES, Role
from tests import fuzz
from tests.crawl import bugs, crawl
from tests.siege import Siege, at_random, each_field_once, fields_read_by_looking
from tests.walk import scene

EVERYBODY = [*(role.value for role in STAFF_ROLES), "candidate", "nobody"]


@pytest.fixture
def siege(here, drain, monkeypatch):
    """Return a company with something behind every address, and everybody before its doors."""
    return Siege.of(scene(here, drain), monkeypatch)


def test_every_link_that_anybody_is_shown_leads_somewhere_for_them(siege):
    met = {}
    with bugs() as broken:
        for who in EVERYBODY:
            found = siege.crawl(who, a_kind=1)
            assert found.wrong == [], who
            met[who] = len(found.seen)
    assert broken == []
    # Managers see as much as anybody; whoever isn't let in sees least.
    assert met[Role.HR_MANAGER] > 40, met
    assert min(met.values()) == met["nobody"] > 2, met


def test_no_form_breaks_whatever_is_sent(siege):
    with bugs() as broken, fuzz.Fields().watching() as fields:
        forms = siege.crawl(Role.HR_MANAGER, a_kind=1).forms + siege.crawl("candidate", a_kind=1).forms
        fields_read_by_looking(siege, fields)
        targets = siege.targets(forms, fields)
        each_field_once(targets, every=41)
        assert broken == []
        at_random(siege, targets, examples=60)
    assert broken == []
    # The pages' own fields were found, by reading the pages and by watching the views.
    known = {one.route: one.fields for _, one in targets}
    assert {"reason", "note"} <= set(known["console/interviews/<uuid:interview_id>/cancel/"])
    assert len(targets) > 40


def test_a_page_that_breaks_is_found_by_both(siege, monkeypatch):
    def breaks(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(positions, "shown", breaks)
    with bugs() as broken:
        found = crawl(siege.browsers[Role.HR_MANAGER], "/console/", a_kind=1)
    assert ("/console/positions/", 500) in found.wrong
    assert any("ZeroDivisionError" in line for line in broken)
