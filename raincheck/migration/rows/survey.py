"""The first pass over the whole file: how many rows, in which order its dates are, what ought to be said aloud.

Nothing is kept of a row but counts and days, so memory doesn't grow with the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from raincheck.migration import refusals
from raincheck.migration.columns.mapping import ColumnMap
from raincheck.migration.fields import DATES, Field
from raincheck.migration.files.cells import Cell, Row, is_blank, text_of
from raincheck.migration.files.merges import told
from raincheck.migration.files.source import Table
from raincheck.migration.kinds.names import KIND_WORDS, Kind
from raincheck.migration.kinds.recognising import find_kind
from raincheck.migration.notices import Notices
from raincheck.migration.profiles.reading import Meant, Profile
from raincheck.migration.rows.closing import CLOSING, closing_of
from raincheck.migration.rows.joining import JOINED, Joined, joined
from raincheck.migration.values.date_order import (
    NAMES,
    ColumnDates,
    Doubt,
    FarDate,
    Order,
    as_before,
    doubts,
    far_dates,
    infer,
    share,
)
from raincheck.migration.values.dates import Moment, read_moment
from raincheck.migration.values.years import Years
from raincheck.migration.words import Words

#: Dates a warning names at most.
MOST_NAMED = 100


@dataclass(frozen=True)
class Wishes:
    """What the person said about the file: `--map`, `--date-order`, `--kind` and `--from`."""

    columns: tuple[tuple[str, str], ...] = ()
    date_order: str | None = None
    #: What was said of it for this source before: counts where the file proves none.
    order_before: str = ""
    kind: Kind | None = None
    source: Profile | None = None
    #: The year of days that are written without one, as said or as the file's weekdays prove it.
    year: int | None = None


@dataclass(frozen=True)
class Study:
    """A file understood: what its columns are, and how to read its dates. Ready to be loaded from.

    `midnights` are the columns of dates in which every time of day is 00:00 and stands for none.
    """

    table: Table
    mapping: ColumnMap
    orders: Mapping[Field, Order]
    midnights: frozenset[Field]
    rows_in: int
    notices: Notices = field(default_factory=Notices)
    #: Whether a person said of which kind it is.
    kind_said: bool = False
    #: The system it comes from, where a person said so.
    source: Profile | None = None
    #: The order of day and month that a person said, now or of this source before.
    order_said: str = ""
    #: The year of days that are written without one, if it is known.
    year: int | None = None
    #: How many rows close the list, such as totals, and aren't among those of data.
    closing: int = 0

    @property
    def words(self) -> Meant:
        """What the source's own words mean, by field."""
        return self.source.words.get(self.kind, {}) if self.source else {}

    @property
    def kind(self) -> Kind:
        """What one row of it is."""
        return self.mapping.kind

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield every row of data with its number, and what cells merged down say of it.

        Blank rows are passed over, and so are those that nothing but merged cells reaches into: they say nothing new.
        So are those that close the list (`closing.py`).
        """
        closes = closing_of(self.mapping)
        return ((number, row) for number, row in _data(self.table, self.mapping) if not closes(row))


@dataclass
class _Look:
    """What one reading of all rows teaches."""

    dates: dict[int, ColumnDates]
    years: Years = field(default_factory=Years)
    notices: Notices = field(default_factory=Notices)
    rows_in: int = 0
    closing: int = 0

    def through(self, table: Table, mapping: ColumnMap, year: int | None) -> None:
        """Read every row of a file; days without a year are of `year`, if it is known."""
        closes = closing_of(mapping)
        for number, row in _data(table, mapping):
            if closes(row):
                self.closing += 1
                self.notices.row(CLOSING, number)
                continue
            self.rows_in += 1
            if type(row) is Joined:
                self.notices.row(JOINED, number)
            for index, seen in self.dates.items():
                cell = row[index] if index < len(row) else ""
                moment = _moment(cell, date1904=table.date1904, year=year)
                if moment is not None:
                    seen.see(moment, row=number, text=text_of(cell))
                elif year is None:
                    self.years.see(cell)


def study(table: Table, wishes: Wishes) -> Study:
    """Read all of the file once. Raises Refused: NoRows, MissingColumns, TooManyRows, BrokenCsv, …."""
    table.check_length()
    mapping = find_kind(table, said=wishes.columns, kind=wishes.kind, source=wishes.source)
    columns = {column.index: column.field for column in mapping.columns if column.field in DATES}
    look = _Look({index: ColumnDates() for index in columns})
    look.through(table, mapping, wishes.year)
    if not look.rows_in:
        raise refusals.NoRows
    if look.years.proven:
        # Once more, for dates without a year taught nothing of their order.
        found = study(table, replace(wishes, year=look.years.proven))
        found.notices.say("year_proven", _proven(look.years.proven))
        return found
    inferred = share({index: infer(seen, said=wishes.date_order) for index, seen in look.dates.items()})
    inferred = as_before(inferred, wishes.order_before)
    found = Study(
        table,
        mapping,
        orders={known: inferred[index] for index, known in columns.items() if known},
        midnights=frozenset(
            known for index, known in columns.items() if known and look.dates[index].midnight_is_nothing
        ),
        rows_in=look.rows_in,
        notices=look.notices,
        kind_said=wishes.kind is not None,
        source=wishes.source,
        order_said=wishes.date_order or wishes.order_before,
        year=wishes.year,
        closing=look.closing,
    )
    _say_aloud(found, look.dates, inferred)
    return found


def _proven(year: int) -> Words:
    zh = f"没有写年份的日期按 {year} 年读取：所写的星期只与这一年相符（可用 --year 指明）"
    en = f"dates without a year are read as of {year}, the only one that their weekdays fit (say another with --year)"
    return Words(zh, en)


def _moment(cell: Cell, *, date1904: bool, year: int | None) -> Moment | None:
    """Read a cell; one that can't be teaches nothing, and its row is rejected when it is read for good."""
    try:
        found = read_moment(cell, date1904=date1904, year=year)
    except Exception:  # noqa: BLE001 (a bug that one value meets rejects its row, later; it mustn't refuse the file now)
        return None
    return found if isinstance(found, Moment) else None


