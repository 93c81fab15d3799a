"""What a file and its columns seem to be, how surely and why, with some of their values: for a person to judge.

Nothing is refused here. Where the import would ask, the column asks; samples that may be contacts are hidden already.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from raincheck.migration import refusals
from raincheck.migration.columns.contents import look
from raincheck.migration.columns.guesses import guess
from raincheck.migration.columns.headings import Heading, candidates
from raincheck.migration.columns.mapping import LOOKED_AT, SAMPLED, Column, ColumnMap, map_columns
from raincheck.migration.columns.masking import shown
from raincheck.migration.columns.sureness import Guess
from raincheck.migration.fields import REPEATED, Field
from raincheck.migration.files.cells import Row, is_blank, plain, text_of
from raincheck.migration.files.merges import told
from raincheck.migration.files.source import Table
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.recognising import find_kind, told_by
from raincheck.migration.kinds.speech import SPEECHES
from raincheck.migration.profiles.reading import Profile
from raincheck.migration.saying import UNSAID, Manner, Said, together
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


@dataclass(frozen=True)
class Proposal:
    """A file: what one row of it is, empty where that isn't sure; the code of the system it is read as; its columns.

    Of a file whose kind isn't sure the columns are only to be looked at: they are taken for those of interviews.
    `manner` is how values of files with the same headings were read, as far as it was said.
    """

    kind: Kind | None
    source: str
    columns: tuple[Proposed, ...]
    manner: Manner = UNSAID

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        columns = [one.as_json() for one in self.columns]
        return {
            "kind": self.kind or "",
            "source": self.source,
            "manner": asdict(self.manner),
            "columns": columns,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Proposal":
        """Return what `as_json` gave."""
        kind = Kind(values["kind"]) if values["kind"] else None
        columns = tuple(map(Proposed.from_json, values["columns"]))
        # What was proposed before all of a manner was remembered names the zone alone, if that.
        manner = values.get("manner") or {"timezone": values.get("timezone", "")}
        return cls(kind, values["source"], columns, Manner(**manner))


@dataclass(frozen=True)
class _Ear:
    """As what the headings are heard: of which kind, from which system, with what was said before."""

    kind: Kind
    source: Profile | None = None
    said: Said = ()

    def pairs(self, heading: Heading) -> Said:
        """Return what the system's own names say of these headings."""
        return self.source.said(self.kind, heading.texts) if self.source else ()

    def before(self, heading: Heading) -> Said:
        """Return what was said before of headings that stand here once."""
        return tuple(pair for pair in self.said if _names_one(heading, pair[0]))


def propose(
    table: Table, *, said: Said = (), kind: Kind | None = None, source: Profile | None = None
) -> Proposal:
    """Look at the beginning of a file; `kind` is what a person says that it is, `source` from where.

    Raises EmptyFile, NoRows, TooWide, NotFromThere and the refusals of its kind of file.
    """
    first = [(number, row) for number, row in islice(table.rows(), SAMPLED) if not is_blank(row)]
    if not first:
        raise refusals.EmptyFile
    kind = kind or _kind_of(table, first)
    best = _best(first, _Ear(kind or Kind.INTERVIEWS, source, said))
    below = [told(row, below=best.heading_row) for number, row in first if number > best.heading_row]
    if not below:
        raise refusals.NoRows
    columns = tuple(_proposed(column, best, below) for column in best.columns)
    return Proposal(kind, source.code if source else "", columns)


def _kind_of(table: Table, first: Sequence[tuple[int, Row]]) -> Kind | None:
    """Return what the rows surely are. Interviews that only ask about a column are interviews."""
    try:
        return find_kind(table, said=()).kind
    except refusals.NotSure as question:
        return Kind(question.kind)
    except refusals.Refused:
        best = _best(first, _Ear(Kind.INTERVIEWS))
        return None if _with_guesses(best).missing() else Kind.INTERVIEWS


def _best(first: Sequence[tuple[int, Row]], ear: _Ear) -> ColumnMap:
    """Return the first reading of the headings in which nothing is missing, else the one that knows most columns."""
    headings = list(candidates(first[:LOOKED_AT]))
    if ear.source and not any(ear.pairs(heading) for heading in headings):
        raise refusals.NotFromThere(name=ear.source.name)
    tried = []
    for heading in headings:
        mapped = _mapped(heading, first, ear)
        if not _with_guesses(mapped).missing():
            return mapped
        tried.append(mapped)
    return max(tried, key=_named)


def _mapped(heading: Heading, first: Sequence[tuple[int, Row]], ear: _Ear) -> ColumnMap:
    """Map one row of headings; of columns that fit one field alike none is taken, and all are asked about."""
    below = [told(row, below=heading.number) for number, row in first if number > heading.number]
    said = [*together(ear.pairs(heading), ear.before(heading))]
    asked: dict[int, Guess] = {}
    while True:
        try:
            mapped = map_columns(heading.texts, heading.number, said=said, below=below, kind=ear.kind)
        except refusals.TwoColumns as error:
            alike = {
                index: one
                for index, one in _guesses(heading, below, ear.kind).items()
                if index not in asked and _claims(one.field, str(error.facts["field"]))
            }
            if not alike:
                raise
            asked |= alike
            said += [(f"#{index + 1}", "-") for index in alike]
        else:
            return _asking(_known_there(mapped, heading, ear), asked)


def _known_there(mapped: ColumnMap, heading: Heading, ear: _Ear) -> ColumnMap:
    return told_by(ear.source, mapped, ear.pairs(heading), ear.before(heading)) if ear.source else mapped


def _asking(mapped: ColumnMap, asked: Mapping[int, Guess]) -> ColumnMap:
    columns = (
        replace(column, perhaps=replace(asked[column.index], why=_ALIKE)) if column.index in asked else column
        for column in mapped.columns
    )
    return replace(mapped, columns=tuple(columns))


def _guesses(heading: Heading, below: Sequence[Row], kind: Kind) -> dict[int, Guess]:
    found: dict[int, Guess] = {}
    for index, text in enumerate(heading.texts):
        sight = look(row[index] for row in below if index < len(row))
        one = guess(text, sight, SPEECHES[kind])
        if one is not None:
            timed = one.field is Field.START and sight.clocks
            found[index] = replace(one, field=Field.TIME) if timed else one
    return found


def _claims(guessed: Field, field: str) -> bool:
    moments = {Field.START, Field.TIME}
    return guessed == field or (guessed in moments and field in moments)


def _names_one(heading: Heading, name: str) -> bool:
    return sum(plain(text) == plain(name) for text in heading.texts) == 1


def _with_guesses(mapped: ColumnMap) -> ColumnMap:
    """Return the mapping with every column taken for what it perhaps is."""
    columns = (
        replace(column, field=column.perhaps.field) if column.perhaps else column for column in mapped.columns
    )
    return replace(mapped, columns=tuple(columns))


def _named(mapped: ColumnMap) -> int:
    return sum(bool(column.field and column.heading.strip()) for column in mapped.columns)


def _proposed(column: Column, mapped: ColumnMap, below: Sequence[Row]) -> Proposed:
    taken = {other.field for other in mapped.columns} - REPEATED
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
