"""Taking another system over: both tracks side by side, row by row, and a switch that proves itself."""

import hashlib
import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from raincheck.archive.erasing import erase_candidate
from raincheck.audit.models import Entry
from raincheck.audit.notes import NotOurs, signer
from raincheck.migration.dual_track import actions
from raincheck.migration.dual_track.actions import ComparedLongAgo, streak
from raincheck.migration.dual_track.models import DualTrack, TrackDay, TrackDifference
from raincheck.migration.dual_track.reading import read
from raincheck.migration.dual_track.telling import of_day
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.rows.survey import Wishes, study
from raincheck.recruiting.models import Candidate, Interview
from tests import people
from tests.commands import raincheck

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SHANGHAI).date()
PAGE = "/console/batches/tracks/"
HEADINGS = "姓名,手机号,岗位,面试开始时间,面试结束时间,状态\n"
STATES = {"scheduled": "待面试", "cancelled": "已取消", "submitted": "已完成", "no_show": "未到"}


@pytest.fixture
def booked(here):
    """Return three interviews of three candidates, as both tracks know them."""
    others = [here.add_candidate(), here.add_candidate()]
    return [
        here.book(hours=hours, candidate=whose, with_vendor=False)
        for hours, whose in zip((100, 120, 140), (here.candidate, *others), strict=True)
    ]


def line(here, interview, *, moved=timedelta(), state="", name="", phone="", position=""):
    """Return an interview's row in the other system's export."""
    candidate = interview.application.candidate
    start, end = (
        (at + moved).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        for at in (interview.starts_at, interview.ends_at)
    )
    said = STATES[state or interview.state]
    return ",".join(
        (name or candidate.name, phone or here.phone(candidate), position or "数据分析师", start, end, said)
    )


@pytest.fixture
def track(here, hr):
    """Return a take-over begun in the console that needs two days in a row."""
    assert hr.post(PAGE, {"name": "旧招聘系统", "needed": "2"}).status_code == 302
    with here.scope():
        return DualTrack.objects.get()


@pytest.fixture
def load(here, track, tmp_path):
    """Return a function that compares rows as of a day that lies so many days back."""

    def loaded(*lines, ago=0):
        path = tmp_path / "old.csv"
        path.write_text(HEADINGS + "\n".join(lines) + "\n")
        with Source.open(path) as source:
            understood = study(open_table(source, Reading()), Wishes())
            file = actions.File(path.name, source.sha256, understood, "CN")
            with here.scope() as now:
                moment = now - timedelta(days=ago)
                return actions.load(track_id=track.id, file=file, actor=here.actor("hr_manager"), now=moment)

    return loaded


def differences(here, day):
    with here.scope():
        return [
            (one.kind, one.number, one.interview_id)
            for one in day.differences.order_by("kind", "number", "interview_id")
        ]


def test_tracks_that_agree_agree_by_count_and_checksum_and_nothing_is_loaded(here, booked, load):
    before = here.count(Interview), here.count(Candidate)
    day = load(*(line(here, one) for one in booked))
    assert (day.rows_there, day.rows_here, day.agreeing, day.counts) == (3, 3, 3, {})
    assert day.checksum_there == day.checksum_here
    assert (here.count(Interview), here.count(Candidate)) == before
    assert here.entries()[-1] == "track.compared"


def test_every_kind_of_difference_is_named_by_row(here, booked, load):
    first, second, third = booked
    here.put(second, state="no_show")
    stranger = line(here, first, name="陌生人", phone="13799999999")
    day = load(
        line(here, first, moved=timedelta(hours=2)),
        line(here, here.fresh(second), state="scheduled"),
        stranger,
        "示例,13700000000,数据分析师,不是时间,,待面试",
    )
    assert day.counts == {
        "missing_here": 1, "missing_there": 1, "other_state": 1, "other_time": 1, "unreadable": 1,
    }  # fmt: skip
    assert differences(here, day) == [
        ("missing_here", 4, None),
        ("missing_there", None, third.id),
        ("other_state", 3, second.id),
        ("other_time", 2, first.id),
        ("unreadable", 5, None),
    ]
    assert day.agreeing == 0
    assert day.checksum_there != day.checksum_here


def test_a_minute_or_a_word_for_the_same_is_no_difference(here, booked, load):
    here.put(booked[0], state="expired", starts_at=datetime(2026, 1, 5, 2, tzinfo=UTC),
             ends_at=datetime(2026, 1, 5, 3, tzinfo=UTC))  # fmt: skip
    lapsed = here.fresh(booked[0])
    rows = [line(here, lapsed, state="no_show"), line(here, booked[1], moved=timedelta(seconds=30))]
    assert load(*rows, line(here, booked[2])).counts == {}
    here.put(lapsed, state="scheduled")
    still = line(here, lapsed, state="scheduled")
    assert load(still, *rows[1:], line(here, booked[2])).counts == {}


