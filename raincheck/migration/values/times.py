"""When an interview is: moments of the file's zone made instants, a day without a time made a window."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from raincheck.migration.values.clocks import in_half
from raincheck.migration.values.date_order import Order
from raincheck.migration.values.dates import NO_SUCH_TIME, OUT_OF_RANGE, Fault, Moment, Triple, in_range
from raincheck.migration.values.meanings import LONGEST_SLOT
from raincheck.migration.words import Words
from raincheck.recruiting.models import InterviewKind

#: How long a slot is taken to be where the file doesn't say.
USUAL = timedelta(minutes=30)
IN_A_GAP = Fault(
    "no_such_local_time",
    Words("夏令时切换，当地没有这个时刻", "the clocks were put forward: there is no such time there"),
)
TWICE = Fault(
    "local_time_twice",
    Words(
        "夏令时切换，当地这个时刻出现两次；请写明时差",
        "the clocks were put back: that time came twice; write its UTC offset",
    ),
)
NO_DATE = Fault("not_a_date", Words("没有日期", "no date"))
BACKWARDS = Fault("ends_before_start", Words("结束不晚于开始", "the end isn't after the start"))
CONTRADICT = Fault(
    "times_contradict",
    Words("结束时间、截止时间与时长互相矛盾", "end, deadline and duration contradict each other"),
)
_OTHER_TIME = Fault(
    "two_times", Words("日期列已写另一个时刻", "the column of the date names another time of day")
)
_OTHER_DAY = Fault("two_dates", Words("时刻列写了另一个日期", "the column of the time names another day"))


@dataclass(frozen=True)
class Span:
    """An interview's times, as `recruiting.actions.Times` has them, and what had to be assumed for them."""

    kind: str
    precision: str
    starts_at: datetime
    ends_at: datetime
    assumed: str = ""


@dataclass(frozen=True)
class Point:
    """An instant, or the whole of a local day where no time was given."""

    at: datetime
    day: date | None = None


@dataclass(frozen=True)
class Calendar:
    """How the moments of one file become instants."""

    zone: ZoneInfo

    def point(
        self, day: date, clock: time | None, offset: timedelta | None, *, midnight_is_nothing: bool = False
    ) -> Point | Fault:
        """Return a moment's instant, or its day's first instant; at 00:00 too where that stands for no time."""
        if clock == time() and offset is None and midnight_is_nothing:
            clock = None
        if clock is None:
            return Point(self.start_of(day), day)
        local = datetime.combine(day, clock)
        if offset is not None:
            return Point((local - offset).replace(tzinfo=UTC))
        early = local.replace(tzinfo=self.zone, fold=0)
        late = local.replace(tzinfo=self.zone, fold=1)
        if early.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != local:
            return IN_A_GAP
        return TWICE if early.utcoffset() != late.utcoffset() else Point(early.astimezone(UTC))

    def start_of(self, day: date) -> datetime:
        """Return a local day's first instant; where midnight is skipped, the first that there is."""
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def points(
        self, moment: Moment, order: Order, *, midnight_is_nothing: bool = False
    ) -> "tuple[Point, Point | None] | Fault":
        """Return a moment's start and, if it has one, its end; `midnight_is_nothing` as its column teaches."""
        if moment.instant is not None:
            return Point(moment.instant), None
        day = _read(moment.day, order) if moment.day else NO_DATE
        if isinstance(day, Fault):
            return day
        if moment.weekday is not None and day.weekday() != moment.weekday:
            return Fault("wrong_weekday", Words("星期与日期不符", "the weekday isn't that day's"))
        start = self.point(day, moment.clock, moment.offset, midnight_is_nothing=midnight_is_nothing)
        if isinstance(start, Fault):
            return start
        end = self._end(moment, day, order)
        return end if isinstance(end, Fault) else (start, end)

    def _end(self, moment: Moment, day: date, order: Order) -> Point | Fault | None:
        if moment.end_day is None and moment.end_clock is None:
            return None
        end_day = day if moment.end_day is None else _read(moment.end_day, order)
        if isinstance(end_day, Fault):
            return end_day
        return self.point(end_day, moment.end_clock, moment.offset)

    def after(self, point: Point) -> datetime:
        """Return the instant a point is over: a day's is the next midnight."""
        return self.start_of(point.day + timedelta(days=1)) if point.day else point.at


