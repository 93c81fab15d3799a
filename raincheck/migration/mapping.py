"""Which column is what: by known headings, Chinese or English, or as `--map` says; always with the why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from raincheck.migration import refusals
from raincheck.migration.cells import Row, is_blank, plain, text_of
from raincheck.migration.dates import Moment, read_moment
from raincheck.migration.fields import KNOWN, WORDS, Field, key_of, without_brackets
from raincheck.migration.words import Words, letter

#: How far down the heading row may stand below titles and notes.
LOOKED_AT = 10
UNUSED = Words("未用于字段，随原始行加密保存", "no field; kept sealed with the row")
_BY_DATE = ("日期", "date", "day")


@dataclass(frozen=True)
class Column:
    """One column: where it stands, what its heading says, what it is taken for and why."""

    index: int
    heading: str
    field: Field | None
    why: Words
    rank: int = 0

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

    def column(self, field: Field) -> Column | None:
        """Return the column a field is read from."""
        return next((column for column in self.columns if column.field is field), None)

    def missing(self) -> list[Words]:
        """Return what every interview needs and no column has."""
        has = {column.field for column in self.columns}
        named = has & {Field.NAME, Field.NAME_AND_ID} or {Field.FIRST_NAME, Field.LAST_NAME} <= has
        wanted = {
            Field.NAME: bool(named),
            Field.POSITION: Field.POSITION in has,
            Field.START: Field.START in has,
        }
        return [WORDS[field] for field, there in wanted.items() if not there]


def find_mapping(rows: Iterable[tuple[int, Row]], *, said: Sequence[tuple[str, str]]) -> ColumnMap:
    """Find the heading row among the first rows and map its columns; `said` is what `--map` says.

    Raises NoRows, MissingColumns, TwoColumns, WrongMap.
    """
    looked_at = islice(rows, LOOKED_AT * 5)
    first = [(number, row) for number, row in looked_at if not is_blank(row)][:LOOKED_AT]
    if not first:
        raise refusals.EmptyFile
    tried = []
    for number, row in first:
        try:
            found = map_columns([text_of(cell) for cell in row], number, said=said)
        except refusals.WrongMap as error:
            tried.append(error)
            continue
        if not found.missing():
            return found
    if tried and len(tried) == len(first):
        raise tried[0]
    best = max((map_columns([text_of(c) for c in row], n, said=()) for n, row in first), key=_mapped)
    raise _missing(best, first[0][1])


def map_columns(headings: Sequence[str], number: int, *, said: Sequence[tuple[str, str]]) -> ColumnMap:
    """Map one row of headings. Raises TwoColumns, WrongMap."""
    columns = [_guess(index, heading) for index, heading in enumerate(headings)]
    chosen = _said(columns, said)
    columns = [chosen.get(column.index) or _unless_taken(column, chosen) for column in columns]
    columns = _date_beside_time(columns)
    return ColumnMap(tuple(_one_each(columns)), number)


def _guess(index: int, heading: str) -> Column:
    for text, zh, en in (
        (heading, "标题写法略有不同", "known but for case, blanks or punctuation"),
        (without_brackets(heading), "去掉括号后是已知标题", "known without its brackets"),
    ):
        known = KNOWN.get(key_of(text))
        if known:
            field, rank, spelling = known
            exact = plain(heading).casefold() == spelling.casefold()
            why = (
                Words("已知标题", "a known heading")
                if exact
                else Words(f"{zh}：{spelling}", f"{en}: {spelling}")
            )
            return Column(index, heading, field, why, rank)
    return Column(index, heading, None, UNUSED)


def _said(columns: Sequence[Column], said: Sequence[tuple[str, str]]) -> dict[int, Column]:
    chosen: dict[int, Column] = {}
    for name, wanted in said:
        found = _named(columns, name)
        if wanted not in {*Field, "-"}:
            fields = ", ".join(Field)
            raise refusals.WrongMap(
                said=f"{name}={wanted}",
                why_zh=f"字段只能是 {fields} 或 -",
                why_en=f"a field is one of {fields}, or -",
            )
        field = None if wanted == "-" else Field(wanted)
        chosen[found.index] = replace(
            found, field=field, why=Words("由 --map 指定", "as --map says"), rank=-1
        )
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
    taken = column.field and any(other.field is column.field for other in chosen.values())
    return replace(column, field=None, why=UNUSED) if taken else column


def _date_beside_time(columns: Sequence[Column]) -> list[Column]:
    """面试日期 beside 面试时间 means a day and a time of day; 时间 alone means the whole moment."""
    starts = [column for column in columns if column.field is Field.START]
    times = [column for column in columns if column.field is Field.TIME]
    why = Words("另有日期列，此列只作时刻", "another column holds the date, so this one is the time of day")
    swapped: dict[int, Column] = {}
    if len(starts) > 1 and not times:
        dated = [column for column in starts if any(word in key_of(column.heading) for word in _BY_DATE)]
        timed = [
            c for c in starts if c not in dated and any(w in key_of(c.heading) for w in ("时间", "time"))
        ]
        if len(dated) == 1 and timed:
            best = min(timed, key=lambda column: column.rank)
            swapped[best.index] = replace(best, field=Field.TIME, why=why)
    elif not starts and len(times) == 1:
        only = Words("唯一的时间列", "the only column of time")
        swapped[times[0].index] = replace(times[0], field=Field.START, why=only)
    return [swapped.get(column.index, column) for column in columns]


def _one_each(columns: Sequence[Column]) -> list[Column]:
    """Leave each field one column, the best known heading. Raises TwoColumns where two are as good."""
    kept = []
    for column in columns:
        rivals = [other for other in columns if column.field and other.field is column.field]
        best = min((other.rank for other in rivals), default=0)
        ties = [other for other in rivals if other.rank == best]
        if len(ties) > 1 and column.field:
            where = ", ".join(f"#{other.index + 1} “{other.heading.strip()}”" for other in ties)
            raise refusals.TwoColumns(columns=where, field=column.field)
        if rivals and column.rank != best:
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