def test_while_a_cancellation_is_under_way_neither_side_is_wrong(here, soon, load):
    here.ask(soon)
    assert here.fresh(soon).state == "cancelling"
    for said in ("scheduled", "cancelled"):
        assert load(line(here, soon, state=said)).counts == {}
    assert load(line(here, soon, state="submitted")).counts == {"other_state": 1}


def test_what_is_cancelled_here_need_not_be_in_the_others_export(here, booked, load):
    here.put(booked[2], state="cancelled")
    gone = load(line(here, booked[0]), line(here, booked[1]))
    assert (gone.counts, gone.rows_there, gone.rows_here) == ({}, 2, 2)
    assert gone.checksum_there == gone.checksum_here
    assert load(*(line(here, here.fresh(one)) for one in booked)).counts == {}


def test_a_new_interview_in_the_place_of_a_cancelled_one_is_what_is_compared(here, booked, load):
    whose = booked[2].application.candidate
    here.put(booked[2], state="cancelled")
    again = here.book(hours=140, candidate=whose, with_vendor=False)
    here.put(again, starts_at=booked[2].starts_at, ends_at=booked[2].ends_at)
    both = line(here, booked[0]), line(here, booked[1])
    assert load(*both, line(here, here.fresh(again))).counts == {}
    later = timedelta(days=1)
    here.put(again, starts_at=booked[2].starts_at + later, ends_at=booked[2].ends_at + later)
    moved = here.fresh(again)
    assert load(*both, line(here, moved)).counts == {}
    late = load(*both, line(here, moved, moved=timedelta(hours=1)))
    assert differences(here, late) == [("other_time", 4, again.id)]


def test_a_row_said_twice_counts_once_and_is_told(here, booked, load, hr, track):
    rows = [line(here, one) for one in booked]
    day = load(*rows, rows[1], rows[1])
    assert (day.counts, day.rows_there, day.repeated) == ({}, 3, 2)
    assert day.checksum_there == day.checksum_here
    with here.scope():
        assert Entry.objects.get(action="track.compared").facts["repeated"] == 2
    assert "对方重复 2 行，不计" in people.text(hr.get(f"{PAGE}{track.id}/"))
    assert "重复 / repeated 2" in of_day(day)[1]


def test_twice_is_only_what_is_the_same_in_all_that_is_compared(here, booked, load):
    rows = [line(here, one) for one in booked]
    assert load(*rows, line(here, booked[0], state="cancelled")).counts == {"missing_here": 1}
    assert load(*rows, line(here, booked[0], moved=timedelta(days=1))).counts == {"missing_here": 1}
    stranger = line(here, booked[0], name="陌生人", phone="13799999999")
    assert load(*rows, stranger, stranger).counts == {"missing_here": 2}


def test_a_person_with_another_name_there_is_told_by_their_number(here, booked, load):
    rows = [line(here, one) for one in booked[1:]]
    assert load(line(here, booked[0], name="改了名"), *rows).counts == {}
    moved = load(line(here, booked[0], name="改了名", moved=timedelta(hours=1)), *rows)
    assert differences(here, moved) == [("other_time", 2, booked[0].id)]


def test_somebody_who_was_erased_here_is_missed_by_nobody_once_they_are_gone_there(here, booked, load):
    whose, row = booked[0].application.candidate, line(here, booked[0])
    here.put(booked[0], state="submitted", starts_at=datetime(2026, 1, 5, 2, tzinfo=UTC),
             ends_at=datetime(2026, 1, 5, 3, tzinfo=UTC))  # fmt: skip
    with here.scope() as now:
        erase_candidate(candidate_id=whose.id, actor=here.actor("hr_manager"), now=now)
    rest = [line(here, one) for one in booked[1:]]
    assert load(*rest).counts == {}
    assert load(row, *rest).counts == {"missing_here": 1}


def test_what_stands_against_a_row_is_said_in_words_of_both_languages(here, booked, load, track, hr):
    load(*(line(here, one) for one in booked), "示例,13700000000,数据分析师,不是时间,,待面试")
    page = people.text(hr.get(f"{PAGE}{track.id}/"))
    assert "看不懂这个日期" in page
    assert "面试开始时间" in page
    assert "not_a_date" in page
    english = people.text(hr.get(f"{PAGE}{track.id}/", headers={"accept-language": "en"}))
    assert "understood as a date" in english


