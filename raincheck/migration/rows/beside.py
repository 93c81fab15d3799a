"""What a row says beside its interview: who held it, its link, its scores. None of it costs the row its interview.

What can't be taken is said and stays with the row, as all of its cells do.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Self

from raincheck.migration.columns.headings import parted
from raincheck.migration.columns.mapping import Column, ColumnMap
from raincheck.migration.fields import FULL_MARKS, Field
from raincheck.migration.notices import Notice, notice
from raincheck.migration.values.scores import Score, dimension_of, full_marks, score_of
from raincheck.migration.words import Words
from raincheck.recruiting.models import InterviewState

LINK_NOT_LOADED = notice(
    "link_not_loaded",
    lambda n: Words(
        f"{n} 行的面试链接里没有唯一的网址，仍随原始行保存",
        f"{n} rows have no one web address for a link; what is there is only kept with the row",
    ),
)
SCORE_NOT_LOADED = notice(
    "score_not_loaded",
    lambda n: Words(
        f"{n} 行有的分数不是 0 到满分之间的数，或看不出满分，仍随原始行保存",
        f"{n} rows have scores that aren't a number up to their full marks, or whose full marks aren't said;"
        " those are only kept with the row",
    ),
)
SCORE_OF_NOTHING = notice(
    "score_of_nothing",
    lambda n: Words(
        f"{n} 行有分数，面试却还没进行或候选人未到，分数仍随原始行保存",
        f"{n} rows give scores of interviews that are still to come or were a no-show; they are only kept with the row",
    ),
)
_URL = re.compile(r"https?://[^\s\"'<>，。；、）】]+")
#: What recruiting.Interview holds of a link.
_LONGEST = 500
#: Nobody has been scored yet, or at all.
_UNSCORED = frozenset({InterviewState.SCHEDULED, InterviewState.NO_SHOW})


class Beside(NamedTuple):
    """The link, the cells that name the panel, and the scores of one row."""

    link: str = ""
    panel: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()


NOTHING = Beside()


class _Scored(NamedTuple):
    """A column of scores: where it stands, of what, and of how many they are where the cell doesn't say."""

    at: int
    dimension: str
    full: Decimal | None


@dataclass(frozen=True)
class BesideReader:
    """Reads what a file's rows have beside their interviews; false where no column has any of it."""

    link: int | None
    panel: tuple[int, ...]
    scores: tuple[_Scored, ...]

    @classmethod
    def of(cls, mapping: ColumnMap) -> Self:
        """Return the reader of a file with these columns."""
        link = mapping.column(Field.LINK)
        panel = tuple(column.index for column in mapping.columns if column.field is Field.INTERVIEWERS)
        scored = [column for column in mapping.columns if column.field in FULL_MARKS]
        return cls(link.index if link else None, panel, tuple(_scored(scored)))

    def __bool__(self) -> bool:
        return self.link is not None or bool(self.panel or self.scores)

    def read(self, texts: Sequence[str], state: str) -> tuple[Beside, list[Notice]]:
        """Return what a row has, with what is to be said of the rest."""
        said: list[Notice] = []
        cells = {index: text for index, text in enumerate(texts) if text}
        panel = tuple(cells[index] for index in self.panel if index in cells)
        link = self._link(cells[self.link], said) if self.link in cells else ""
        return Beside(link, panel, tuple(self._scores(cells, state, said))), said

    def _link(self, text: str, said: list[Notice]) -> str:
        found = set(_URL.findall(text))
        link = found.pop() if len(found) == 1 else ""
        if link and len(link) <= _LONGEST:
            return link
        said.append(LINK_NOT_LOADED)
        return ""

    def _scores(self, cells: dict[int, str], state: str, said: list[Notice]) -> Iterator[Score]:
        there = [column for column in self.scores if column.at in cells]
        if there and state in _UNSCORED:
            said.append(SCORE_OF_NOTHING)
            return
        found = [(column, score_of(cells[column.at], column.full)) for column in there]
        if any(score is None for _, score in found):
            said.append(SCORE_NOT_LOADED)
        for column, score in found:
            if score is not None:
                yield Score(column.dimension, *score)


def _scored(columns: Sequence[Column]) -> Iterator[_Scored]:
    """Name what each column scores: below a group by itself, unless another is called the same."""
    short = {column.index: dimension_of(parted(column.heading)[1]) for column in columns}
    often = Counter(short.values())
    met: Counter[str] = Counter()
    for column in columns:
        dimension = short[column.index]
        if often[dimension] > 1 or not dimension:
            dimension = dimension_of(column.label)
        met[dimension] += 1
        if met[dimension] > 1:
            dimension = f"{dimension[:50]} #{column.index + 1}"
        full = FULL_MARKS[column.field] if column.field else None
        yield _Scored(column.index, dimension, Decimal(full) if full else full_marks(column.heading))
