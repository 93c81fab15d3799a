"""The long run over every page and every form: all nasty values in all fields, then whatever hypothesis makes up."""

import os

import pytest

from tests import fuzz, seeds
from tests.crawl import bugs
from tests.siege import Siege, at_random, each_field_once, fields_read_by_looking
from tests.walk import scene

SHORT = os.environ.get("RAINCHECK_SOAK") == "short"
#: In the short run a tenth of the values, still in every field.
EVERY, EXAMPLES, A_KIND = (10, 400, 2) if SHORT else (1, 20_000, 12)

pytestmark = pytest.mark.soak


@pytest.fixture
def siege(here, drain, monkeypatch):
    """Return a company with something behind every address, and everybody before its doors."""
    return Siege.of(scene(here, drain), monkeypatch)


def test_nothing_that_anybody_sends_anywhere_breaks_anything(siege):
    with bugs() as broken, fuzz.Fields().watching() as fields:
        forms, wrong = [], []
        for who in siege.browsers:
            found = siege.crawl(who, a_kind=A_KIND)
            forms += found.forms
            wrong += [(who, *one) for one in found.wrong]
        assert wrong == []
        fields_read_by_looking(siege, fields)
        targets = siege.targets(forms, fields)
        sent = each_field_once(targets, every=EVERY)
        # All of them are told at once: one bug most often hides the next.
        assert sorted(set(broken)) == []
        at_random(siege, targets, examples=EXAMPLES)
    assert broken == []
    seeds.say(f"{len(sent) + EXAMPLES} forms, {len(targets)} addresses")
