"""Which column is what: by its heading, Chinese or English, and its values, or as a person says; with the why.

Known headings come first, then headings understood by their words or but for a slip of the keys, then values alone.
Where that isn't sure enough, a person is asked (`NotSure`); nothing is guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from raincheck.migration import refusals
from raincheck.migration.columns.contents import Sight, look
from raincheck.migration.columns.guesses import guess
from raincheck.migration.columns.headings import Heading, candidates
from raincheck.migration.columns.sureness import ASK, SURE, Guess
from raincheck.migration.fields import REPEATED, WORDS, Field, key_of
from raincheck.migration.files.cells import Row, is_blank, plain
from raincheck.migration.files.merges import told
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.speech import SPEECHES
from raincheck.migration.values.dates import Moment, read_moment
from raincheck.migration.words import Words, letter

#: How far down the heading row may stand below titles and notes.
LOOKED_AT = 10
#: Rows from the beginning whose values are looked at.
SAMPLED = 300
UNUSED = Words("未用于字段，随原始行加密保存", "no field; kept sealed with the row")
_BY_DATE = ("日期", "date", "day")
_BY_TIME = ("时间", "时段", "time", "slot")
#: Headings that don't say whose or of what they are: beside one that does they may be an interviewer's name, or the
#: day the row was written.
_BARE = frozenset(
    map(
        key_of,
        ["日期", "日期时间", "date", "day", "datetime", "date time", "姓名", "名字", "name", "full name"],
    )
)
#: Two columns so near in sureness are both as good.
_AS_SURE = 0.08
SAID = Words("由人指定", "as a person said")


@dataclass(frozen=True)
class Column:
    """One column: where it stands, what its heading says, what it is taken for and why."""

    index: int
    heading: str
    field: Field | None
    why: Words
    rank: int = 0
    confidence: float = 1.0
    perhaps: Guess | None = None

    @property
    def label(self) -> str:
        """Name the column for people: its heading, else its letter."""
        return self.heading or letter(self.index)

    @property
    def key(self) -> str:
        """Name the column in a row's fingerprint."""
        return plain(self.heading) or f"#{self.index + 1}"


@dataclass(frozen=True)
class ColumnMap:
    """All columns, and the number of the row the headings stand in."""

    columns: tuple[Column, ...]
    heading_row: int
    kind: Kind = Kind.INTERVIEWS

    def column(self, field: Field) -> Column | None:
        """Return the column a field is read from."""
        return next((column for column in self.columns if column.field is field), None)

    def missing(self) -> list[Words]:
        """Return what every row of the kind needs and no column has."""
        has = {column.field for column in self.columns}
        if has & {Field.NAME_AND_ID} or {Field.FIRST_NAME, Field.LAST_NAME} <= has:
            has.add(Field.NAME)
        return [WORDS[field] for field in SPEECHES[self.kind].needed if field not in has]


def find_mapping(
    rows: Iterable[tuple[int, Row]], *, said: Sequence[tuple[str, str]], kind: Kind = Kind.INTERVIEWS
) -> ColumnMap:
    """Find the headings among the first rows and map their columns; `said` is what `--map` says.

    Raises NoRows, MissingColumns, TwoColumns, WrongMap, NotSure.
    """
    first = [(number, row) for number, row in islice(rows, SAMPLED) if not is_blank(row)]
    if not first:
        raise refusals.EmptyFile
    tried: list[refusals.WrongMap] = []
    found: list[ColumnMap] = []
    for heading in _likelier_first(candidates(first[:LOOKED_AT]), first, said, kind):
        below = _below(heading, first)
        try:
            mapped = map_columns(heading.texts, heading.number, said=said, below=below, kind=kind)
        except refusals.WrongMap as error:
            tried.append(error)
            continue
        if _is_heading(mapped) and not mapped.missing():
            return _sure(mapped)
        found.append(mapped)
    if tried and not found:
        raise tried[0]
    asked = [one for one in found if _is_heading(one) and not _missing_even_perhaps(one)]
    if asked:
        return _sure(asked[0])
    raise _missing(max(found, key=_mapped), first[0][1])


def _below(heading: Heading, first: Sequence[tuple[int, Row]]) -> list[Row]:
    return [told(row, below=heading.number) for number, row in first if number > heading.number]


