"""A cell read as a moment or a span: what it says for certain, and what only the whole column can settle.

Nothing is guessed here. `04/12/16` comes back as a `Triple`, whose order `date_order.py` infers; text that
isn't understood to its last letter is a `Fault`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import isfinite

from raincheck.migration.files.cells import Cell, NoValue, plain
from raincheck.migration.values import spellings as spelt
from raincheck.migration.values.clocks import Clock, read_clock
from raincheck.migration.words import Words

#: Years a date may lie in, the last not included. Others stand for no date: 0001-01-01, 9999-12-31.
FIRST_YEAR, LAST_YEAR = 1970, 2100
#: Two digits of a year: from 69 on they are of the last century, as POSIX has it.
PIVOT = 69
#: No place is further from Greenwich.
FARTHEST_OFFSET, FARTHEST_WEST = timedelta(hours=14), timedelta(hours=12)
#: No moment is written as a number of so many; JSON has numbers that no float holds.
_TOO_MANY_DIGITS = 10**15


@dataclass(frozen=True)
class Triple:
    """Three numbers of which two are a day and a month in unknown order; `year4` if the third has four digits."""

    first: int
    second: int
    third: int
    year4: bool

    def read(self, order: str) -> date | None:
        """Return the day in the order `dmy`, `mdy` or `ymd`; None where there is no such day."""
        if order == "ymd":
            return None if self.year4 else _day(self.first, self.second, self.third, short=True)
        day, month = (self.first, self.second) if order == "dmy" else (self.second, self.first)
        return _day(self.third, month, day, short=not self.year4)


@dataclass(frozen=True)
class Fault:
    """Why a cell is no moment."""

    code: str
    words: Words


@dataclass(frozen=True)
class Moment:
    """What a cell says: a day (or three numbers), perhaps a time of day, perhaps an end; or an instant outright.

    `how` is `text`, `cell` (a real date cell), `serial` or `epoch`. `offset` is what the text itself says.
    """

    day: date | Triple | None = None
    clock: time | None = None
    end_day: date | Triple | None = None
    end_clock: time | None = None
    offset: timedelta | None = None
    instant: datetime | None = None
    weekday: int | None = None
    how: str = "text"


NOT_A_DATE = Fault("not_a_date", Words("看不懂这个日期", "this isn't understood as a date"))
NO_SUCH_DAY = Fault("no_such_day", Words("没有这一天", "there is no such day"))
NO_SUCH_TIME = Fault(
    "no_such_time",
    Words(
        "没有这个时刻，或分不清是哪个时刻", "there is no such time of day, or it can't be told which is meant"
    ),
)
OUT_OF_RANGE = Fault(
    "year_out_of_range",
    Words(
        f"年份不在 {FIRST_YEAR} 至 {LAST_YEAR - 1} 之间",
        f"the year isn't one from {FIRST_YEAR} to {LAST_YEAR - 1}",
    ),
)
NO_YEAR = Fault(
    "no_year",
    Words(
        "没有写年份；整个文件都是同一年的，可指明是哪一年（--year）",
        "the year isn't given; if all of the file is of one, say which (--year)",
    ),
)
OFFSET_OR_END = Fault(
    "offset_or_end",
    Words(
        "分不清是时差还是结束时刻：请写 03:00-05:00，或 03:00 (UTC-05:00)",
        "this may be an offset or an end: write 03:00-05:00, or 03:00 (UTC-05:00)",
    ),
)
FORMULA = Fault(
    "formula_without_value",
    Words("公式没有已算出的值；公式从不执行", "a formula without a calculated value; formulas are never run"),
)
ERROR_CELL = Fault("error_cell", Words("单元格是错误值", "the cell holds an error value"))


def in_range(day: date) -> bool:
    """Say whether a day is near enough to be meant."""
    return FIRST_YEAR <= day.year < LAST_YEAR


def read_moment(cell: Cell, *, date1904: bool = False, year: int | None = None) -> Moment | Fault | None:
    """Read one cell; None for an empty one. `year` is that of days written without one, if it is known."""
    match cell:
        case str():
            text = plain(cell)
            return _from_text(text, date1904, year) if text else None
        case NoValue():
            return FORMULA if cell.formula else ERROR_CELL
        case date():
            return _from_cell(cell)
        case bool() | time() | timedelta():
            return NOT_A_DATE
        case int() if abs(cell) >= _TOO_MANY_DIGITS:
            return NOT_A_DATE
    return _from_number(float(cell), date1904=date1904)


def _from_cell(cell: date) -> Moment | Fault:
    if not in_range(cell):
        return OUT_OF_RANGE
    if not isinstance(cell, datetime):
        return Moment(day=cell, how="cell")
    # Excel keeps days as fractions, so a whole minute comes a hair off.
    exact = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
    return Moment(day=exact.date(), clock=exact.time(), how="cell")


@lru_cache(maxsize=65536)
def _from_text(text: str, date1904: bool, year: int | None = None) -> Moment | Fault:
    text = re.sub("[\u2010-\u2015\u2212\uff0d]", "-", text).replace("～", "~").replace("〜", "~")
    if spelt.NUMBER.fullmatch(text) and len(text.partition(".")[0]) != len("20260401"):
        return _from_number(float(text), date1904=date1904, digits=text)
    at, weekday = _skip_weekday(text, 0)
    start = _read_day(text, at, year)
    if start is None:
        return NO_YEAR if _lacks_year(text, at) else NOT_A_DATE
    return _rest(text, start, weekday, year)


@dataclass(frozen=True)
class _Point:
    day: date | Triple | None
    clock: Clock | None
    offset: timedelta | None
    weekday: int | None


def _rest(
    text: str, start: "tuple[date | Triple | Fault, int]", weekday: int | None, year: int | None
) -> Moment | Fault:
    """Read what follows a day: a time of day, an offset, an end. Whatever is left over is a fault."""
    found, at = start
    if isinstance(found, Fault):
        return found
    first, at = _read_point(text, at, found, weekday)
    blank = spelt.BLANK_OFFSET.match(text, at)
    if blank and first.clock and first.offset is None and _hours(blank) <= FARTHEST_WEST:
        return OFFSET_OR_END
    last = _Point(None, None, None, None)
    until = spelt.UNTIL.match(text, at)
    if until and at < len(text):
        end_at, end_weekday = _skip_weekday(text, until.end())
        end = _read_day(text, end_at, year)
        if end is not None and isinstance(end[0], Fault):
            return end[0]
        if end is not None and not isinstance(end[0], Fault):
            last, at = _read_point(text, end[1], end[0], end_weekday)
        elif first.clock is not None:
            last, at = _read_point(text, until.end(), None, None)
    if text[at:].strip():
        return Fault(
            "stray_text",
            Words(
                f"日期旁有看不懂的文字“{text[at:].strip()[:40]}”",
                f"text beside the date isn't understood: “{text[at:].strip()[:40]}”",
            ),
        )
    return _moment(first, last)


def _read_point(text: str, at: int, day: date | Triple | None, weekday: int | None) -> tuple[_Point, int]:
    """Read weekday, time of day and offset behind a day, whichever are there."""
    if weekday is None:
        at, weekday = _skip_weekday(text, at)
    joined = spelt.JOIN.match(text, at)
    clock = read_clock(text, joined.end() if joined else at)
    if clock is None:
        return _Point(day, None, None, weekday), at
    at = clock[1]
    offset = spelt.OFFSET.match(text, at)
    if offset and offset["sign"] == "-" and not spelt.ISO.search(text[:at]):
        # 14:00-15:00 is a span; where seconds or a T are written, or it can't be an end, it is an offset.
        offset = offset if spelt.BLANK_OFFSET.match(text, at) and not _may_end(clock[0], offset) else None
    if offset and abs(_offset(offset)) > FARTHEST_OFFSET:
        offset = None
    if offset:
        at = offset.end()
    if weekday is None:
        at, weekday = _skip_weekday(text, at)
    return _Point(day, clock[0], _offset(offset) if offset else None, weekday), at


def _may_end(begin: Clock, end: "re.Match[str]") -> bool:
    """Say whether what looks like an offset may be the end of a span that begins then."""
    first, last = begin.time(), Clock(int(end["h"]), int(end["m"] or 0), 0).time()
    return first is None or (last is not None and last > first)


def _moment(first: _Point, last: _Point) -> Moment | Fault:
    clock, end_clock = _clocks(first.clock, last.clock)
    if (first.clock and clock is None) or (last.clock and end_clock is None):
        return NO_SUCH_TIME
    for point in (first, last):
        if point.weekday is not None and isinstance(point.day, date) and point.day.weekday() != point.weekday:
            return Fault("wrong_weekday", Words("星期与日期不符", "the weekday isn't that day's"))
    return Moment(
        day=first.day,
        clock=clock,
        end_day=last.day,
        end_clock=end_clock,
        offset=first.offset if first.offset is not None else last.offset,
        weekday=first.weekday,
    )


def _clocks(first: Clock | None, last: Clock | None) -> tuple[time | None, time | None]:
    """Return both times; “2-3 PM” and “下午2点-3点” say the half of the day once for both."""
    if first is None or last is None:
        return first.time() if first else None, last.time() if last else None
    begin, end = first.time(), last.time()
    if first.half and not last.half:
        end = later if (later := last.time(first.half)) and begin and later > begin else end
    elif last.half and not first.half:
        begin = earlier if (earlier := first.time(last.half)) and end and earlier < end else begin
    return begin, end


def _read_day(text: str, at: int, year: int | None) -> "tuple[date | Triple | Fault, int] | None":
    for shape in spelt.DAYS if year is None else (*spelt.DAYS, *spelt.YEARLESS):
        found = shape.match(text, at)
        if found:
            day = _understood({"y": str(year), "c": str(year), **found.groupdict()})
            if day is not None:
                return day, found.end()
    return None


def _understood(parts: dict[str, str | None]) -> date | Triple | Fault | None:
    if parts.get("a"):
        first, second, third = (int(parts[name] or 0) for name in "abc")
        triple = Triple(first, second, third, len(parts["c"] or "") == len("2026"))
        days = [day for order in ("dmy", "mdy", "ymd") if (day := triple.read(order))]
        if days and triple.year4 and not in_range(days[0]):
            return OUT_OF_RANGE
        return triple if days else NO_SUCH_DAY
    month = (
        spelt.MONTHS.get((parts.get("mon") or "").lower()) if parts.get("mon") else int(parts.get("m") or 0)
    )
    if month is None:
        return None
    year = parts["y"] or ""
    day = _day(int(year), month, int(parts["d"] or 0), short=len(year) == len("26"))
    if day is None:
        return NO_SUCH_DAY
    return day if in_range(day) else OUT_OF_RANGE


def _day(year: int, month: int, day: int, *, short: bool) -> date | None:
    if short:
        year += 2000 if year < PIVOT else 1900
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _lacks_year(text: str, at: int) -> bool:
    rest = text[at:]
    named = spelt.DAY_AND_MONTH.match(rest)
    if named:
        return named[1].lower() in spelt.MONTHS
    return any(re.match(shape, rest) for shape in (r"\d{1,2}\s*月\s*\d{1,2}", r"\d{1,2}[-/.]\d{1,2}(?!\d)"))


def _skip_weekday(text: str, at: int) -> tuple[int, int | None]:
    found = spelt.WEEKDAY.match(text, at)
    if not found:
        return at, None
    if found["en"]:
        return found.end(), spelt.EN_DAYS.split("|").index(found["en"].lower())
    return found.end(), "一二三四五六日".index(found["zh"].replace("天", "日"))


def _offset(found: "re.Match[str]") -> timedelta:
    if found["zone"] == "北京时间":
        return timedelta(hours=8)
    if not found["sign"]:
        return timedelta()
    size = _hours(found)
    return size if found["sign"] == "+" else -size


def _hours(found: "re.Match[str]") -> timedelta:
    return timedelta(hours=int(found["h"]), minutes=int(found["m"] or 0))


#: How a bare number is read: the digits before the point, and what they count.
_EPOCH_DIGITS = {10: 1, 13: 1000}


def _from_number(value: float, *, date1904: bool, digits: str = "") -> Moment | Fault:
    """Read an Excel serial (days), or an epoch in seconds or milliseconds, by its number of digits."""
    if not isfinite(value):
        return NOT_A_DATE
    whole = digits.partition(".")[0] or str(int(value))
    if len(whole) in {12, 14}:
        return _compact(whole)
    if len(whole) == len("20260401"):
        return _from_text(f"{whole[:4]}-{whole[4:6]}-{whole[6:]}", date1904)
    if len(whole) in _EPOCH_DIGITS:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value / _EPOCH_DIGITS[len(whole)])
        return Moment(instant=instant, how="epoch") if FIRST_YEAR < instant.year < LAST_YEAR else NOT_A_DATE
    base = date(1904, 1, 1) if date1904 else date(1899, 12, 30)
    if len(whole) != len("46349") or not FIRST_YEAR <= (base + timedelta(days=int(value))).year < LAST_YEAR:
        return NOT_A_DATE
    moment = datetime.combine(base, time()) + timedelta(seconds=round(value * 86400))
    clock = moment.time() if value != int(value) else None
    return Moment(day=moment.date(), clock=clock, how="serial")


def _compact(digits: str) -> Moment | Fault:
    shape = "%Y%m%d%H%M%S" if len(digits) == len("20260401093000") else "%Y%m%d%H%M"
    try:
        moment = datetime.strptime(digits, shape)  # noqa: DTZ007 (the zone comes with --tz)
    except ValueError:
        return NOT_A_DATE
    return Moment(day=moment.date(), clock=moment.time()) if in_range(moment) else OUT_OF_RANGE


#: 1600 - 1700, as rosters write times of day.
_ROSTER = re.compile(r"(\d{2})([0-5]\d)\s*(?:-|~|to|至|到)\s*(\d{2})([0-5]\d)", re.IGNORECASE)


def read_time(cell: Cell) -> Moment | Fault | None:
    """Read a cell that holds a time of day alone, or with its end; a whole moment is taken too."""
    match cell:
        case time():
            return Moment(clock=cell.replace(microsecond=0))
        case timedelta() if timedelta() <= cell < timedelta(days=1):
            return Moment(clock=_clock_after(cell))
        case float() | int() if not isinstance(cell, bool) and 0 <= cell < 1:
            return Moment(clock=_clock_after(timedelta(days=cell)))
        case str():
            text = re.sub("[\u2010-\u2015\u2212]", "-", plain(cell))
            if not text:
                return None
            text = _ROSTER.sub(r"\1:\2-\3:\4", text) if _ROSTER.fullmatch(text) else text
            first, at = _read_point(text, 0, None, None)
            if first.clock is not None:
                return _rest_of_time(text, first, at)
    return read_moment(cell)


def _clock_after(length: timedelta) -> time:
    seconds = round(length.total_seconds())
    return time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)


def _rest_of_time(text: str, first: _Point, at: int) -> Moment | Fault:
    last = _Point(None, None, None, None)
    until = spelt.UNTIL.match(text, at)
    if until and at < len(text):
        last, at = _read_point(text, until.end(), None, None)
    if not text[at:].strip():
        return _moment(first, last)
    whole = read_moment(text)
    return whole if isinstance(whole, Moment) else NO_SUCH_TIME