def test_another_list_than_of_interviews_is_refused_and_leaves_the_day_as_it_was(here, booked, run, tmp_path):
    named = ("--company", here.company.slug, "--name", "old ats")
    run("track", "begin", *named, timeout=600)
    interviews, people_ = tmp_path / "old.csv", tmp_path / "people.csv"
    interviews.write_text(HEADINGS + "".join(line(here, one) + "\n" for one in booked))
    people_.write_text("姓名,手机号,学校\n示例,13700000000,示例大学\n")
    assert run("track", "load", *named, str(interviews), timeout=600).returncode == 0
    refused = run("track", "load", *named, str(people_), timeout=600)
    assert (refused.returncode, "缺少必需的列" in refused.stderr) == (1, True)
    with here.scope():
        assert TrackDay.objects.get().counts == {}
    interviews.write_bytes(interviews.read_text().encode("big5", "replace") + b"\xff\n")
    assert "--encoding" in run("track", "load", *named, str(interviews), timeout=600).stderr
    helped = run("track", "load", "--help", timeout=600)
    assert ("--encoding" in helped.stdout, "--sheet" in helped.stdout) == (True, True)


def test_a_days_later_load_replaces_the_earlier(here, booked, load):
    assert load(line(here, booked[0])).differing == 2
    assert load(*(line(here, one) for one in booked)).differing == 0
    assert (here.count(TrackDay), here.count(TrackDifference)) == (1, 0)


@pytest.mark.parametrize(
    ("said", "agreed"),
    [("+", 1), ("++", 2), ("+-+", 1), ("-++", 2), ("++-", 0), ("+ +", 1), ("", 0), ("+ ++", 2)],
)
def test_only_days_in_a_row_without_a_gap_count(said, agreed):
    days = [
        TrackDay(
            day=datetime(2026, 3, 1 + n, tzinfo=UTC).date(), counts={} if mark == "+" else {"other_time": 1}
        )
        for n, mark in enumerate(said)
        if mark != " "
    ]
    assert len(streak(days)) == agreed


def test_the_switch_waits_for_enough_days_and_signs_what_it_rests_on(here, booked, load, track, hr, viewer):
    rows = [line(here, one) for one in booked]
    switch, report = f"{PAGE}{track.id}/switch/", f"{PAGE}{track.id}/report/"
    load(*rows)
    assert hr.get(report).status_code == 404
    assert hr.post(switch).status_code == 409
    load(*rows, ago=1)
    assert "可以切换" in people.text(hr.get(f"{PAGE}{track.id}/"))
    assert viewer.post(switch).status_code == 403
    assert hr.post(switch).status_code == 302
    text = hr.get(report).content.decode()
    said = read(text, signer().verifier)
    assert (said["source"], len(said["days"]), said["days_in_a_row_needed"]) == ("旧招聘系统", 2, 2)
    assert said["days"][-1]["checksum_there"] == said["days"][-1]["checksum_here"]
    with here.scope():
        entry = Entry.objects.get(action="track.switched")
    assert entry.facts["report"] == hashlib.sha256(text.encode()).hexdigest()
    with pytest.raises(NotOurs):
        read(text.replace('"rows_here":3', '"rows_here":4'), signer().verifier)
    assert hr.post(switch).status_code == 409


def test_days_that_agreed_long_ago_are_no_ground_for_a_switch(here, booked, load, track):
    rows = [line(here, one) for one in booked]
    load(*rows, ago=4)
    load(*rows, ago=3)
    with here.scope() as now, pytest.raises(ComparedLongAgo):
        actions.switch(track_id=track.id, actor=here.actor("hr_manager"), now=now)


def test_interviews_before_the_day_it_begins_with_are_left_out(here, booked, load, track):
    here.put(track, since=booked[2].starts_at - timedelta(hours=1))
    day = load(*(line(here, one) for one in booked[1:]))
    assert (day.rows_there, day.rows_here, day.counts) == (1, 1, {})


def test_the_page_leads_to_each_interview_that_differs_and_shows_nobodys_number(
    here, booked, load, track, hr
):
    load(line(here, booked[0], moved=timedelta(days=1)), *(line(here, one) for one in booked[1:]))
    shown = people.text(hr.get(f"{PAGE}{track.id}/"))
    assert f"/console/interviews/{booked[0].id}/" in shown
    assert "时间不同" in shown
    assert here.phone()[-8:] not in shown
    of_another_kind = people.text(hr.get(f"{PAGE}{track.id}/?kind=other_state"))
    assert f"/console/interviews/{booked[0].id}/" not in of_another_kind
    assert "没有这一类差异" in of_another_kind
    assert f"/console/interviews/{booked[0].id}/" in people.text(hr.get(f"{PAGE}{track.id}/?kind=other_time"))


