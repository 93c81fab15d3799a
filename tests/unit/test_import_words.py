"""What a person is told to write in the place of an unknown word is known."""

import re
from decimal import Decimal

import pytest

from raincheck.migration.fields import Field, key_of
from raincheck.migration.kinds.stages import OUTCOMES, POSITION_STATES, STAGES
from raincheck.migration.values.meanings import ATTENDED, CANCELLED_BY, HALVES, STATES
from raincheck.migration.values.panels import people_in
from raincheck.migration.values.scores import number_in, score_of
from raincheck.migration.values.unknown_words import EXAMPLES, unknown

LISTS = {
    Field.STATUS: STATES,
    Field.ATTENDED: ATTENDED,
    Field.HALF: HALVES,
    Field.CANCELLED_BY: CANCELLED_BY,
    Field.STAGE: STAGES,
    Field.POSITION_STATE: POSITION_STATES,
    Field.OUTCOME: OUTCOMES,
}


@pytest.mark.parametrize("known", LISTS)
def test_every_word_that_is_offered_for_an_unknown_one_is_known(known):
    zh, en = re.split("、", EXAMPLES[known].zh), EXAMPLES[known].en.split(", ")
    assert {key_of(word) for word in (*zh, *en)} <= LISTS[known].keys()
    assert [LISTS[known][key_of(word)] for word in zh] == [LISTS[known][key_of(word)] for word in en]
    assert EXAMPLES[known].en in unknown(known).words.en


def test_no_closed_list_is_left_out():
    assert EXAMPLES.keys() == LISTS.keys()


def test_huge_cells_are_no_scores_and_no_panels_and_take_no_time():
    huge = "5" + " " * 1_000_000 + "x"
    assert score_of(huge, Decimal(5)) is None
    assert number_in(huge) is None
    assert [one.name for one in people_in(huge)] == ["5"]
