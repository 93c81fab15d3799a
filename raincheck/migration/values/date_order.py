"""Whether a column writes the day or the month first: inferred from all of its dates, and said aloud.

A column whose dates prove one order and never the other is read in that order. Where both are proven, or
neither, only dates that can be read in one way are read; the others' rows are rejected, not guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from raincheck.migration.values.dates import Fault, Moment, Triple
from raincheck.migration.words import Words, some

ORDERS = ("dmy", "mdy", "ymd")
NAMES = {
    "dmy": Words("日-月-年", "day-month-year"),
    "mdy": Words("月-日-年", "month-day-year"),
    "ymd": Words("年-月-日", "year-month-day"),
}
#: Days between a date and the nearest other from which on it counts as lying months away.
FAR = timedelta(days=92)
#: Days to the nearest certain date up to which a date counts as lying among them.
NEAR = timedelta(days=31)
#: A cluster of dates apart from the largest is suspicious while it holds no more than this share of them.
FEW = 0.05
_KEPT, _SEEN = 12, 64


@dataclass
class Sighting:
    """One day (or triple) met in a column: how often, in which rows first, and how it was written there."""

    count: int
    rows: list[int]
    text: str


@dataclass
class ColumnDates:
    """All a first pass over a column keeps; bounded by how many days there are, not rows."""

    days: dict[date | Triple, Sighting] = field(default_factory=dict)
    midnights: int = 0
    other_times: int = 0
    firsts: set[int] = field(default_factory=set)
    thirds: set[int] = field(default_factory=set)

    def see(self, moment: Moment, *, row: int, text: str) -> None:
        """Take one moment of the column in."""
        for day in (moment.day, moment.end_day):
            if day is None:
                continue
            sighting = self.days.get(day) or self.days.setdefault(day, Sighting(0, [], text))
            sighting.count += 1
            if len(sighting.rows) < _KEPT:
                sighting.rows.append(row)
            if isinstance(day, Triple) and len(self.firsts) < _SEEN:
                self.firsts.add(day.first)
                self.thirds.add(day.third)
        if moment.how == "text" and moment.clock is not None and moment.offset is None:
            at_midnight = moment.clock.hour == moment.clock.minute == moment.clock.second == 0
            self.midnights += at_midnight
            self.other_times += not at_midnight

    @property
    def has_open_order(self) -> bool:
        """Say whether any date of the column needs an order to be read."""
        return any(isinstance(day, Triple) for day in self.days)

    @property
    def midnight_is_nothing(self) -> bool:
        """Say whether every time of day is 00:00, as an export writes a date that has none."""
        return self.midnights > 0 and self.other_times == 0


@dataclass(frozen=True)
class Order:
    """The order of one column, and why. `code` is None where it can't be known: then `open` are those it may be.

    `said` is true where the person told the order.
    """

    code: str | None
    why: Words
    open: tuple[str, ...] = ("dmy", "mdy")
    clash: bool = False
    said: bool = False

    def read(self, day: date | Triple) -> date | Fault:
        """Return the day, or why it can't be known. What can be read in one order alone is read so."""
        if isinstance(day, date):
            return day
        if self.code and (known := day.read(self.code)):
            return known
        if self.said:
            return _AGAINST_WHAT_WAS_SAID
        readings = {reading for order in self.open if (reading := day.read(order))}
        if len(readings) == 1:
            return readings.pop()
        zh, en = self.why.zh, self.why.en
        words = Words(f"分不清日和月：{zh}", f"day and month can't be told apart: {en}")
        return Fault("order_unknown", words) if readings else _UNREADABLE


_UNREADABLE = Fault(
    "no_such_day", Words("按本列的顺序没有这一天", "there is no such day in this column's order")
)

_AGAINST_WHAT_WAS_SAID = Fault(
    "date_order_contradicted",
    Words(
        "按 --date-order 指定的顺序没有这一天；请核对该选项",
        "there is no such day in the order that --date-order says; check that option",
    ),
)


def infer(dates: ColumnDates, *, said: str | None) -> Order:
    """Infer a column's order: the one in which every date can be read. `said` is what `--date-order` says."""
    if said:
        # A date that has another order alone contradicts the person: its row is rejected, not read against their word.
        return Order(said, Words("由 --date-order 指定", "as --date-order says"), open=(), said=True)
    triples = {day: seen for day, seen in dates.days.items() if isinstance(day, Triple)}
    fitting = [order for order in ORDERS if all(day.read(order) for day in triples)]
    if len(fitting) > 1 and not _years_may_lead(dates, fitting):
        fitting.remove("ymd")
    if not triples:
        why = Words("没有顺序不明的日期", "no date of it leaves its order open")
        return Order(None, why, open=tuple(fitting))
    if len(fitting) > 1:
        hint = "--date-order " + "|".join(fitting)
        why = Words(f"没有日期能说明顺序，请用 {hint} 指明", f"no date proves an order; say it with {hint}")
        return Order(None, why, open=tuple(fitting))
    if not fitting:
        clash = "; ".join(_proof(triples, order, NAMES[order].en) for order in ("dmy", "mdy"))
        return Order(
            None, Words(f"本列两种写法都有（{clash}）", f"the column has both ({clash})"), clash=True
        )
    [order] = fitting
    others = [other for other in ORDERS[:2] if other != order]
    proofs = [seen for day, seen in triples.items() if not any(day.read(other) for other in others)]
    count, example = sum(seen.count for seen in proofs), _first(proofs)
    return Order(
        order,
        Words(
            f"有 {count} 个日期只能这样读，如{example.zh}",
            f"{count} dates can only be read so, e.g. {example.en}",
        ),
    )