def _read(day: date | Triple, order: Order) -> date | Fault:
    """Return a day of the file's order; so far off that the calendar itself ends, it isn't meant."""
    found = order.read(day)
    return OUT_OF_RANGE if isinstance(found, date) and not in_range(found) else found


def with_clock(moment: Moment, clock: Moment) -> Moment | Fault:
    """Put the time of day of one column beside the day of another."""
    if moment.instant is not None:
        return moment if clock.day is None else _OTHER_DAY
    # A date exported with 00:00 has its time in the other column.
    if moment.clock is not None and moment.clock not in {time(), clock.clock}:
        return _OTHER_TIME
    if clock.day is not None and clock.day != moment.day:
        return _OTHER_DAY
    return Moment(
        day=moment.day,
        clock=clock.clock,
        end_day=moment.end_day,
        end_clock=clock.end_clock or moment.end_clock,
        offset=moment.offset if clock.offset is None else clock.offset,
        weekday=moment.weekday,
        how=moment.how,
    )


def in_the_half(moment: Moment, half: str, *, ends: bool) -> Moment | Fault:
    """Put a moment's times of day into the half of the day that another column names; `ends` if it is one of ends."""
    # 00:00 beside a day is most often no time at all.
    if moment.clock is None or moment.clock == time():
        return moment
    clock = in_half(moment.clock, half, ends=ends)
    end_clock = in_half(moment.end_clock, half, ends=True) if moment.end_clock else None
    if clock is None or (moment.end_clock and end_clock is None):
        return NO_SUCH_TIME
    return replace(moment, clock=clock, end_clock=end_clock)


def span(
    start: Point, end: Point | None, *, deadline: Point | None, duration: timedelta | None, calendar: Calendar
) -> Span | Fault:
    """Return what was given as a slot or a window. A day without a time is that day's window."""
    last = deadline or end
    over = calendar.after(last) if last else None
    within = deadline is not None
    if over is not None and not _agree(
        start, over, end=end, duration=duration, calendar=calendar, within=within
    ):
        return CONTRADICT
    if deadline is not None:
        return _window(start, calendar.after(deadline), by_day=bool(start.day and deadline.day))
    if start.day is not None:
        return _window(start, calendar.after(end or start), by_day=end is None or end.day is not None)
    if end is not None:
        over = calendar.after(end)
        if over - start.at > LONGEST_SLOT or end.day is not None:
            return _window(start, over, by_day=False)
        return _slot(start.at, over, "")
    return _slot(start.at, start.at + (duration or USUAL), "" if duration else "usual_length")


def _agree(
    start: Point,
    over: datetime,
    *,
    end: Point | None,
    duration: timedelta | None,
    calendar: Calendar,
    within: bool,
) -> bool:
    """Say whether end and duration fit the time at which it is over. A window only has to have room for it."""
    if end is not None and calendar.after(end) != over:
        # What was held within a window ended before its deadline.
        return within and start.at < calendar.after(end) < over
    if duration is None or over <= start.at:
        return True
    exact = end is not None and start.day is None and end.day is None
    return over - start.at == duration if exact else duration <= over - start.at


def _window(start: Point, over: datetime, *, by_day: bool) -> Span | Fault:
    if over <= start.at:
        return BACKWARDS
    return Span(InterviewKind.WINDOW, "day" if by_day else "minute", start.at, over)


def _slot(starts_at: datetime, ends_at: datetime, assumed: str) -> Span | Fault:
    return (
        Span(InterviewKind.SLOT, "minute", starts_at, ends_at, assumed) if ends_at > starts_at else BACKWARDS
    )