def _likelier_first(
    found: Iterable[Heading],
    first: Sequence[tuple[int, Row]],
    said: Sequence[tuple[str, str]],
    kind: Kind,
) -> list[Heading]:
    """Order the readings where columns are said by number: then a title above the headings does as well as they do."""
    by_name = [(name, field) for name, field in said if not name.startswith("#")]
    if len(by_name) == len(said):
        return list(found)

    def doubt(heading: Heading) -> int:
        below = _below(heading, first)
        try:
            mapped = map_columns(heading.texts, heading.number, said=by_name, below=below, kind=kind)
        except refusals.WrongMap:
            return 2
        except refusals.TwoColumns:
            # Two are known there, of which a number says the one.
            return 1
        if not _is_heading(mapped) or _missing_even_perhaps(mapped):
            return 2
        return 1 if mapped.missing() else 0

    return sorted(found, key=doubt)


def map_columns(
    headings: Sequence[str],
    number: int,
    *,
    said: Sequence[tuple[str, str]],
    below: Sequence[Row] = (),
    kind: Kind = Kind.INTERVIEWS,
) -> ColumnMap:
    """Map one row of headings by them and the rows below. Raises TwoColumns, WrongMap."""
    sights = [look(row[index] for row in below if index < len(row)) for index in range(len(headings))]
    columns = [
        _column(index, heading, sight, kind)
        for index, (heading, sight) in enumerate(zip(headings, sights, strict=True))
    ]
    chosen = _said(columns, said, kind)
    columns = [chosen.get(column.index) or _unless_taken(column, chosen) for column in columns]
    columns = _date_beside_time(columns, sights)
    return ColumnMap(tuple(_one_each(columns)), number, kind)


def _column(index: int, heading: str, sight: Sight, kind: Kind) -> Column:
    best = guess(heading, sight, SPEECHES[kind])
    if best is None:
        return Column(index, heading, None, UNUSED)
    if best.confidence < SURE:
        return Column(index, heading, None, UNUSED, perhaps=best if best.confidence >= ASK else None)
    return Column(index, heading, best.field, best.why, best.rank, best.confidence)


def _is_heading(mapped: ColumnMap) -> bool:
    """Say whether somebody's words stand there: a row of data is no heading, however plain its values are."""
    return any(column.field and column.heading.strip() for column in mapped.columns)


def _sure(mapped: ColumnMap) -> ColumnMap:
    """Return the mapping if no column is left that may be a field nothing else gives. Raises NotSure."""
    has = {column.field for column in mapped.columns} - REPEATED
    asked = [column for column in mapped.columns if column.perhaps and column.perhaps.field not in has]
    missing = mapped.missing()
    if not asked and not missing:
        return mapped
    raise not_sure(asked, missing, mapped.kind)


def not_sure(asked: Sequence[Column], missing: Sequence[Words], kind: Kind) -> refusals.NotSure:
    """Return the question a person is asked about these columns."""
    lines = [(c, c.perhaps) for c in asked if c.perhaps]
    return refusals.NotSure(
        columns_zh="；".join(
            f"#{c.index + 1} “{c.label.strip()[:40]}”可能是{WORDS[p.field].zh}（{p.confidence:.0%}，{p.why.zh}）"
            for c, p in lines
        ),
        columns_en="; ".join(
            f"#{c.index + 1} “{c.label.strip()[:40]}” may be {WORDS[p.field].en} ({p.confidence:.0%}, {p.why.en})"
            for c, p in lines
        ),
        maps=" ".join(f"--map '#{c.index + 1}={p.field}'" for c, p in lines),
        number=lines[0][0].index + 1 if lines else 1,
        kind=kind,
        pairs=tuple((f"#{c.index + 1}", str(p.field)) for c, p in lines),
    )


def _missing_even_perhaps(mapped: ColumnMap) -> bool:
    """Say whether something every interview needs has no column that even may be it."""
    has = {column.field for column in mapped.columns}
    perhaps = tuple(
        replace(column, field=column.perhaps.field)
        if column.perhaps and column.perhaps.field not in has
        else column
        for column in mapped.columns
    )
    return bool(replace(mapped, columns=perhaps).missing())


def _said(columns: Sequence[Column], said: Sequence[tuple[str, str]], kind: Kind) -> dict[int, Column]:
    chosen: dict[int, Column] = {}
    known = [known for known in Field if known in SPEECHES[kind].fields]
    for name, wanted in said:
        found = _named(columns, name)
        if wanted not in {*known, "-"}:
            fields = ", ".join(known)
            raise refusals.WrongMap(
                said=f"{name}={wanted}",
                why_zh=f"字段只能是 {fields} 或 -",
                why_en=f"a field is one of {fields}, or -",
            )
        field = None if wanted == "-" else Field(wanted)
        chosen[found.index] = replace(found, field=field, why=SAID, rank=-1, confidence=1.0, perhaps=None)
    return chosen