def _years_may_lead(dates: ColumnDates, fitting: list[str]) -> bool:
    """Say whether 16-04-12 may mean 2016: in every date it could, and the first number varies less than the third."""
    return "ymd" not in fitting or len(dates.firsts) < len(dates.thirds)


def _proof(triples: Mapping[Triple, Sighting], order: str, name: str) -> str:
    other = "mdy" if order == "dmy" else "dmy"
    return f"{name}: {_first([seen for day, seen in triples.items() if not day.read(other)]).en}"


def _first(seen: list[Sighting]) -> Words:
    first = min(seen, key=lambda sighting: sighting.rows[0])
    return Words(f"第 {first.rows[0]} 行“{first.text}”", f"row {first.rows[0]} “{first.text}”")


def share(orders: Mapping[int, Order]) -> dict[int, Order]:
    """Let a column that proves nothing follow the others of its file, if those agree."""
    known = {order.code: order for order in orders.values() if order.code}
    if len(known) != 1:
        return dict(orders)
    [(code, proves)] = known.items()
    why = Words(f"与本文件其他日期列一致：{proves.why.zh}", f"as the file's other dates: {proves.why.en}")
    return {
        index: order if order.code or order.clash else Order(code, why) for index, order in orders.items()
    }


def as_before(orders: Mapping[int, Order], before: str) -> dict[int, Order]:
    """Let columns of which the file proves nothing be read in the order that was said of its source before, if one was.

    What a file proves comes first, and an order in which one of its dates has no day isn't taken.
    """
    why = Words("与此来源上次确认的一致", "as it was confirmed for this source before")
    return {
        index: order if order.code or order.clash or before not in order.open else Order(before, why)
        for index, order in orders.items()
    }


@dataclass(frozen=True)
class FarDate:
    """A day that lies months from all others of its column."""

    day: date
    sighting: Sighting
    days_away: int

    @property
    def words(self) -> Words:
        """Say which day, as what it is written, and where."""
        return _named(self.sighting, self.day.isoformat(), "")


def _named(sighting: Sighting, day: str, swapped: str) -> Words:
    rows = some([str(row) for row in sighting.rows], of=sighting.count)
    en = "row" if sighting.count == 1 else "rows"
    return Words(
        f"{day}（“{sighting.text}”{swapped}，第 {rows} 行）",
        f"{day} (“{sighting.text}”{swapped}, {en} {rows})",
    )


def far_dates(dates: ColumnDates, order: Order) -> list[FarDate]:
    """Return the days that lie months from all others of their column, in order of time."""
    known = [(order.read(day), seen) for day, seen in dates.days.items()]
    merged: dict[date, Sighting] = {}
    for day, seen in known:
        if isinstance(day, date):
            had = merged.get(day)
            merged[day] = (
                seen
                if had is None
                else Sighting(had.count + seen.count, sorted(had.rows + seen.rows), had.text)
            )
    clusters = _clusters(sorted(merged))
    if len(clusters) <= 1:
        return []
    weights = [sum(merged[day].count for day in cluster) for cluster in clusters]
    largest, total = weights.index(max(weights)), sum(weights)
    found = []
    for place, (cluster, weight) in enumerate(zip(clusters, weights, strict=True)):
        if place != largest and (len(cluster) == 1 or weight <= FEW * total):
            around = [clusters[place - 1][-1]] if place else []
            around += [clusters[place + 1][0]] if place + 1 < len(clusters) else []
            away = min(abs((day - other).days) for day in (cluster[0], cluster[-1]) for other in around)
            found += [FarDate(day, merged[day], away) for day in cluster]
    return found


@dataclass(frozen=True)
class Doubt:
    """A day far from every certain date of its column, which would lie among them were day and month swapped."""

    day: date
    swapped: date
    sighting: Sighting

    @property
    def words(self) -> Words:
        """Say which day, as what it is written, what it would be swapped, and where."""
        return _named(self.sighting, self.day.isoformat(), f" ⇄ {self.swapped.isoformat()}")


def doubts(dates: ColumnDates, order: Order) -> list[Doubt]:
    """Return the days whose other reading would fit the column's certain dates better, in order of time.

    Certain is a date that can be read in one way alone. The column's order still holds: this only asks.
    """
    if order.code not in {"dmy", "mdy"}:
        return []
    other = "mdy" if order.code == "dmy" else "dmy"
    certain = sorted({day for met in dates.days if (day := _certain(met))})
    found = []
    for met, sighting in dates.days.items():
        if isinstance(met, date) or _certain(met) or not certain:
            continue
        day, swapped = met.read(order.code), met.read(other)
        if day and swapped and _away(day, certain) > NEAR >= _away(swapped, certain):
            found.append(Doubt(day, swapped, sighting))
    return sorted(found, key=lambda doubt: doubt.day)


def _certain(day: date | Triple) -> date | None:
    if isinstance(day, date):
        return day
    readings = {reading for order in ("dmy", "mdy") if (reading := day.read(order))}
    return readings.pop() if len(readings) == 1 else None


def _away(day: date, certain: list[date]) -> timedelta:
    return min(abs(day - other) for other in certain)


def _clusters(days: list[date]) -> list[list[date]]:
    clusters: list[list[date]] = []
    for day in days:
        if clusters and day - clusters[-1][-1] <= FAR:
            clusters[-1].append(day)
        else:
            clusters.append([day])
    return clusters
