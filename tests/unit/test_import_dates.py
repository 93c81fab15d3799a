"""Dates in a dozen spellings: read for certain, or not at all."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from raincheck.migration.columns.contents import KINDS
from raincheck.migration.files.cells import NoValue, plain, text_of
from raincheck.migration.values.date_order import (
    ColumnDates,
    Doubt,
    FarDate,
    Order,
    Sighting,
    doubts,
    far_dates,
    infer,
    share,
)
from raincheck.migration.values.dates import Fault, Moment, Triple, read_moment, read_time
from raincheck.migration.values.meanings import length_of
from raincheck.migration.values.times import Calendar, Point, span, with_clock
from raincheck.migration.values.years import Years

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOV_23 = date(2026, 11, 23)
days = st.dates(date(1971, 1, 1), date(2068, 12, 31))


def column(*texts):
    """Return all that a column of these texts teaches."""
    seen = ColumnDates()
    for row, text in enumerate(texts, start=2):
        moment = read_moment(text)
        assert isinstance(moment, Moment), text
        seen.see(moment, row=row, text=text)
    return seen


def read_all(*texts, said=None):
    """Return the order inferred, and each text's day (None where it can't be known)."""
    order = infer(column(*texts), said=said)
    found = [order.read(read_moment(text).day) for text in texts]
    return order, [None if isinstance(day, Fault) else day for day in found]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026年11月23日 下午3点", time(15)),
        ("2026年11月23日下午3点半", time(15, 30)),
        ("２０２６年１１月２３日", None),
        ("26年11月23日", None),
        ("2026-11-23 14：30", time(14, 30)),
        ("2026/11/23 (周一) 14:00", time(14)),
        ("周一 2026.11.23", None),
        ("23-Nov-26 10.30 AM", time(10, 30)),
        ("23 – Nov-26", None),
        ("23-Nov -26", None),
        ("23rd November 2026", None),
        ("Nov 23, 2026 3pm", time(15)),
        ("2026 Nov 23", None),
        ("20261123", None),
        ("202611231430", time(14, 30)),
        ("46349", None),
        ("46349.5", time(12)),
        ("2026-11-23 12:15 AM", time(0, 15)),
        ("2026-11-23 中午12点", time(12)),
    ],
)
def test_a_day_is_a_day_however_it_is_written(text, clock):
    moment = read_moment(text)
    assert (moment.day, moment.clock) == (NOV_23, clock)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2026-11-23T15:00:00+08:00", 8),
        ("2026-11-23T07:00:00Z", 0),
        ("2026-11-23T07:00-05:00", -5),
        ("2026-11-23 07:00 GMT", 0),
        ("2026-11-23 15:00 (UTC+8)", 8),
        ("2026-11-23 15:00 北京时间", 8),
        ("Mon, 23 Nov 2026 10:00:00 +0530", 5.5),
    ],
)
def test_an_offset_in_the_text_counts(text, offset):
    assert read_moment(text).offset == timedelta(hours=offset)


@pytest.mark.parametrize(
    ("text", "start", "end_day", "end"),
    [
        ("2026-11-23 14:00-15:00", time(14), None, time(15)),
        ("2026-11-23 下午2点-3点", time(14), None, time(15)),
        ("2026-11-23 2:00-3:00 PM", time(14), None, time(15)),
        ("2026-11-23 11:00-1:00 PM", time(11), None, time(13)),
        ("2026-11-23 10:00 至 2026-11-24 18:00", time(10), date(2026, 11, 24), time(18)),
        ("2026-11-23 ~ 2026-11-25", None, date(2026, 11, 25), None),
        ("23.11.2026 - 25.11.2026", None, Triple(25, 11, 2026, year4=True), None),
    ],
)
def test_a_range_has_two_ends(text, start, end_day, end):
    moment = read_moment(text)
    assert (moment.clock, moment.end_day, moment.end_clock) == (start, end_day, end)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("21.4.16 tentative", "stray_text"),
        ("2026-11-23 14:00 IST", "stray_text"),
        ("21.4.16 or 22.4.16", "stray_text"),
        ("31.04.2016", "no_such_day"),
        ("2026-02-29", "no_such_day"),
        ("13/13/2016", "no_such_day"),
        ("11月23日", "no_year"),
        ("21 Apr", "no_year"),
        ("周二 2026-11-23", "wrong_weekday"),
        ("2026-11-23 25:00", "no_such_time"),
        ("2026-11-23 晚上12点", "no_such_time"),
        ("23 Novembre 2026", "not_a_date"),
        ("待定", "not_a_date"),
        ("NA", "not_a_date"),
        ("210416", "not_a_date"),
        ("99999", "not_a_date"),
    ],
)
def test_what_is_not_understood_to_the_last_letter_is_no_date(text, code):
    fault = read_moment(text)
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_real_cells_of_a_workbook_are_what_they_are():
    assert read_moment(NOV_23) == Moment(day=NOV_23, how="cell")
    hair_off = datetime.fromisoformat("2026-11-23T14:29:59.999600")
    assert read_moment(hair_off) == Moment(day=NOV_23, clock=time(14, 30), how="cell")
    assert read_moment(46349.0).day == NOV_23
    assert read_moment(46349.0 - 1462, date1904=True).day == NOV_23
    assert read_moment("  ") is None
    assert read_moment(NoValue(formula=True)).code == "formula_without_value"
    assert read_moment(NoValue(formula=False)).code == "error_cell"
    assert read_moment(True).code == "not_a_date"


def test_an_epoch_is_an_instant_whatever_the_zone():
    at = datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert read_moment("1795500000000").instant == read_moment(1795500000.0).instant == at


@pytest.mark.parametrize(
    "cell", ["14:30", "2:30 PM", "下午2点半", time(14, 30), timedelta(hours=14.5), 14.5 / 24]
)
def test_a_time_of_day_alone(cell):
    assert read_time(cell).clock == time(14, 30)


@given(st.lists(days, min_size=1, max_size=30), st.sampled_from(["dmy", "mdy"]), st.sampled_from("./-"))
def test_a_column_written_in_one_order_is_never_read_in_the_other(written, order, mark):
    shape = f"%d{mark}%m{mark}%Y" if order == "dmy" else f"%m{mark}%d{mark}%Y"
    _, found = read_all(*(day.strftime(shape) for day in written))
    for day, read in zip(written, found, strict=True):
        assert read in {day, None}
    if any(day.day > 12 for day in written):
        assert found == written


@given(st.lists(st.tuples(days, st.sampled_from(["%d.%m.%Y", "%m/%d/%Y"])), min_size=2, max_size=30))
def test_where_both_orders_are_proven_nothing_ambiguous_is_read(written):
    texts = [day.strftime(shape) for day, shape in written]
    proven = {shape for day, shape in written if day.day > 12}
    _, found = read_all(*texts)
    if len(proven) == 2:
        for (day, _), read in zip(written, found, strict=True):
            assert read == (day if day.day > 12 or day.day == day.month else None)


@given(days)
def test_iso_dates_need_no_order(day):
    assert read_all(day.isoformat())[1] == [day]


def test_the_order_is_said_with_its_proof():
    order, found = read_all("04/12/16", "21.4.16")
    assert (order.code, found) == ("dmy", [date(2016, 12, 4), date(2016, 4, 21)])
    assert "21.4.16" in order.why.en
    assert "row 3" in order.why.en


def test_without_a_proof_only_what_reads_alike_both_ways_is_read():
    order, found = read_all("03/03/16", "04/12/16")
    assert (order.code, found) == (None, [date(2016, 3, 3), None])
    assert "--date-order" in order.why.en


def test_what_the_person_says_settles_the_order():
    assert read_all("04/12/16", said="mdy")[1] == [date(2016, 4, 12)]
    assert read_all("16-04-12", "16-04-25", said="ymd")[1] == [date(2016, 4, 12), date(2016, 4, 25)]


def test_a_date_that_contradicts_what_the_person_says_is_not_read_in_another_order():
    order, found = read_all("25/12/16", "04/12/16", said="mdy")
    assert found == [None, date(2016, 4, 12)]
    assert order.read(Triple(25, 12, 16, year4=False)).code == "date_order_contradicted"


def test_years_that_may_lead_are_not_taken_for_days():
    assert read_all("16-04-12", "16-04-25", "16-05-03")[1] == [None, None, None]
    assert read_all("99-04-12", "16-04-25")[1] == [date(1999, 4, 12), date(2016, 4, 25)]


def test_a_column_without_a_proof_follows_the_others_of_its_file():
    known, unknown = infer(column("21.4.16"), said=None), infer(column("04/12/16"), said=None)
    assert share({0: known, 1: unknown})[1].code == "dmy"
    clash = infer(column("21/4/16", "4/21/16"), said=None)
    assert share({0: known, 1: clash})[1].code is None
    assert share({0: Order("mdy", known.why), 1: known, 2: unknown})[2].code is None


def test_dates_months_from_all_others_are_named():
    texts = [f"{day}.04.2016" for day in range(13, 29)] * 3 + ["12.04.2019", "18.03.2014"]
    dates = column(*texts)
    far = far_dates(dates, infer(dates, said=None))
    assert [str(day.day) for day in far] == ["2014-03-18", "2019-04-12"]
    assert "18.03.2014" in far[0].words.en
    assert "51" in far[0].words.en


def test_dates_close_together_are_not_suspicious():
    dates = column("13.04.2016", "14.05.2016", "20.06.2016")
    assert far_dates(dates, infer(dates, said=None)) == []


def test_where_a_far_date_stands_is_said_in_one_language_at_a_time():
    there = Sighting(2, [7, 8], "2026-05-01 10:00")
    said = FarDate(date(2026, 5, 1), there, 184).words
    assert said.zh == "2026-05-01（“2026-05-01 10:00”，第 7, 8 行）"
    assert said.en == "2026-05-01 (“2026-05-01 10:00”, rows 7, 8)"
    doubt = Doubt(date(2016, 12, 4), date(2016, 4, 12), Sighting(1, [9], "04/12/16")).words
    assert doubt.zh == "2016-12-04（“04/12/16” ⇄ 2016-04-12，第 9 行）"
    assert doubt.en == "2016-12-04 (“04/12/16” ⇄ 2016-04-12, row 9)"


def test_a_date_that_would_fit_if_day_and_month_were_swapped_is_named():
    dates = column("13.04.2016", "18.04.2016", "04/12/16", "05/04/2016")
    [doubt] = doubts(dates, infer(dates, said=None))
    assert (doubt.day, doubt.swapped) == (date(2016, 12, 4), date(2016, 4, 12))


def test_midnights_alone_are_no_times_of_day():
    assert column("2026-11-23 00:00:00", "2026-11-24 00:00").midnight_is_nothing
    assert not column("2026-11-23 00:00", "2026-11-24 09:00").midnight_is_nothing
    assert not column("2026-11-23").midnight_is_nothing


def point(text, zone, **options):
    moment = read_moment(text)
    return Calendar(zone).point(moment.day, moment.clock, moment.offset, **options)


def test_local_times_become_instants_in_the_files_zone():
    assert point("2026-11-23 15:00", SHANGHAI).at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert point("2026-11-23T15:00:00+00:00", SHANGHAI).at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert point("2026-11-23", SHANGHAI) == Point(datetime(2026, 11, 22, 16, tzinfo=UTC), NOV_23)
    assert point("2026-11-23 00:00", SHANGHAI, midnight_is_nothing=True).day == NOV_23


def test_times_that_the_clocks_skip_or_repeat_are_not_guessed():
    assert point("2026-03-29 02:30", BERLIN).code == "no_such_local_time"
    assert point("2026-10-25 02:30", BERLIN).code == "local_time_twice"
    assert point("2026-10-25T02:30:00+01:00", BERLIN).at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(days, st.times(), st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/Sao_Paulo")]))
def test_an_instant_shown_in_its_zone_is_what_was_written(day, clock, zone):
    written = clock.replace(microsecond=0)
    found = Calendar(zone).point(day, written, None)
    if not isinstance(found, Fault):
        assert found.at.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, written)


@pytest.mark.parametrize(
    "cell",
    [
        "0001-01-01",
        "1016-04-12",
        "9999-12-31",
        "9999-12-31 23:59:59.999",
        "12.04.1016",
        "000101010000",
        "2026-11-23 ~ 9999-12-31",
        date.min,
        date.max,
        datetime.min,  # noqa: DTZ901 (a cell has no zone)
        datetime.max,  # noqa: DTZ901
    ],
)
def test_a_date_that_only_stands_for_none_is_no_date(cell):
    fault = read_moment(cell)
    assert isinstance(fault, Fault)
    assert fault.code == "year_out_of_range"


def test_numbers_that_are_no_numbers_and_impossible_offsets_are_no_dates():
    assert read_moment(float("inf")).code == read_moment(float("nan")).code == "not_a_date"
    assert read_moment("2026-11-23T07:00+99:00").code == "stray_text"
    order = infer(column("23.11.69"), said=None)
    assert Calendar(SHANGHAI).points(read_moment("23.11.69"), order).code == "year_out_of_range"


def test_an_offset_of_zero_beside_a_time_counts():
    day = read_moment("2026-11-23")
    clock = read_time("07:00 UTC")
    beside = with_clock(day, clock)
    assert beside.offset == timedelta()
    assert Calendar(SHANGHAI).points(beside, infer(column("2026-11-23"), said=None))[0].at == datetime(
        2026, 11, 23, 7, tzinfo=UTC
    )


def test_an_offset_behind_a_blank_is_neither_dropped_nor_taken_for_an_end():
    assert read_moment("2026-04-01 03:00 -05:00").code == "offset_or_end"
    late = read_moment("2026-04-01 15:00 -05:00")
    assert (late.offset, late.end_clock) == (timedelta(hours=-5), None)
    for span_of in ("2026-04-01 14:00 - 15:00", "2026-04-01 14:00 -15:00", "2026-04-01 03:00-05:00"):
        assert read_moment(span_of).end_clock is not None


cells = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["2026", "11", "-", "年", "月", "T", ":", "+08:00", "Frıday", "下午", "3点", "至", "٣"]
        )
    ).map(" ".join),
    *(st.integers(-most, most) for most in (10**6, 10**14, 10**400)),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.builds(NoValue, st.booleans()),
)


@given(cells)
@example("2026-11-27 Frıday")
@example(10**400)
def test_no_cell_breaks_those_who_look_at_it(cell):
    for read in (read_moment, read_time):
        assert isinstance(read(cell), Moment | Fault | None)
    for kind in KINDS.values():
        assert kind.fits(cell, plain(text_of(cell))[:300]) in {True, False}


def test_a_time_beside_a_moment_that_has_another_is_not_dropped():
    nine, midnight, two = read_moment("2026-11-23 09:00"), read_moment("2026-11-23 00:00"), read_time("14:00")
    assert with_clock(nine, two).code == "two_times"
    assert with_clock(nine, read_time("9:00")) == nine
    assert with_clock(midnight, two).clock == time(14)


def spans(start, *, end=None, deadline=None, minutes=None):
    calendar, order = Calendar(SHANGHAI), infer(column("2026-11-23"), said=None)
    first, last = calendar.points(read_moment(start), order)

    def point(text):
        return calendar.points(read_moment(text), order)[0] if text else None

    length = timedelta(minutes=minutes) if minutes else None
    found = span(first, point(end) or last, deadline=point(deadline), duration=length, calendar=calendar)
    return found.code if isinstance(found, Fault) else found.kind


def test_ends_deadlines_and_durations_that_contradict_each_other_are_not_chosen_from():
    nine, ten = "2026-11-23 09:00", "2026-11-23 10:00"
    assert spans(nine, end=ten, minutes=60) == "slot"
    assert spans(nine, end=ten, minutes=45) == "times_contradict"
    assert spans("2026-11-23 09:00-10:00", minutes=45) == "times_contradict"
    assert spans(nine, end=ten, deadline=ten) == "window"
    # Held within the window: an AI interview begun at nine and over at ten may have been open for days.
    assert spans(nine, end=ten, deadline="2026-11-25") == "window"
    assert spans(nine, end=ten, deadline="2026-11-23 09:30") == "times_contradict"
    assert spans(nine, deadline=ten, minutes=30) == "window"
    assert spans(nine, deadline=ten, minutes=90) == "times_contradict"


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [("0:45", 45), ("1:30", 90), ("00:45:00", 45), (time(0, 45), 45), (timedelta(minutes=45), 45), (45, 45)]
    + [(cell, None) for cell in ("0", "0:00", "25:00", "1:75", timedelta(hours=30), time(), "-5")],
)
def test_a_length_of_time_is_read_as_spreadsheets_write_it(cell, minutes):
    assert length_of(cell) == (timedelta(minutes=minutes) if minutes else None)


def test_a_year_that_is_said_is_that_of_every_day_without_one():
    for text, day in (
        ("3月16日 下午2点", date(2026, 3, 16)),
        ("10月13日（周二）", date(2026, 10, 13)),
        ("16-Mar 2:30 PM", date(2026, 3, 16)),
        ("Mar 16th 14:00", date(2026, 3, 16)),
        ("2025-03-16", date(2025, 3, 16)),
    ):
        assert read_moment(text, year=2026).day == day, text
    assert read_moment("3/16 13:45", year=2026).day == Triple(3, 16, 2026, year4=True)
    assert read_moment("10月13日（周一）", year=2026).code == "wrong_weekday"
    assert read_moment("2月29日", year=2026).code == "no_such_day"
    assert read_moment("3月16日").code == "no_year"


def test_weekdays_prove_the_year_that_is_not_written():
    now = datetime.now(UTC).year
    days = [date(now - 1, 3, n) for n in (2, 3, 5)]
    years = Years()
    for day in days:
        years.see(f"{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）")
    assert years.proven == now - 1
    years.see("4月1日")
    assert years.proven == now - 1
    other = date(now, 3, 2)
    years.see(f"{other.month}月{other.day}日（周{'一二三四五六日'[other.weekday()]}）")
    assert years.proven is None
    alone = Years()
    alone.see(f"{days[0].month}月{days[0].day}日（周{'一二三四五六日'[days[0].weekday()]}）")
    assert alone.proven is None


def test_times_as_rosters_write_them_are_a_span():
    found = read_time("1600 - 1700")
    assert (found.clock, found.end_clock) == (time(16), time(17))
    assert not isinstance(read_time("1660-1700"), Moment)
