"""How people really keep lists: no years, ticks and dashes, rosters, windows that are over before their deadline."""

from datetime import UTC, datetime

import pytest

from raincheck.migration.models import QuarantinedRow
from raincheck.recruiting.models import Interview
from tests.flows.importing import rejected, scope, warned
from tests.flows.uploading import ZONE, form_of, sent

HEAD = "姓名,手机号,岗位,面试时间,状态\n"


def starts():
    with scope():
        return {
            name: start.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
            for name, start in Interview.objects.values_list("application__candidate__name", "starts_at")
        }


def test_days_without_a_year_are_of_the_year_that_is_said_and_again_without_it_is_another_reading(brought):
    text = (
        HEAD
        + "示例甲,13800000001,工程师,3月16日 下午2点,已完成\n示例乙,13800000002,工程师,3/17 14:00,已完成\n"
    )
    refused = brought(text, way="--dry-run", status=1, tz="UTC")
    assert {code for _, _, code in rejected(refused).values()} == {"no_year"}
    assert brought(text, "--year", "2026", tz="UTC")["loaded"] == 2
    assert starts() == {"示例甲": "2026-03-16 14:00", "示例乙": "2026-03-17 14:00"}
    assert brought(text, "--year", "2026", tz="UTC")["unchanged"] == 2


@pytest.mark.parametrize("year", ["26", "20x6", "3000", "-2026", "２０２６"])
def test_what_is_no_year_is_refused_by_name(brought, year, capsys):
    with pytest.raises(SystemExit):
        brought(HEAD, "--year", year)
    assert "2026" in capsys.readouterr().err


def test_weekdays_prove_the_year_and_it_is_said(brought):
    year = datetime.now(UTC).year
    days = [datetime(year, 3, day, tzinfo=UTC) for day in (2, 3, 4)]
    rows = "".join(
        f"示例{n},1380000000{n},工程师,3月{day.day}日（周{'一二三四五六日'[day.weekday()]}） 10:00,\n"
        for n, day in enumerate(days)
    )
    said = brought(HEAD + rows, tz="UTC")
    assert said["loaded"] == 3
    assert str(year) in warned(said)["year_proven"]
    assert set(starts().values()) == {f"{year}-03-0{n} 10:00" for n in (2, 3, 4)}


def test_a_row_set_right_later_is_read_in_the_year_of_its_file(here, hr, drain, brought):
    """The year is kept with the run, as the order of its dates is."""
    text = (
        HEAD + "示例甲,13800000001,工程师,3月16日 10:00,已完成\n示例乙,1380000,工程师,3月17日 10:00,已完成\n"
    )
    path = sent(hr, text)
    form = form_of(hr.get(path).content.decode())
    wrong = hr.post(f"{path}columns/", {**form, "timezone": ZONE, "year": "26"})
    assert wrong.status_code == 422
    assert "这不是年份" in wrong.content.decode()
    assert hr.post(f"{path}columns/", {**form, "timezone": ZONE, "year": "2026"}).status_code == 302
    drain()
    hr.post(f"{path}load/")
    drain()
    with here.scope():
        row = QuarantinedRow.objects.get()
    answer = hr.post(f"/console/batches/rows/{row.id}/mend/", {"cell-1": "13900000077"})
    assert answer.status_code == 302, answer.content.decode()
    with here.scope():
        found = Interview.objects.get(application__candidate__name="示例乙")
    assert found.starts_at.strftime("%Y-%m-%d") == "2026-03-17"


def test_dashes_and_nulls_hold_nothing_and_ticks_are_yes(brought):
    head = "姓名,手机号,邮箱,岗位,面试时间,是否到场,时长\n"
    said = brought(
        head
        + "示例甲,-,NULL,工程师,2026-03-16 10:00,√,-\n"
        + "示例乙,13800000002,N/A,工程师,2026-03-16 11:00,×,18分32秒\n",
        tz=ZONE,
    )
    assert (said["loaded"], said["rejected"]) == (2, 0), rejected(said)
    with scope():
        states = dict(Interview.objects.values_list("application__candidate__name", "state"))
    assert states == {"示例甲": "submitted", "示例乙": "no_show"}


def test_an_ai_interview_that_was_over_before_its_deadline_is_a_window(brought):
    head = "姓名,手机号,岗位,面试时间,结束时间,截止时间,状态\n"
    said = brought(
        head + "示例甲,13800000001,工程师,2026-03-16 10:00,2026-03-16 10:25,2026-03-20 23:59,已完成\n",
        tz="UTC",
    )
    assert said["loaded"] == 1
    assert "end_not_loaded" in warned(said)
    with scope():
        one = Interview.objects.get()
    assert (one.kind, one.ends_at.strftime("%m-%d %H:%M")) == ("window", "03-20 23:59")


def test_times_as_rosters_write_them(brought):
    head = "Name,Phone,Position,Date,Time\n"
    said = brought(head + "Ada Example,+8613800000001,Engineer,2026-03-16,1600 - 1700\n", tz="UTC")
    assert said["loaded"] == 1
    with scope():
        one = Interview.objects.get()
    assert [at.strftime("%H:%M") for at in (one.starts_at, one.ends_at)] == ["16:00", "17:00"]
    wrong = brought(head + "Bob Example,+8613800000002,Engineer,2026-03-16,1660 - 1700\n", tz="UTC", status=1)
    assert [code for _, _, code in rejected(wrong).values()] == ["not_a_date"]