def _named(columns: Sequence[Column], name: str) -> Column:
    number = name[1:] if name.startswith("#") else ""
    found = [
        c for c in columns if str(c.index + 1) == number or (not number and plain(c.heading) == plain(name))
    ]
    if len(found) != 1:
        zh, en = (
            ("没有这一列", "there is no such column")
            if not found
            else ("有多列同名，请用 #列号", "several columns bear that name; use #number")
        )
        raise refusals.WrongMap(said=name, why_zh=zh, why_en=en)
    return found[0]


def _unless_taken(column: Column, chosen: Mapping[int, Column]) -> Column:
    alone = column.field and column.field not in REPEATED
    taken = alone and any(other.field is column.field for other in chosen.values())
    return replace(column, field=None, why=UNUSED) if taken else column


def _date_beside_time(columns: Sequence[Column], sights: Sequence[Sight]) -> list[Column]:
    """面试日期 beside 面试时间 means a day and a time of day; 时间 alone means the whole moment.

    A column of times of day alone is one whatever its heading, and one of whole moments needs no date beside it.
    """
    starts = [column for column in columns if column.field is Field.START]
    times = [column for column in columns if column.field is Field.TIME]
    why = Words("另有日期列，此列只作时刻", "another column holds the date, so this one is the time of day")
    swapped: dict[int, Column] = {}
    if len(starts) > 1 and not times:
        timed = [column for column in starts if sights[column.index].clocks] or [
            column for column in _timed(starts) if sights[column.index].plainly != "moment"
        ]
        if timed and len(timed) < len(starts):
            best = min(timed, key=lambda column: column.rank)
            swapped[best.index] = replace(best, field=Field.TIME, why=why)
    elif not starts and len(times) == 1:
        only = Words("唯一的时间列", "the only column of time")
        swapped[times[0].index] = replace(times[0], field=Field.START, why=only)
    return [swapped.get(column.index, column) for column in columns]


def _timed(starts: Sequence[Column]) -> list[Column]:
    """Return those that are named for a time where one alone is named for a date."""
    dated = [column for column in starts if _speaks(column, _BY_DATE)]
    if len(dated) != 1:
        return []
    return [column for column in starts if column not in dated and _speaks(column, _BY_TIME)]


def _speaks(column: Column, words: Iterable[str]) -> bool:
    return any(word in key_of(column.heading) for word in words)


def _one_each(columns: Sequence[Column]) -> list[Column]:
    """Leave each field one column, the best known heading. Raises TwoColumns where two are as good.

    Interviewers and scores may stand in several.
    """
    kept = []
    for column in columns:
        if column.field in REPEATED:
            kept.append(column)
            continue
        rivals = [other for other in columns if column.field and other.field is column.field]
        best = min((other.rank for other in rivals), default=0)
        ties = [other for other in rivals if other.rank == best]
        # Between headings that aren't known, the surer one.
        top = max((other.confidence for other in ties), default=0.0)
        ties = [other for other in ties if other.confidence > top - _AS_SURE]
        if any(key_of(other.heading) in _BARE for other in ties):
            ties = rivals
        if len(ties) > 1 and column.field:
            where = ", ".join(f"#{other.index + 1} “{other.heading.strip()}”" for other in ties)
            raise refusals.TwoColumns(columns=where, field=column.field)
        if rivals and column not in ties:
            by = ties[0].label.strip()
            why = Words(
                f"“{by}”更适合作该字段；此列随原始行加密保存",
                f"“{by}” fits the field better; kept sealed with the row",
            )
            kept.append(replace(column, field=None, why=why))
        else:
            kept.append(column)
    return kept


def _mapped(mapping: ColumnMap) -> int:
    return sum(column.field is not None for column in mapping.columns)


def _missing(best: ColumnMap, first: Row) -> refusals.MissingColumns:
    hint = Words("", "")
    if any(isinstance(read_moment(cell), Moment) for cell in first):
        hint = Words(
            "第一行像是数据而不是标题：请补上标题行。",
            "The first row looks like data, not headings: add a heading row.",
        )
        found = Words("（无）", "(none)")
    else:
        names = ", ".join(
            f"“{column.heading.strip()[:40]}”" for column in best.columns if column.heading.strip()
        )
        found = Words(names or "（无）", names or "(none)")
    missing = best.missing()
    return refusals.MissingColumns(
        missing_zh="、".join(words.zh for words in missing),
        missing_en=", ".join(words.en for words in missing),
        found=found.zh,
        hint_zh=hint.zh,
        hint_en=hint.en,
    )