def _data(table: Table, mapping: ColumnMap) -> Iterator[tuple[int, Row]]:
    return joined(_told(table, mapping), mapping)


def _told(table: Table, mapping: ColumnMap) -> Iterator[tuple[int, Row]]:
    for number, row in table.rows():
        if number > mapping.heading_row and not is_blank(row):
            yield number, told(row, below=mapping.heading_row)


def _say_aloud(found: Study, dates: Mapping[int, ColumnDates], orders: Mapping[int, Order]) -> None:
    for code, words in [*found.table.notes, *found.table.merges.words(found.mapping.heading_row)]:
        found.notices.say(code, words)
    if found.kind is not Kind.INTERVIEWS and not found.kind_said:
        kind = KIND_WORDS[found.kind]
        zh = f"按标题与内容识别为{kind.zh}清单；不是则用 --kind 指明"
        en = f"by its headings and values this is a list of {kind.en}; if it isn't, say which with --kind"
        found.notices.say("kind", Words(zh, en))
    if found.mapping.heading_row > 1:
        n = found.mapping.heading_row
        found.notices.say(
            "heading_row",
            Words(
                f"标题在第 {n} 行，其上各行未读", f"the headings stand in row {n}; what is above was not read"
            ),
        )
    for index, seen in dates.items():
        _say_order(found, index, seen, orders[index])
        _say_doubts(found, index, seen, orders[index])
    if found.midnights:
        of = [c.label.strip() for c in found.mapping.columns if c.field in found.midnights]
        zh = f"“{'”“'.join(of)}”的所有时刻都是 00:00，视为没有时刻（当天全天）"
        en = f"every time of day in “{'”, “'.join(of)}” is 00:00, which was taken for none (the whole day)"
        found.notices.say("midnights", Words(zh, en))


def _say_order(found: Study, index: int, seen: ColumnDates, order: Order) -> None:
    if not seen.has_open_order:
        return
    label = found.mapping.columns[index].label.strip()
    if order.code is None:
        found.notices.say(
            "date_order_unknown",
            Words(
                f"“{label}”的日月顺序无法确定：{order.why.zh}",
                f"the order of day and month in “{label}” can't be known: {order.why.en}",
            ),
        )
        return
    name = NAMES[order.code]
    found.notices.say(
        "date_order",
        Words(
            f"“{label}”按 {name.zh} 读取：{order.why.zh}", f"“{label}” is read as {name.en}: {order.why.en}"
        ),
    )


def _listed(found: Sequence[FarDate | Doubt]) -> Words:
    said = [one.words for one in found[:MOST_NAMED]]
    return Words("；".join(one.zh for one in said), "; ".join(one.en for one in said))


def _say_doubts(found: Study, index: int, seen: ColumnDates, order: Order) -> None:
    """Name the dates a person ought to look at; all of them are loaded as they are."""
    label = found.mapping.columns[index].label.strip()
    far, swapped = far_dates(seen, order), doubts(seen, order)
    if far:
        named = _listed(far)
        zh = f"“{label}”中有日期与其余日期相距数月，已照原样载入，请核对：{named.zh}"
        en = f"dates in “{label}” lie months from all others; they are loaded as they are, please check: {named.en}"
        found.notices.say("far_dates", Words(zh, en))
    if swapped:
        named = _listed(swapped)
        zh = f"“{label}”中有日期按本列顺序读远离其余日期，日月对调则在其中，已按本列顺序载入，请核对：{named.zh}"
        en = (
            f"dates in “{label}” lie far from all certain ones, but with day and month swapped among them; "
            f"they are loaded in the column's order, please check: {named.en}"
        )
        found.notices.say("perhaps_swapped", Words(zh, en))