def test_the_page_says_both_ends_where_only_the_end_differs(here, booked, load, track, hr):
    there = booked[0].ends_at.astimezone(SHANGHAI)
    said = line(here, booked[0]).replace(f"{there:%H:%M:%S}", f"{there + timedelta(minutes=15):%H:%M:%S}")
    day = load(said, *(line(here, one) for one in booked[1:]))
    assert day.counts == {"other_time": 1}
    shown = people.text(hr.get(f"{PAGE}{track.id}/"))
    assert f"–{there:%H:%M}" in shown
    assert f"–{there + timedelta(minutes=15):%H:%M}" in shown


def test_the_day_it_begins_with_is_a_day_of_the_companys_zone(here, hr, run):
    day = str(TODAY + timedelta(days=7))
    hr.post(PAGE, {"name": "旧系统", "needed": "2", "since": day})
    named = ("--company", here.company.slug, "--name", "old ats")
    assert run("track", "begin", *named, "--since", day, timeout=600).returncode == 0
    with here.scope():
        begun = list(DualTrack.objects.order_by("begun_at"))
    before = datetime.combine(TODAY + timedelta(days=6), time(16), UTC)
    assert [one.since for one in begun] == [before] * 2
    assert f"只核对 {day} 起的面试" in people.text(hr.get(f"{PAGE}{begun[0].id}/"))


@pytest.mark.parametrize("since", ["2026-02-30", "tomorrow", "05.12.2026", "20261205x", "2025-01-01"])
def test_a_day_to_begin_with_that_is_none_or_over_is_refused_in_words(here, run, hr, since):
    named = ("--company", here.company.slug, "--name", "old ats")
    refused = run("track", "begin", *named, "--since", since, timeout=600)
    assert (refused.returncode, f"起始日期不正确 ({since})." in refused.stderr) == (1, True), refused.stderr
    assert refused.stderr.rstrip().endswith("[bad_since]")
    assert "switch" in refused.stderr
    page = people.text(hr.post(PAGE, {"name": "旧系统", "needed": "2", "since": since}))
    assert ("起始日期不正确" in page, 'id="since-error"' in page) == (True, True)
    assert here.count(DualTrack) == 0


@pytest.mark.parametrize(
    ("field", "typed"),
    [("name", " "), ("needed", "0"), ("needed", "x"), ("needed", "91"), ("since", "2026-02-30")],
)
def test_terms_that_cannot_be_are_refused_beside_their_field(here, hr, field, typed):
    answer = hr.post(PAGE, {"name": "旧系统", "needed": "3", field: typed})
    assert (answer.status_code, f'id="{field}-error"' in people.text(answer)) == (422, True)
    assert here.count(DualTrack) == 0


def test_from_a_shell_day_after_day_to_a_report_that_anybody_can_check(here, booked, run, tmp_path):
    named = ("--company", here.company.slug, "--name", "old ats")
    assert run("track", "begin", *named, "--days", "1", timeout=600).returncode == 0
    path, report = tmp_path / "old.csv", tmp_path / "report.txt"
    path.write_text(HEADINGS + line(here, booked[0]) + "\n")
    differs = run("track", "load", *named, str(path), timeout=600)
    assert (differs.returncode, "missing_there\t2" in differs.stdout) == (1, True), differs.stderr
    assert str(booked[1].id) in run("track", "show", *named, timeout=600).stdout
    assert run("track", "switch", *named, timeout=600).returncode == 1
    early = run("track", "report", *named, timeout=600)
    assert (early.returncode, "not_switched_yet" in early.stderr) == (1, True)
    assert "no_such_track" in run("track", "show", *named[:3], "another", timeout=600).stderr
    path.write_text(HEADINGS + "".join(line(here, one) + "\n" for one in booked) + "合计：3人,,,,,\n")
    agrees = run("track", "load", *named, str(path), timeout=600)
    assert (agrees.returncode, "(row 5)" in agrees.stdout) == (0, True), agrees.stdout + agrees.stderr
    nowhere = run("track", "switch", *named, "--report", str(tmp_path / "none" / "x.txt"), timeout=600)
    assert (nowhere.returncode, "raincheck dual-track report" in nowhere.stdout) == (1, True)
    assert "already_switched" in run("track", "switch", *named, timeout=600).stderr
    report.write_text(run("track", "report", *named, timeout=600).stdout)
    key = run("audit", "key", timeout=600).stdout.strip()
    nowhere = {"RAINCHECK_HOME": str(tmp_path / "none")}
    checked = raincheck("track", "verify", str(report), "--key", key, **nowhere)
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout.split("\n", 1)[1])["source"] == "old ats"
    report.write_text(report.read_text().replace("old ats", "new ats"))
    assert raincheck("track", "verify", str(report), "--key", key, **nowhere).returncode == 1
    assert not (tmp_path / "none").exists()
