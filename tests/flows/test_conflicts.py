"""docs/reference/conflicts.md is played, row by row: our state, what the vendor says, and what must come of it."""

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from raincheck.recruiting.models import InterviewState
from raincheck.vendors.adapters.base import Status, View
from raincheck.vendors.lines import word_of
from tests.flows import saga
from tests.flows.conflicts import ASKED, ASKING, CLASSES, OURS, SAID, Outcome, play

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conflicts.md"
COLUMNS = 8
Row = tuple[str, str, Outcome]


def rows() -> list[Row]:
    """Read every row of the page's tables; one that names several states or words is as many rows."""
    found: list[Row] = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != COLUMNS or cells[0] in {"ours", "---"}:
            continue
        ours, said, _, after, wins, *told = cells
        outcome = Outcome(after, wins, *(tuple(sorted(_names(cell))) for cell in told))
        found += [(one, word, outcome) for one, word in product(_names(ours), _names(said))]
    return found


def _names(cell: str) -> tuple[str, ...]:
    return () if cell == "–" else tuple(name.strip() for name in cell.split(","))


def test_the_page_has_one_row_for_every_state_of_ours_and_everything_a_vendor_says():
    wanted = Counter([*product(OURS, SAID), *product(ASKING, ASKED)])
    assert Counter((ours, said) for ours, said, _ in rows()) == wanted
    told = {state.split(" · ")[0] for state in OURS} | {"cancelling"}
    assert set(InterviewState.values) <= told, "a state of ours isn't on the page"


def test_every_status_belongs_to_one_class_and_those_of_a_class_mean_the_same(here):
    assert Counter(status for members in CLASSES.values() for status in members) == Counter(Status)
    now = saga.at(here)
    for name, members in CLASSES.items():
        words = [word_of(View("r", "same", status, version=1), now) for status in members]
        assert all(word == words[0] for word in words), name


@pytest.mark.parametrize(
    ("ours", "said", "expected"), rows(), ids=[f"{ours}: {said}" for ours, said, _ in rows()]
)
def test_what_a_row_says_is_what_happens(here, ours, said, expected):
    assert play(here, ours, said) == expected
    saga.check_invariants(here)
    assert saga.statement_failures(here) == 0
