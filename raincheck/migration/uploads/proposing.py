"""What the columns of a file seem to be, how surely and why, with some of their values: for a person to judge.

Nothing is refused here. Where the import would ask, the column asks; samples that may be contacts are hidden already.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from raincheck.migration import refusals
from raincheck.migration.cells import Row, is_blank, plain, text_of
from raincheck.migration.contents import look
from raincheck.migration.fields import Field
from raincheck.migration.guesses import Guess, guess
from raincheck.migration.headings import Heading, candidates
from raincheck.migration.mapping import LOOKED_AT, SAMPLED, Column, ColumnMap, map_columns
from raincheck.migration.masking import shown
from raincheck.migration.saying import Said
from raincheck.migration.source import Table
from raincheck.migration.words import Words

#: Values shown of a column, and characters of each.
SAMPLES, LONGEST = 3, 40
_ALIKE = Words("有多列同样符合", "several columns fit as well")


@dataclass(frozen=True)
class Proposed:
    """One column; `field` is what it is taken for, `perhaps` what a person is asked whether it is."""

    index: int
    heading: str
    field: str
    perhaps: str
    confidence: float
    why: Words
    samples: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "why": [self.why.zh, self.why.en], "samples": list(self.samples)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Proposed":
        """Return what `as_json` gave."""
        return cls(**{**values, "why": Words(*values["why"]), "samples": tuple(values["samples"])})


def propose(table: Table, *, said: Said = ()) -> list[Proposed]:
    """Look at the beginning of a file. Raises EmptyFile, NoRows, TooWide and the refusals of its kind of file."""
    first = [(number, row) for number, row in islice(table.rows(), SAMPLED) if not is_blank(row)]
    if not first:
        raise refusals.EmptyFile
    best = _best(first, said)
    below = [row for number, row in first if number > best.heading_row]
    if not below:
        raise refusals.NoRows
    return [_proposed(column, best, below) for column in best.columns]


def _best(first: Sequence[tuple[int, Row]], said: Said) -> ColumnMap:
    """Return the first reading of the headings in which nothing is missing, else the one that knows most columns."""
    tried = []
    for heading in candidates(first[:LOOKED_AT]):
        mapped = _mapped(heading, first, said)
        if not _with_guesses(mapped).missing():
            return mapped
        tried.append(mapped)
    return max(tried, key=_named)


def _mapped(heading: Heading, first: Sequence[tuple[int, Row]], said: Said) -> ColumnMap:
    """Map one row of headings; of columns that fit one field alike none is taken, and all are asked about."""
    below = [row for number, row in first if number > heading.number]
    told = [pair for pair in said if _names_one(heading, pair[0])]
    asked: dict[int, Guess] = {}
    while True:
        try:
            mapped = map_columns(heading.texts, heading.number, said=told, below=below)
        except refusals.TwoColumns as error:
            alike = {
                index: one
                for index, one in _guesses(heading, below).items()
                if index not in asked and _claims(one.field, str(error.facts["field"]))
            }
            if not alike:
                raise
            asked |= alike
            told += [(f"#{index + 1}", "-") for index in alike]
        else:
            columns = [
                replace(column, perhaps=replace(asked[column.index], why=_ALIKE))
                if column.index in asked
                else column
                for column in mapped.columns
            ]
            return ColumnMap(tuple(columns), mapped.heading_row)


def _guesses(heading: Heading, below: Sequence[Row]) -> dict[int, Guess]:
    found = {
        index: guess(text, look(row[index] for row in below if index < len(row)))
        for index, text in enumerate(heading.texts)
    }
    return {index: one for index, one in found.items() if one is not None}


def _claims(guessed: Field, field: str) -> bool:
    moments = {Field.START, Field.TIME}
    return guessed == field or (guessed in moments and field in moments)


def _names_one(heading: Heading, name: str) -> bool:
    return sum(plain(text) == plain(name) for text in heading.texts) == 1


def _with_guesses(mapped: ColumnMap) -> ColumnMap:
    """Return the mapping with every column taken for what it perhaps is."""
    columns = [
        replace(column, field=column.perhaps.field) if column.perhaps else column for column in mapped.columns
    ]
    return ColumnMap(tuple(columns), mapped.heading_row)


def _named(mapped: ColumnMap) -> int:
    return sum(bool(column.field and column.heading.strip()) for column in mapped.columns)


def _proposed(column: Column, mapped: ColumnMap, below: Sequence[Row]) -> Proposed:
    taken = {other.field for other in mapped.columns}
    perhaps = column.perhaps if column.perhaps and column.perhaps.field not in taken else None
    field = column.field or (perhaps.field if perhaps else None)
    return Proposed(
        index=column.index,
        heading=" ".join(column.heading.split())[:200],
        field=str(column.field or ""),
        perhaps=str(perhaps.field) if perhaps else "",
        confidence=round(perhaps.confidence if perhaps else column.confidence if column.field else 0.0, 2),
        why=perhaps.why if perhaps else column.why,
        samples=tuple(islice(_samples(column.index, field, below), SAMPLES)),
    )


def _samples(index: int, field: Field | None, below: Sequence[Row]) -> Iterator[str]:
    met: set[str] = set()
    for row in below:
        text = text_of(row[index]) if index < len(row) else ""
        if text and text not in met:
            met.add(text)
            yield shown(field, text)[:LONGEST]
