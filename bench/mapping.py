"""How well columns are understood: `python -m bench.mapping [CSV TRUTH]`, precision and recall on lists of many hands.

A column counts as found where it was taken for its true field without asking; as asked where a person was, for its
true field; as wrong where it was taken for another one.
"""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from raincheck.migration import refusals
from raincheck.migration.columns.mapping import ColumnMap, map_columns
from tests.headings import HELD_OUT, lists
from tests.headings_beside import witnesses
from tests.headings_of_others import others
from tests.headings_of_strangers import strangers

SEED, LISTS = 20261125, 500


@dataclass
class Score:
    """Counts of columns."""

    found: int = 0
    wrong: int = 0
    asked: int = 0
    missed: int = 0

    def see(self, mapped: ColumnMap, truth: Sequence[str | None]) -> None:
        """Count one list."""
        for column, true in zip(mapped.columns, truth, strict=True):
            if column.field is not None:
                self.found += column.field == true
                self.wrong += column.field != true
                self.missed += column.field != true and true is not None
            elif true is not None:
                asked = column.perhaps is not None and column.perhaps.field == true
                self.asked += asked
                self.missed += not asked

    @property
    def precision(self) -> float:
        """Of the columns taken for a field, how many were it."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Of the columns that are a field, how many were taken for it without asking."""
        return self.found / max(1, self.found + self.asked + self.missed)

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}, recall {self.recall:.3f}"
            f" ({self.found} found, {self.wrong} wrong, {self.asked} asked about, {self.missed} missed)"
        )


def held_out(count: int = LISTS, *, seed: int = SEED) -> Score:
    """Measure on made-up lists whose headings the product doesn't know."""
    score = Score()
    for table, truth in lists(count, seed=seed, headings=HELD_OUT):
        score.see(_mapped(table), truth)
    return score


def of_others(*, seed: int = SEED) -> Score:
    """Measure on lists that another hand wrote."""
    score = Score()
    for table, truth in others(seed):
        score.see(_mapped(table), truth)
    return score


def of_strangers(*, seed: int = SEED) -> Score:
    """Measure on lists full of headings that only sound like a field."""
    score = Score()
    for table, truth in strangers(seed):
        score.see(_mapped(table), truth)
    return score


def of_witnesses(*, seed: int = SEED) -> Score:
    """Measure on lists of a fourth hand, full of interviewers, links and scores."""
    score = Score()
    for table, truth in witnesses(seed):
        score.see(_mapped(table), truth)
    return score


def on_a_file(path: Path, truth: dict[str, str]) -> Score:
    """Measure on a CSV; `truth` is heading → field of every column that is one."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(islice(csv.reader(file), 300))
    score = Score()
    score.see(_mapped(table), [truth.get(heading.strip()) for heading in table[0]])
    return score


def _mapped(table: Sequence[Sequence[str]]) -> ColumnMap:
    below = [list(row) for row in table[1:]]
    try:
        return map_columns(table[0], 1, said=(), below=below)
    except refusals.TwoColumns:
        # Two columns as good as each other: a person is asked about all of them, so that nothing was found.
        return map_columns([""] * len(table[0]), 1, said=())


def main(arguments: Iterable[str]) -> None:
    """Print the figures."""
    print(f"{LISTS} made-up lists, seed {SEED}: {held_out()}")
    print(f"lists by another hand, seed {SEED}: {of_others()}")
    print(f"lists by a third hand, seed {SEED}: {of_strangers()}")
    print(f"lists by a fourth hand, seed {SEED}: {of_witnesses()}")
    named = [Path(argument) for argument in arguments]
    if named:
        print(f"{named[0].name}: {on_a_file(named[0], json.loads(named[1].read_text('utf-8')))}")


if __name__ == "__main__":
    main(sys.argv[1:])
