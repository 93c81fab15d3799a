"""Which kind of list a file is, by its headings and values, with how sure that is; under the line a person is asked.

A list that reads as one of interviews is one: only what would have been refused, and what speaks of cancellations in
every row, is looked at as another kind.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from raincheck.migration import refusals
from raincheck.migration.columns.contents import look
from raincheck.migration.columns.guesses import guess
from raincheck.migration.columns.headings import candidates
from raincheck.migration.columns.mapping import LOOKED_AT, SAMPLED, ColumnMap, find_mapping
from raincheck.migration.fields import Field
from raincheck.migration.files.cells import Row, is_blank, text_of
from raincheck.migration.files.merges import told
from raincheck.migration.files.source import Table
from raincheck.migration.kinds.names import KIND_WORDS, Kind
from raincheck.migration.kinds.speech import is_of_cancellations, names_cancelling
from raincheck.migration.kinds.stages import STAGES
from raincheck.migration.profiles.reading import Profile
from raincheck.migration.saying import Said, together
from raincheck.migration.values.meanings import meaning
from raincheck.migration.words import Words

#: From here on the kind counts; from there on it is asked about.
SURE, ASK = 0.75, 0.5
First = Sequence[tuple[int, Row]]
_REACHED = (Field.PHONE, Field.EMAIL, Field.ID_NUMBER, Field.CANDIDATE_ID)
#: What only interviews have; a bare 日期 or `date` is no such thing.
_OF_INTERVIEWS = (Field.START, Field.END, Field.DEADLINE, Field.ATTENDED, Field.TIME)
#: What a list of cancellations tells of each.
_TELLING = (Field.CANCELLED_AT, Field.CANCELLED_BY, Field.REASON, Field.REASON_NOTE, Field.OUTCOME)
_MOSTLY, _SOME = 0.9, 0.8
_TWICE = 2


def find_kind(
    table: Table, *, said: Said, kind: Kind | None = None, source: Profile | None = None
) -> ColumnMap:
    """Return the file's columns, mapped as those of its kind. `kind` is what a person says it is, `source` from where.

    Raises NoRows, MissingColumns, TwoColumns, WrongMap, NotSure, KindNotSure, NotFromThere.
    """
    first = list(islice(table.rows(), SAMPLED))
    if source is not None:
        return _from(source, first, said, kind)
    if kind is not None:
        return find_mapping(first, said=said, kind=kind)
    try:
        mapped = find_mapping(first, said=said)
    except refusals.EmptyFile:
        raise
    except refusals.Refused as refusal:
        return _another(first, said, refusal)
    return _unless_of_cancellations(mapped, first, said)


def _unless_of_cancellations(mapped: ColumnMap, first: First, said: Said) -> ColumnMap:
    """Return what reads as interviews as cancellations, where that is what its rows tell of.

    Raises NotSure: read as interviews, what it asks about would be left aside.
    """
    if mapped.column(Field.STATUS) or mapped.column(Field.ATTENDED):
        return mapped
    try:
        read, question = _read_as(Kind.CANCELLATIONS, first, said)
    except refusals.Refused:
        return mapped
    if not speaks_of_cancellations(mapped, read, first):
        return mapped
    if question is not None:
        raise question
    return read


def _from(source: Profile, first: First, said: Said, kind: Kind | None) -> ColumnMap:
    """Map by a system's own names: as the kind of which most are there and nothing needed is missing."""
    rows = [(number, row) for number, row in first if not is_blank(row)][:LOOKED_AT]
    options = [
        (pairs, one)
        for heading in candidates(rows)
        for one in ((kind,) if kind else source.kinds)
        if (pairs := source.said(one, heading.texts))
    ]
    refusal: refusals.Refused = refusals.NotFromThere(name=source.name)
    for pairs, one in sorted(options, key=lambda option: -len(option[0])):
        try:
            mapped = find_mapping(first, said=together(pairs, said), kind=one)
        except refusals.Refused as error:
            refusal = refusal if isinstance(refusal, refusals.OpenQuestion) else error
            continue
        return told_by(source, mapped, pairs, said)
    raise refusal


def told_by(source: Profile, mapped: ColumnMap, pairs: Said, said: Said) -> ColumnMap:
    """Say of each column that the profile knows that it does."""
    why = Words(f"{source.name} 的字段名", f"{source.name}'s name for it")
    by_person = {field for _, field in said}
    known = {number for number, field in pairs if field not in by_person}
    columns = (
        replace(column, why=why) if f"#{column.index + 1}" in known and column.field else column
        for column in mapped.columns
    )
    return replace(mapped, columns=tuple(columns))


def _another(first: First, said: Said, refusal: refusals.Refused) -> ColumnMap:
    """Return it as the one other kind that it surely is.

    Raises NotSure of that kind's columns, the refusal as interviews, or KindNotSure.
    """
    found = sorted(_readings(first, said), key=lambda one: -one[0])
    sure = [one for one in found if one[0] >= SURE]
    if len(sure) == 1 or (sure and found[0][0] > found[1][0]):
        _, mapped, question = sure[0]
        if question is not None:
            raise question
        return mapped
    asked = [mapped.kind for sureness, mapped, _ in found if sureness >= ASK]
    if asked and isinstance(refusal, refusals.MissingColumns):
        raise refusals.KindNotSure(
            kinds_zh="或".join(KIND_WORDS[kind].zh for kind in asked),
            kinds_en=" or ".join(KIND_WORDS[kind].en for kind in asked),
            options=" / ".join(f"--kind {kind}" for kind in asked),
        ) from None
    raise refusal


#: How surely a file is of a kind, its columns as those of that kind, and what is asked about them, if anything is.
_Reading = tuple[float, ColumnMap, refusals.NotSure | None]


def _readings(first: First, said: Said) -> Iterator[_Reading]:
    for kind, sureness in _SURENESS.items():
        try:
            mapped, question = _read_as(kind, first, said)
        except refusals.Refused:
            continue
        how_sure = sureness(mapped, first)
        if how_sure >= ASK:
            yield how_sure, mapped, question


def _read_as(kind: Kind, first: First, said: Said) -> tuple[ColumnMap, refusals.NotSure | None]:
    """Return the columns as those of a kind; where some are asked about, as what they may be, with the question."""
    try:
        return find_mapping(first, said=said, kind=kind), None
    except refusals.NotSure as question:
        return find_mapping(first, said=[*said, *question.pairs], kind=kind), question


def speaks_of_cancellations(mapped: ColumnMap, read: ColumnMap, first: First) -> bool:
    """Say whether every row of what reads as interviews without a state tells of a cancellation.

    `read` is the same as a list of cancellations. A reason alone may be why an interview was put off, and when somebody
    applied and with what result is told by lists of interviews, too: some heading must name the cancelling.
    """
    if any(is_of_cancellations(column.heading) for column in mapped.columns):
        return True
    return _names_it(read) and _plainly(read, first) and _told(read, first) >= _TWICE


def _names_it(mapped: ColumnMap) -> bool:
    """Say whether the heading of something that is told of cancellations says that it is of one."""
    return any(column.field in _TELLING and names_cancelling(column.heading) for column in mapped.columns)


def _plainly(mapped: ColumnMap, first: First) -> bool:
    """Say whether rows tell when or by whom something was cancelled."""
    return any(_filled(mapped, known, first) >= _MOSTLY for known in (Field.CANCELLED_AT, Field.CANCELLED_BY))


def _told(mapped: ColumnMap, first: First) -> int:
    return sum(_filled(mapped, known, first) >= _MOSTLY for known in _TELLING)


def _of_candidates(mapped: ColumnMap, first: First) -> float:
    if _has_other_than(mapped, first, Field.POSITION):
        return 0.0
    reached = sum(_filled(mapped, known, first) > 0 for known in _REACHED)
    named = mapped.column(Field.SCHOOL) or mapped.column(Field.HEADLINE)
    sureness = min(0.95, 0.65 + 0.15 * reached) if reached else 0.5 if named else 0.0
    # Somebody who has applied is one, but the list may well be of what they applied for.
    return min(sureness, 0.7) if Field.APPLIED_AT in _generally(mapped, first) else sureness


def _of_applications(mapped: ColumnMap, first: First) -> float:
    if _has_other_than(mapped, first):
        return 0.0
    column = mapped.column(Field.STAGE)
    known = 0.0
    if column is not None:
        values = [text for text in _values(mapped, Field.STAGE, first) if text]
        known = sum(meaning(text, STAGES) is not None for text in values) / len(values) if values else 0.0
    if mapped.column(Field.APPLIED_AT) or known >= _SOME:
        return 0.9
    return 0.6


def _of_positions(mapped: ColumnMap, first: First) -> float:
    persons = {Field.NAME, Field.FIRST_NAME, Field.PHONE, Field.EMAIL, Field.ID_NUMBER, Field.CANDIDATE_ID}
    if persons & _generally(mapped, first):
        return 0.0
    told = (Field.POSITION_STATE, Field.OWNER, Field.DEPARTMENT)
    return min(0.95, 0.55 + 0.25 * sum(mapped.column(known) is not None for known in told))


def _of_cancellations(mapped: ColumnMap, first: First) -> float:
    told = _told(mapped, first)
    sureness = min(0.95, 0.5 + 0.2 * told) if told else 0.0
    alone = any(is_of_cancellations(column.heading) for column in mapped.columns)
    return sureness if alone or (_names_it(mapped) and _plainly(mapped, first)) else min(sureness, 0.7)


_SURENESS: dict[Kind, Callable[[ColumnMap, First], float]] = {
    Kind.CANDIDATES: _of_candidates,
    Kind.APPLICATIONS: _of_applications,
    Kind.POSITIONS: _of_positions,
    Kind.CANCELLATIONS: _of_cancellations,
}


def _has_other_than(mapped: ColumnMap, first: First, *more: Field) -> bool:
    return bool({*_OF_INTERVIEWS, *more} & _generally(mapped, first))


def _generally(mapped: ColumnMap, first: First) -> set[Field]:
    """Return what the columns would be in a list of interviews, also where that isn't sure."""
    below = _below(mapped, first)
    found = (
        guess(column.heading, look(row[column.index] for row in below if column.index < len(row)))
        for column in mapped.columns
        # What somebody is now is no position that they are wanted for.
        if column.heading.strip() and column.field is not Field.HEADLINE
    )
    return {one.field for one in found if one}


def _below(mapped: ColumnMap, first: First) -> list[Row]:
    below = mapped.heading_row
    return [told(row, below=below) for number, row in first if number > below and not is_blank(row)]


def _values(mapped: ColumnMap, known: Field, first: First) -> list[str]:
    column = mapped.column(known)
    if column is None:
        return []
    return [text_of(row[column.index]) if column.index < len(row) else "" for row in _below(mapped, first)]


def _filled(mapped: ColumnMap, known: Field, first: First) -> float:
    """Return the share of rows that say something of a field; 0 without its column."""
    values = _values(mapped, known, first)
    return sum(map(bool, values)) / len(values) if values else 0.0
