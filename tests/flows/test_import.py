"""`raincheck import`, told as an operator types it: files in, figures out, rows in the database or none."""

import hashlib
import io
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from django.db import DatabaseError

from raincheck import cli
from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import CandidateIdentity, Company, RoleGrant, Staff
from raincheck.accounts.queries import companies_called
from raincheck.archive.models import HistoryRecord, TalentProfile
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Role
from raincheck.migration.files import source
from raincheck.migration.loading import aftercheck
from raincheck.migration.loading.aftercheck import chained
from raincheck.migration.loading.originals import original_of
from raincheck.migration.loading.places import Places
from raincheck.migration.models import CandidateKey, ImportedRow, ImportRun
from raincheck.migration.values import checks
from raincheck.recruiting import tasks as recruiting_tasks
from raincheck.recruiting.models import Application, Candidate, Department, Interview, Position
from raincheck.worklist.models import Task
from tests import people, world
from tests.flows.importing import COMPANY, everything, rejected, scope, warned

ZONE = ZoneInfo("Asia/Kolkata")
#: Rows of the same kinds of mess that real lists show; everybody in here is made up.
MESSY = """\
Date of Interview,Client name,Position to be closed,Interview Type,Name(Cand ID),Expected Attendance,\
Observed Attendance,,
13.05.2025,Example Bank,Routine,Scheduled ,Person 1,Yes,Yes,,
13.05.2025 ,Example Bank,Routine,Walkin,Person 2,Yes,NO,,
04/06/25,Example Bank,Niche,Sceduled walkin,Person 3,NA,yes ,,
21.5.25,Example Bank,Routine,Walkin ,Person 4,10.30 Am,No ,,
21-May -25,Example Bank,Routine,Walkin,Person 5,Yes,yes,,
25 – May-25,Example Bank,Routine,Walkin,Person 6,Yes,no,,NA
28.5.2025 & 10.30 AM,Example Bank,Dot Net,Walkin,Person 7,Yes,no ,,
18.03.2019,Example Bank,Routine,Walkin,Person 8,Yes,Yes,,
31.06.2025,Example Bank,Routine,Walkin,Person 9,Yes,Yes,,
"""
CHINESE = "姓名,手机号,应聘职位,部门,面试时间,状态,渠道,学校,取消原因\n"


def future(days=30):
    return (datetime.now(UTC) + timedelta(days=days)).astimezone(ZONE).strftime("%Y-%m-%d 14:00")


def one(model, **where):
    with scope():
        return model.objects.get(**where)


def interview_of(name):
    with scope():
        related = Interview.objects.select_related(
            "application__candidate__identity", "application__position"
        )
        return related.get(application__candidate__name=name)


def test_a_messy_list_is_loaded_and_every_row_accounted_for(brought):
    said = brought(MESSY)
    assert (said["rows_in"], said["loaded"], said["rejected"], said["unchanged"]) == (9, 8, 1, 0)
    assert rejected(said) == {10: ("Date of Interview", "31.06.2025", "no_such_day")}
    assert "day-month-year" in warned(said)["date_order"]
    assert "18.03.2019" in warned(said)["far_dates"]
    assert "7 interviews" in warned(said)["day_precision"]
    fields = {line["heading"]: line["field"] for line in said["mapping"]}
    assert fields["Date of Interview"] == "start"
    assert fields["Name(Cand ID)"] == "name_and_id"
    assert fields["Expected Attendance"] is None
    assert one(ImportRun).warnings
    with scope():
        states = dict(Interview.objects.values_list("application__candidate__name", "state"))
    assert states == {f"Person {n}": "submitted" if n in {1, 3, 5, 8} else "no_show" for n in range(1, 9)}


def test_a_day_without_a_time_is_a_window_of_that_day_in_the_files_zone(brought):
    brought(MESSY)
    day, slot = interview_of("Person 3"), interview_of("Person 7")
    assert (day.kind, day.precision) == ("window", "day")
    assert day.starts_at == datetime(2025, 6, 4, tzinfo=ZONE)
    assert day.ends_at == datetime(2025, 6, 5, tzinfo=ZONE)
    assert (slot.kind, slot.precision) == ("slot", "minute")
    assert slot.starts_at == datetime(2025, 5, 28, 10, 30, tzinfo=ZONE)


def test_no_value_of_the_source_is_lost_or_changed(brought):
    brought(MESSY)
    interview = interview_of("Person 3")
    with scope():
        kept = dict(original_of(interview))
    assert kept["Date of Interview"] == "04/06/25"
    assert kept["Interview Type"] == "Sceduled walkin"
    assert kept["Observed Attendance"] == "yes"
    last = interview_of("Person 6")
    with scope():
        assert ("#9", "NA") in original_of(last)


def test_importing_twice_adds_nothing_at_all(brought, superuser):
    first = brought(MESSY)
    before = everything(superuser)
    second = brought(MESSY)
    assert (second["loaded"], second["unchanged"], second["rejected"]) == (0, first["loaded"], 1)
    assert everything(superuser) == before


def test_columns_in_another_order_and_padding_make_no_new_row(brought):
    brought(MESSY)
    lines = [line.split(",")[::-1] for line in MESSY.splitlines()]
    turned = "\n".join(",".join(f" {cell} " if cell else "" for cell in line) for line in lines)
    assert brought(turned)["unchanged"] == 6 + 1


def test_a_dry_run_says_the_same_and_changes_nothing(brought, superuser):
    before = everything(superuser)
    dry = brought(MESSY, way="--dry-run")
    assert everything(superuser) == before
    assert companies_called(COMPANY) == []
    real = brought(MESSY)
    assert {**dry, "rejections_file": ""} == {**real, "rejections_file": ""}


def test_a_dry_run_on_a_terminal_shows_mapping_order_and_rejections(db, tmp_path, capsys):
    path = tmp_path / "interviews.csv"
    path.write_text(
        CHINESE + f"示例甲,1380000,后端,研发部,{future()},,,,\n示例乙,,后端,研发部,{future()},在办,,,\n"
    )
    status = cli.main(["import", str(path), "--company", COMPANY, "--tz", "Asia/Shanghai", "--dry-run"])
    shown = capsys.readouterr().out
    assert status == 1
    assert "姓名 → 姓名 / name" in shown
    assert "2 rows = 0 loaded + 2 rejected + 0 unchanged" in shown
    assert "在办" in shown
    assert "1380000" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_terminal_that_cannot_show_a_character_keeps_nothing_from_being_told(
    db, tmp_path, monkeypatch, encoding
):
    path = tmp_path / "interviews.csv"
    path.write_text(f"name,position,date\nJosé 😀 示例,Routine,{future()}\nPerson 1,Routine,😀\n")
    shown = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", shown)
    assert cli.main(["import", str(path), "--company", COMPANY, "--tz", "Asia/Shanghai", "--yes"]) == 0
    assert b"2 rows = 1 loaded + 1 rejected" in shown.buffer.getvalue()


def test_a_company_is_made_with_its_zone_and_reasons(brought):
    brought(MESSY)
    [company] = companies_called(COMPANY)
    assert (company.timezone, company.slug[:2]) == ("Asia/Kolkata", "c-")
    brought(MESSY, company="Example Corp, Ltd.")
    assert companies_called("example-corp-ltd")[0].name == "Example Corp, Ltd."
    with scope():
        entries = list(Entry.objects.order_by("at", "id"))
        run = ImportRun.objects.get()
    assert [entry.action for entry in entries] == [
        "company.founded",
        "company.import_part",
        "company.imported",
        "task.opened",
    ]
    part, whole = entries[1].facts, entries[2].facts
    assert (part["first"], part["last"], part["rows"], part["loaded"]) == (2, 10, 9, 8)
    assert chained("", part["checksum"]) == run.checksum == whole["checksum"]


def test_a_company_that_is_made_is_said_so_that_a_slip_of_the_name_is_seen(brought, here):
    assert "company_made" in warned(brought(MESSY, company="没有这家", way="--dry-run"))
    assert "company_made" not in warned(brought(MESSY, company=here.company.slug, way="--dry-run"))


def test_an_existing_company_is_found_by_name_or_address(brought, here, there):
    brought(MESSY, company=here.company.name)
    brought(MESSY, company=there.company.slug)
    assert here.count(Interview) == there.count(Interview) == 8
    assert here.count(ImportRun) == 1


def test_two_companies_of_one_name_are_told_apart_by_address(brought, here, there):
    with there.scope():
        Company.objects.filter(id=there.company.id).update(name=here.company.name)
    said = brought(MESSY, company=here.company.name, status=1)
    assert said["error"] == "company_ambiguous"
    assert here.company.slug in said["message"]
    assert there.company.slug in said["message"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headings_in_every_encoding(brought, encoding):
    text = CHINESE + f"示例甲,138 0000 0001,数据分析师,数据部,{future()},待面试,校园招聘,示例大学,\n"
    brought(text.encode(encoding), tz="Asia/Shanghai")
    interview = interview_of("示例甲")
    application = interview.application
    assert (interview.state, application.state, application.source) == (
        "scheduled",
        "interviewing",
        "校园招聘",
    )
    assert (application.position.title, application.candidate.school) == ("数据分析师", "示例大学")
    assert application.position.owner_id is None
    with scope():
        assert open_contacts(application.candidate.identity).phone == "+8613800000001"
        assert Department.objects.get().name == "数据部"


def test_contacts_are_sealed_and_found_by_hash(brought, superuser):
    head = "姓名,手机,邮箱,身份证号,岗位,面试时间,备注\n"
    person = "示例甲,13907654321,Planted.Marker@secret.example,11010519491231002X,后端"
    brought(f"{head}{person},{future()},打 13907654321 找他\n", tz="Asia/Shanghai")
    with scope():
        contacts = open_contacts(CandidateIdentity.objects.get())
    assert contacts.phone == "+8613907654321"
    assert (contacts.email, contacts.id_number) == ("planted.marker@secret.example", "11010519491231002X")
    for (table,) in superuser.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    ).fetchall():
        with superuser.cursor().copy(f'COPY "{table}" TO STDOUT') as rows:
            dump = "".join(bytes(row).decode() for row in rows).lower()
        for secret in ("13907654321", "planted.marker", "11010519491231002x"):
            assert secret not in dump, table
            assert secret.encode().hex() not in dump, table


def test_rejected_values_stay_out_of_logs_and_terminal(db, tmp_path, capsys, caplog):
    path = tmp_path / "interviews.csv"
    path.write_text(f"姓名,手机,邮箱,岗位,面试时间\n示例甲,139076543219,not.a.mail,后端,{future()}\n")
    cli.main(["import", str(path), "--company", COMPANY, "--tz", "Asia/Shanghai", "--dry-run"])
    shown = capsys.readouterr()
    assert "139076543219" not in shown.out + shown.err + caplog.text
    assert "not.a.mail" not in shown.out + shown.err + caplog.text


def test_a_number_in_a_column_it_does_not_belong_to_stays_off_the_terminal_too(db, tmp_path, capsys):
    path = tmp_path / "interviews.csv"
    shifted = "示例甲,后,端,139-0765-4321,a.person@secret.example\n"
    path.write_text(f"姓名,岗位,面试时间\n{shifted}示例乙,后端,待定\n")
    cli.main(["import", str(path), "--company", COMPANY, "--tz", "Asia/Shanghai", "--dry-run"])
    shown = capsys.readouterr().out
    assert "4321" not in shown
    assert "secret.example" not in shown
    assert "待定" in shown


def test_numbers_without_a_country_code_belong_to_the_zones_country_or_the_one_said(brought):
    text = "name,phone,position,date\nPerson 1,98765 43210,Routine,2027-01-05\n"
    said = brought(text, way="--dry-run")
    assert "IN" in warned(said)["phone_region"]
    assert brought(text, "--phone-region", "CN", way="--dry-run", status=1)["rejected"] == 1


def test_rows_of_one_person_become_one_candidate(brought):
    rows = [
        f"示例甲,13800000001,后端,研发部,{future(30)},,,,",
        f"示例 甲,+86 138-0000-0001,后端,研发部,{future(40)},,,,",
        f"示例甲,13800000001,前端,研发部,{future(50)},,,,",
        f"示例乙,13800000001,前端,研发部,{future(50)},,,,",
    ]
    said = brought(CHINESE + "\n".join(rows), tz="Asia/Shanghai")
    assert rejected(said) == {5: ("手机号", "13800000001", "known_by_another_name")}
    with scope():
        assert Candidate.objects.count() == 1
        assert (Application.objects.count(), Interview.objects.count()) == (2, 3)
    later = CHINESE + f"示例甲,13800000001,测试,研发部,{future(60)},,,,"
    assert brought(later, tz="Asia/Shanghai")["loaded"] == 1
    with scope():
        assert Candidate.objects.count() == 1


def test_without_a_department_the_only_position_of_that_title_is_meant(brought):
    head = "姓名,手机号,部门,岗位,面试时间\n"
    told = "示例甲,13800000001,财务部,会计,2026-03-02 10:00\n示例甲,13800000001,,出纳,2026-03-03 10:00\n"
    brought(head + told, tz="Asia/Shanghai")
    again = head + "示例甲,13800000001,,会计,2026-04-02 10:00\n示例乙,13800000002,,出纳,2026-04-03 10:00\n"
    assert brought(again, tz="Asia/Shanghai")["loaded"] == 2
    with scope():
        where = Interview.objects.values_list(
            "application__position__title", "application__position__department__name"
        )
        assert set(where) == {("会计", "财务部"), ("出纳", "未分部门")}
        # The same position, so the same application.
        assert Application.objects.count() == 3


def test_without_a_department_a_title_that_several_have_is_asked_about(brought):
    head = "姓名,手机号,部门,岗位,面试时间\n"
    told = (
        "示例甲,13800000001,财务部,会计,2026-03-02 10:00\n示例乙,13800000002,审计部,会计,2026-03-03 10:00\n"
    )
    said = brought(head + told + "示例丙,13800000003,,会计,2026-03-04 10:00\n", tz="Asia/Shanghai")
    assert (said["loaded"], said["rejected"]) == (2, 1)
    assert rejected(said) == {4: ("岗位", "会计", "which_position")}
    with scope():
        assert not Candidate.objects.filter(name="示例丙").exists()


def test_people_are_never_merged_by_name_alone(brought):
    rows = f"示例甲,,后端,研发部,{future(30)},,甲,,\n示例甲,,后端,研发部,{future(30)},,乙,,\n"
    said = brought(CHINESE + rows)
    assert "no_identifier" in warned(said)
    with scope():
        assert Candidate.objects.count() == 2


def test_ids_of_another_system_are_known_again_in_a_later_file(brought):
    head = "候选人编号,姓名,岗位,面试时间\n"
    brought(f"{head}A-1,示例甲,后端,{future(30)}\n")
    brought(f"{head}A-1,示例甲,前端,{future(31)}\nA-2,示例甲,前端,{future(31)}\n")
    with scope():
        assert (Candidate.objects.count(), CandidateKey.objects.count()) == (2, 2)


@pytest.mark.parametrize("batch", [1000, 1])
def test_a_person_is_known_by_what_a_later_row_says_of_them_too(brought, monkeypatch, batch):
    monkeypatch.setattr(source, "PART", batch)
    head = "候选人编号,手机,身份证号,姓名,岗位,面试时间\n"
    rows = [
        f",13800000001,,示例甲,后端,{future(30)}",
        f"7,13800000001,,示例甲,后端,{future(31)}",
        f"7,,11010519491231002X,示例甲,后端,{future(32)}",
        f",,11010519491231002X,示例甲,后端,{future(33)}",
    ]
    assert brought(head + "\n".join(rows), tz="Asia/Shanghai")["loaded"] == 4
    brought(f"{head}7,,,示例甲,后端,{future(34)}\n", tz="Asia/Shanghai")
    with scope():
        assert (Candidate.objects.count(), CandidateKey.objects.count()) == (1, 2)


def test_a_row_whose_numbers_belong_to_different_people_is_rejected(brought):
    head = "候选人编号,手机,姓名,岗位,面试时间\n"
    brought(
        f"{head}A-1,13800000001,示例甲,后端,{future()}\nA-2,13800000002,示例乙,后端,{future()}\n",
        tz="Asia/Shanghai",
    )
    said = brought(f"{head}A-1,13800000002,示例甲,前端,{future()}\n", tz="Asia/Shanghai", status=1)
    assert rejected(said)[2][2] == "several_people"


def test_the_same_row_twice_in_a_file_is_loaded_once_and_said(brought):
    row = f"示例甲,13800000001,后端,研发部,{future()},,,,\n"
    said = brought(CHINESE + row + row + "\n" + row, tz="Asia/Shanghai")
    assert (said["rows_in"], said["loaded"], said["unchanged"]) == (3, 1, 2)
    assert "3=2" in warned(said)["same_row_twice"]
    assert "5=2" in warned(said)["same_row_twice"]


def test_a_changed_row_of_an_interview_that_is_here_is_rejected_not_doubled(brought):
    row = f"示例甲,13800000001,后端,研发部,{future()},{{}},,,\n"
    brought(CHINESE + row.format("待面试"), tz="Asia/Shanghai")
    said = brought(CHINESE + row.format("已取消"), tz="Asia/Shanghai", status=1)
    assert rejected(said)[2][2] == "changed_since"
    assert one(Interview).state == "scheduled"


def test_a_copy_of_a_rejected_row_is_rejected_too(brought):
    row = f"示例甲,13800000001,后端,研发部,{future()},{{}},,,\n"
    brought(CHINESE + row.format("待面试"), tz="Asia/Shanghai")
    said = brought(CHINESE + row.format("已取消") * 2, tz="Asia/Shanghai", status=1)
    assert {number: code for number, (_, _, code) in rejected(said).items()} == dict.fromkeys(
        (2, 3), "changed_since"
    )


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("手机号", "12", "invalid_phone"),
        ("手机号", "1380000000", "invalid_phone"),
        ("手机号", "1.38E+10", "invalid_phone"),
        ("邮箱", "nobody", "invalid_email"),
        ("身份证号", "110105194912310021", "invalid_id_number"),
        ("姓名", "", "missing"),
        ("姓名", "示" * 81, "too_long"),
        ("应聘职位", "", "missing"),
        ("面试时间", "", "missing"),
        ("面试时间", "待定", "not_a_date"),
        ("面试时间", "04/05/2027", "order_unknown"),
        ("面试时间", "2027-01-05 14:00-13:00", "ends_before_start"),
        ("面试时间", "2099-01-05 14:00", "too_far"),
        ("面试时间", "0001-01-01", "year_out_of_range"),
        ("面试时间", "9999-12-31", "year_out_of_range"),
        ("截止时间", "9999-12-31 23:59:59.999", "year_out_of_range"),
        ("投递时间", "1016-04-12", "year_out_of_range"),
        ("状态", "在办", "unknown_word"),
        ("状态", "取消中", "cancellation_open"),
        ("是否到场", "也许", "unknown_word"),
        ("时长", "很久", "bad_duration"),
        ("取消原因", "时间冲突", "status_missing"),
        ("取消方", "路人", "unknown_word"),
    ],
)
def test_a_value_that_cannot_be_taken_rejects_its_row_with_column_value_and_reason(
    brought, column, value, code
):
    right = {"姓名": "示例甲", "应聘职位": "后端", "面试时间": future()}
    bad = {**right, column: value, **({"状态": "已取消"} if column == "取消方" else {})}
    heads = list(bad)
    lines = [heads, [bad[head] for head in heads], [right.get(head, "") for head in heads]]
    said = brought("\n".join(",".join(line) for line in lines))
    assert rejected(said) == {2: (column, value, code)}
    assert said["loaded"] == 1


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"取消时间": "2026-01-05 10:00"}, ("取消时间", "status_missing")),
        ({"取消方": "候选人"}, ("取消方", "status_missing")),
        ({"取消说明": "孩子生病"}, ("取消说明", "status_missing")),
        ({"状态": "待面试", "取消时间": "2026-01-05 10:00"}, ("取消时间", "not_cancelled")),
        ({"状态": "待面试", "取消方": "候选人"}, ("取消方", "not_cancelled")),
        ({"状态": "已取消", "取消时间": "2027-01-05 10:00"}, ("取消时间", "cancelled_in_future")),
        ({"时长": "0"}, ("时长", "bad_duration")),
        ({"时长": "25小时"}, ("时长", "bad_duration")),
        ({"结束时间": "2027-01-05 15:00", "时长": "30"}, ("结束时间", "times_contradict")),
        ({"截止时间": "2027-01-06", "结束时间": "2027-01-05 15:00"}, ("截止时间", "times_contradict")),
        ({"截止时间": "2027-01-06 10:00-12:00"}, ("截止时间", "two_ends")),
        ({"结束时间": "14:30-15:00"}, ("结束时间", "two_ends")),
    ],
)
def test_nothing_a_row_says_is_dropped_in_silence(brought, cells, found):
    row = {"姓名": "示例甲", "岗位": "后端", "面试时间": "2027-01-05 14:00", **cells}
    said = brought(",".join(row) + "\n" + ",".join(row.values()) + "\n", status=1)
    column, code = found
    assert rejected(said) == {2: (column, row[column], code)}


def test_what_is_kept_but_not_loaded_is_said(brought):
    head = "姓名,岗位,面试时间,状态,取消原因,截止时间,时长\n"
    said = brought(
        f"{head}示例甲,后端,2025-05-05 14:00,未到,时间冲突,,\n示例乙,后端,{future()},,,2027-03-05,30\n",
        status=0,
    )
    assert said["loaded"] == 2
    assert "row 2" in warned(said)["reason_not_loaded"]
    assert "row 3" in warned(said)["duration_not_loaded"]


@pytest.mark.parametrize(
    ("first", "last", "together"),
    [("José", "García", "José García"), ("小明", "示", "示小明"), ("Ann", "Example", "Ann Example")],
)
def test_names_in_two_columns_are_put_together_as_their_script_does(brought, first, last, together):
    brought(f"first name,last name,position,date\n{first},{last},Routine,{future()}\n")
    with scope():
        assert Candidate.objects.get().name == together


@pytest.mark.parametrize(
    ("half", "clock", "begins", "ends"),
    [
        ("下午", "2:00-3:30", "14:00", "15:30"),
        ("PM", "2:00", "14:00", "14:30"),
        ("下午", "14:00", "14:00", "14:30"),
        ("上午", "11:30-12:15", "11:30", "12:15"),
        ("中午", "12:30-1:00", "12:30", "13:00"),
        ("", "14:00", "14:00", "14:30"),
    ],
)
def test_the_half_of_the_day_may_stand_in_a_column_of_its_own(brought, half, clock, begins, ends):
    said = brought(f"姓名,岗位,面试日期,上午/下午,时间\n示例甲,后端,2031-05-06,{half},{clock}\n")
    assert said["loaded"] == 1
    found = interview_of("示例甲")
    assert [f"{at.astimezone(ZONE):%H:%M}" for at in (found.starts_at, found.ends_at)] == [begins, ends]


@pytest.mark.parametrize(
    ("half", "clock", "code"), [("上午", "14:00", "no_such_time"), ("全天", "9:00", "unknown_word")]
)
def test_a_half_of_the_day_that_contradicts_or_is_none_rejects_its_row(brought, half, clock, code):
    text = f"姓名,岗位,面试日期,上午/下午,时间\n示例甲,后端,2031-05-06,{half},{clock}\n"
    assert {code} == {code for _, _, code in rejected(brought(text, status=1)).values()}


def test_a_column_of_halves_of_the_day_is_asked_about_whatever_its_heading(brought):
    text = "姓名,岗位,面试日期,班次,时间\n" + "".join(
        f"示例{n},后端,2031-05-06,{'上下'[n % 2]}午,{n + 1}:00\n" for n in range(4)
    )
    assert "--map '#4=half'" in brought(text, status=1)["message"]


def test_midnights_of_one_column_say_nothing_of_another(brought):
    head = "姓名,岗位,面试时间,截止时间\n"
    rows = "示例甲,后端,2026-12-01 00:00,2026-12-05 00:00\n示例乙,后端,2026-12-02 00:00,2026-12-05 18:00\n"
    said = brought(head + rows, tz="Asia/Shanghai")
    assert "面试时间" in warned(said)["midnights"]
    assert interview_of("示例甲").ends_at == datetime(2026, 12, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_an_error_in_a_column_nothing_reads_is_only_kept(brought, tmp_path):
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "岗位", "面试时间", "评语"])
        for row, who in enumerate(("示例甲", "示例乙"), start=1):
            sheet.write_row(row, 0, [who, "后端", "2027-01-05 14:00"])
        sheet.write_formula(1, 3, "=VLOOKUP(A2,X:Y,2,0)", None, "#N/A")
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")
    said = brought(path.read_bytes(), name="interviews.xlsx")
    assert rejected(said) == {3: ("岗位", "#N/A", "error_cell")}
    interview = interview_of("示例甲")
    with scope():
        assert dict(original_of(interview))["评语"] == "#N/A"


def test_a_refusal_names_the_sheets_that_were_not_read(brought, tmp_path, capsys):
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {"说明": [["这里", "没有"], ["名单", "在后"]], "名单": [["姓名"]]}.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    ways = ["--company", COMPANY, "--tz", "Asia/Shanghai", "--dry-run"]
    assert cli.main(["import", str(path), *ways]) == 1
    said = capsys.readouterr().err
    assert "缺少必需的列" in said
    assert "only sheet “说明” was read, not: 名单 (choose with --sheet)" in said


def test_a_shell_shows_a_rejected_date_and_word_but_no_number(db, tmp_path, capsys):
    path = tmp_path / "list.csv"
    rows = ("示例甲,1381111000,后端,,2026-11-31 14:30,,,,", "示例乙,,后端,,2026-11-30 14:30,飞了,,,")
    path.write_text(CHINESE + "\n".join(rows))
    assert cli.main(["import", str(path), "--company", COMPANY, "--tz", "Asia/Shanghai", "--dry-run"]) == 1
    said = capsys.readouterr().out
    assert "“2026-11-31 14:30”" in said
    assert "1381111000" not in said
    assert "飞了" in said
    assert "write one of: scheduled, completed" in said


def test_a_row_that_breaks_the_reader_is_rejected_like_any_other(brought, monkeypatch):
    def breaks(text, **_):
        if text == "13800000001":
            raise ZeroDivisionError(text)
        return text

    monkeypatch.setattr(checks, "phone", breaks)
    rows = f"示例甲,13800000001,后端,,{future()},,,,\n示例乙,,后端,,{future()},,,,\n"
    said = brought(CHINESE + rows)
    assert rejected(said) == {2: ("", "", "row_failed")}
    assert said["loaded"] == 1


def test_a_failure_nobody_thought_of_is_told_in_words(brought, superuser, monkeypatch, capsys):
    before = everything(superuser)

    def fails(*_):
        raise ZeroDivisionError("the value of somebody's row")

    monkeypatch.setattr(Places, "place", fails)
    said = brought(MESSY, status=1)
    assert said["error"] == "unexpected_failure"
    assert "ZeroDivisionError" in said["message"]
    assert "somebody" not in said["message"]
    assert everything(superuser) == before


def test_a_row_with_more_cells_than_headings_is_rejected(brought):
    said = brought(f"姓名,岗位,面试时间\n示例甲,后端,前端,{future()}\n示例乙,后端,{future()}\n")
    assert rejected(said)[2][2] == "not_a_date" or rejected(said)[2][2] == "too_many_cells"
    assert said["loaded"] == 1


def test_states_come_from_words_and_the_calendar(brought):
    rows = {
        "甲": (future(), "已预约", "scheduled"),
        "乙": ("2025-05-05 14:00", "待面试", "expired"),
        "丙": ("2025-05-05 14:00", "", "expired"),
        "丁": (future(), "", "scheduled"),
        "戊": ("2025-05-05 14:00", "Completed", "submitted"),
        "己": ("2025-05-05 14:00", "no-show", "no_show"),
        "庚": ("2025-05-05 14:00", "爽约", "no_show"),
    }
    text = "\n".join(f"示例{who},,后端,,{at},{word},,," for who, (at, word, _) in rows.items())
    said = brought(CHINESE + text)
    for who, (_, _, state) in rows.items():
        assert interview_of(f"示例{who}").state == state
    assert {"scheduled_but_past", "no_status_past", "no_status_ahead"} <= warned(said).keys()
    recruiting_tasks.sweep(timestamp=0)
    with scope():
        assert Entry.objects.filter(action="interview.lapsed").count() == 0


def test_a_cancelled_interview_comes_with_its_cancellation_and_history(brought):
    rows = (
        f"示例甲,,后端,研发部,{future()},已取消,校招,示例大学,时间冲突\n"
        f"示例乙,,后端,研发部,{future()},已取消,校招,示例大学,孩子生病\n"
        "示例丙,,后端,研发部,2025-05-05 10:00,已取消,校招,示例大学,岗位已招满\n"
        '示例丁,,后端,研发部,2025-05-06 10:00,已取消,校招,示例大学,"发烧，在医院输液"\n'
    )
    said = brought(CHINESE + rows)
    assert {"cancelled_by_unknown", "cancelled_at_unknown", "reason_as_note"} <= warned(said).keys()
    interview, second = interview_of("示例甲"), interview_of("示例乙")
    with scope():
        cancellation = Cancellation.objects.select_related("reason").get(interview=interview)
        history = HistoryRecord.objects.get(interview=interview)
        other = Cancellation.objects.select_related("reason").get(interview=second)
        assert TalentProfile.objects.count() == 4
    assert (interview.state, interview.application.state) == ("cancelled", "to_rebook")
    assert (cancellation.state, cancellation.agreement) == ("completed", "not_needed")
    assert (history.cancellation_id, history.reason_code) == (cancellation.id, "time_conflict")
    assert (history.school, history.source) == ("示例大学", "校招")
    assert (other.reason.code, other.note) == ("other", "孩子生病")
    assert interview_of("示例丙").application.state == "to_rebook"
    # What is surely meant counts, the words beside it.
    assert "row 5" in warned(said)["reason_understood"]
    fourth = interview_of("示例丁")
    with scope():
        ill = Cancellation.objects.select_related("reason").get(interview=fourth)
    assert (ill.reason.code, ill.note) == ("health", "发烧，在医院输液")


def test_an_import_tells_nobody_and_calls_no_vendor(brought):
    brought(MESSY)
    brought(CHINESE + f"示例甲,13800000001,后端,研发部,{future()},已取消,,,\n", tz="Asia/Shanghai")
    assert world.jobs() == []


def test_an_imported_interview_can_be_cancelled_although_its_position_has_no_owner(brought, here, drain):
    brought(CHINESE + f"示例甲,,后端,研发部,{future()},,,,\n", company=here.company.slug)
    with here.scope():
        interview = Interview.objects.select_related("application__candidate").get()
    cancellation = here.ask(interview, actor=here.actor("hr_manager"))
    drain()
    assert here.fresh(cancellation).state == "completed"
    assert here.fresh(interview).state == "cancelled"
    with here.scope():
        assert Task.objects.exclude(kind="nobody_reached").count() == 0


def test_the_console_shows_a_day_as_a_day(brought, here, hr):
    tomorrow = (datetime.now(UTC) + timedelta(days=40)).astimezone(ZONE)
    rows = f"示例甲,,后端,研发部,{tomorrow:%Y-%m-%d},,,,\n示例乙,,后端,研发部,{future()},已取消,,,时间冲突\n"
    brought(CHINESE + rows, company=here.company.slug)
    with here.scope():
        ids = dict(Interview.objects.values_list("application__candidate__name", "id"))
    for path in ("/console/", "/console/positions/", *(f"/console/interviews/{i}/" for i in ids.values())):
        assert hr.get(path).status_code == 200, path
    page = people.text(hr.get(f"/console/interviews/{ids['示例甲']}/"))
    assert f"{tomorrow.month}月{tomorrow.day}日" in page
    assert "由文件导入" in page
    assert "文件第2行" in page
    assert "未指定" in people.text(hr.get("/console/positions/"))
    assert "在原系统中取消" in people.text(hr.get(f"/console/interviews/{ids['示例乙']}/"))


def test_an_imported_cancellation_is_on_the_auditors_page_and_told_to_nobody(brought, here):
    rows = f"示例甲,,后端,研发部,{future()},已取消,校招,示例大学,时间冲突,2026-01-05 10:00\n"
    brought(CHINESE.strip() + ",取消时间\n" + rows, company=here.company.slug, tz="Asia/Shanghai")
    with here.scope():
        entries = {e.action: e for e in Entry.objects.filter(cancellation_id__isnull=False)}
        run, interview = ImportRun.objects.get(), Interview.objects.get()
    asked = entries["cancellation.requested"]
    assert {"cancellation.requested", "cancellation.completed"} <= entries.keys()
    assert (asked.facts["channel"], asked.facts["rule"], asked.facts["source"]) == (
        "import",
        "imported",
        "校招",
    )
    assert asked.facts["asked_at"] == "2026-01-05T02:00:00+00:00"
    assert asked.at == run.at
    assert world.jobs() == []
    auditor = people.staff_client(here.staff["hr_manager"])
    page = people.text(auditor.get("/console/audit/"))
    assert "示例甲" in page
    assert "文件导入" in page
    assert "在原系统中于" in people.text(auditor.get(f"/console/interviews/{interview.id}/"))


def test_the_portal_shows_a_day_without_times(brought, here):
    day = (datetime.now(UTC) + timedelta(days=40)).astimezone(ZONE)
    brought(
        f"姓名,手机,岗位,面试日期\n示例甲,13800000001,后端,{day:%Y-%m-%d}\n",
        company=here.company.slug,
        tz="Asia/Shanghai",
    )
    with here.scope():
        interview = Interview.objects.select_related("application__candidate").get()
        candidate = interview.application.candidate
    client = people.candidate_client(here.company, candidate)
    page = people.text(client.get(f"/c/{here.company.slug}/interviews/{interview.id}/"))
    assert f"{day.month}月{day.day}日" in page
    assert "开放时间" not in page


def failing_at(part, monkeypatch):
    """Have the load of a part fail at its very end, after everything of it was written."""
    checked, calls = aftercheck.check_seals, []

    def fails(*arguments):
        calls.append(1)
        if len(calls) == part:
            raise DatabaseError("the value of somebody's row")
        return checked(*arguments)

    monkeypatch.setattr(aftercheck, "check_seals", fails)


def _fails_at(monkeypatch, part):
    """Have the load of a part fail by a bug that quotes a value, after everything of it was written."""
    checked, calls = aftercheck.check_seals, []

    def fails(*arguments):
        calls.append(1)
        if len(calls) == part:
            raise ZeroDivisionError("the value of somebody's row")
        return checked(*arguments)

    monkeypatch.setattr(aftercheck, "check_seals", fails)


def test_a_failure_in_the_first_part_leaves_nothing(brought, superuser, monkeypatch):
    before = everything(superuser)
    failing_at(1, monkeypatch)
    said = brought(MESSY, status=1)
    assert said["error"] == "database_failed"
    assert "somebody" not in said["message"]
    assert "Nothing was loaded" in said["message"]
    assert everything(superuser) == before


def test_a_failure_in_the_middle_keeps_the_parts_before_and_the_same_command_does_the_rest(
    brought, superuser, monkeypatch
):
    monkeypatch.setattr(source, "PART", 3)
    with monkeypatch.context() as broken:
        failing_at(3, broken)
        said = brought(MESSY, status=1)
    assert said["error"] == "database_failed"
    run = one(ImportRun)
    assert (run.state, run.rows_in, run.loaded, run.position) == ("running", 6, 6, 7)
    assert str(run.batch_id) in said["message"]
    # Other terms are another import of it, and other files are none of this one's business.
    assert brought(MESSY, tz="Asia/Shanghai", status=1)["error"] == "unfinished_run"
    assert brought(MESSY, "--all-or-nothing", status=1)["error"] == "unfinished_run"
    assert brought(MESSY, "--resume", str(run.id), status=1)["error"] == "nothing_to_resume"
    again = brought(MESSY, "--resume", str(run.batch_id))
    assert (again["rows_in"], again["loaded"], again["rejected"], again["unchanged"]) == (9, 8, 1, 0)
    assert rejected(again) == {10: ("Date of Interview", "31.06.2025", "no_such_day")}
    assert "7 interviews" in warned(again)["day_precision"]
    run = one(ImportRun)
    assert (run.state, run.rows_in, run.loaded) == ("done", 9, 8)


def test_a_batch_by_the_rule_all_loads_nothing_if_a_row_fails(brought, superuser):
    before = everything(superuser)
    said = brought(MESSY, "--all-or-nothing", status=1)
    assert said["error"] == "bad_rows"
    assert everything(superuser) == before
    good = MESSY.replace("31.06.2025", "30.06.2025")
    assert brought(good, "--all-or-nothing")["loaded"] == 9


def test_a_batch_by_the_rule_all_that_is_held_back_is_a_task_until_it_is_loaded(brought, here, hr):
    said = brought(MESSY, "--all-or-nothing", company=here.company.slug, status=1)
    assert said["error"] == "bad_rows"
    assert (here.count(ImportRun), here.count(Interview)) == (0, 0)
    with here.scope():
        task = Task.objects.get(kind="quarantined")
    assert {**task.details, "sha256": ""} == {
        "count": 1, "of": 9, "file": "interviews.csv", "why": "bad_rows", "sha256": "",
    }  # fmt: skip
    page = people.text(hr.get(f"/console/tasks/{task.id}/"))
    assert "整批都没有载入" in page
    assert "interviews.csv：共9行，1行未通过检查" in page
    worse = MESSY.replace("28.5.2025 & 10.30 AM", "30.02.2025")
    brought(worse, "--all-or-nothing", company=here.company.slug, status=1)
    with here.scope():
        assert Task.objects.get(kind="quarantined").details["count"] == len(("30.02.2025", "31.06.2025"))
    good = MESSY.replace("31.06.2025", "30.06.2025")
    assert brought(good, "--all-or-nothing", company=here.company.slug)["loaded"] == 9
    with here.scope():
        assert Task.objects.get(kind="quarantined").state == "done"
    assert "已载入" in people.text(hr.get(f"/console/tasks/{task.id}/"))


def test_an_import_that_its_own_check_stops_is_a_task_until_it_is_loaded(brought, here, hr, monkeypatch):
    rows = f"{CHINESE}示例甲,13800000001,后端,研发部,{future()},,,,\n"
    with monkeypatch.context() as spoilt:
        spoilt.setattr(aftercheck, "tally_stored", lambda **_: aftercheck.Tally(1, 0, 0, "not what was read"))
        brought(rows, company=here.company.slug, tz="Asia/Shanghai", way="--dry-run", status=1)
        assert here.count(Task) == 0
        assert (
            brought(rows, company=here.company.slug, tz="Asia/Shanghai", status=1)["error"] == "check_failed"
        )
    with here.scope():
        task = Task.objects.get(kind="import_stopped")
    page = people.text(hr.get(f"/console/tasks/{task.id}/"))
    assert "载入的内容与文件不一致" in page
    assert "interviews.csv" in page
    assert here.count(Interview) == 0
    assert brought(rows, company=here.company.slug, tz="Asia/Shanghai")["loaded"] == 1
    with here.scope():
        task.refresh_from_db()
    assert (task.state, task.resolution) == ("done", "loaded after all")


@pytest.mark.parametrize("part", [1, 2])
def test_an_import_that_stops_by_a_fault_of_ours_is_a_task_until_it_is_loaded(
    brought, here, hr, monkeypatch, part
):
    rows = CHINESE + "".join(f"示例{who},,后端,研发部,{future()},,,,\n" for who in "甲乙丙")
    told = {"company": here.company.slug, "tz": "Asia/Shanghai"}
    monkeypatch.setattr(source, "PART", 1)
    with monkeypatch.context() as broken:
        _fails_at(broken, part)
        assert brought(rows, status=1, **told)["error"] == "unexpected_failure"
    with here.scope():
        task = Task.objects.get()
    assert (task.kind, here.entries().count("task.opened")) == ("import_stopped", 1)
    page = people.text(hr.get(f"/console/tasks/{task.id}/"))
    assert "导入没有完成就停下了" in page
    assert "interviews.csv · 系统记录：ZeroDivisionError, test_import.py" in page
    assert "somebody" not in page
    # Another file of that name is another file.
    other = rows.replace("甲", "丁")
    assert brought(other, **told)["loaded"] == 3
    with here.scope():
        assert Task.objects.get().state == "open"
    assert brought(rows, name="renamed.csv", **told)["loaded"] == 1
    with here.scope():
        task.refresh_from_db()
    assert (task.state, task.resolution) == ("done", "loaded after all")
    assert "已载入" in people.text(hr.get(f"/console/tasks/{task.id}/"))


def test_a_fault_that_a_dry_run_meets_is_nobodys_task(brought, here, monkeypatch):
    _fails_at(monkeypatch, 1)
    brought(MESSY, company=here.company.slug, way="--dry-run", status=1)
    assert here.count(Task) == 0


def test_a_batch_rolled_back_after_its_import_stopped_asks_for_nothing_more(brought, here, hr, monkeypatch):
    monkeypatch.setattr(source, "PART", 3)
    with monkeypatch.context() as broken:
        _fails_at(broken, 3)
        assert brought(MESSY, company=here.company.slug, status=1)["error"] == "unexpected_failure"
    with here.scope():
        batch = ImportRun.objects.get().batch_id
    assert hr.post(f"/console/batches/{batch}/rollback/").status_code == 302
    with here.scope():
        assert Task.objects.get().state == "done"
    assert "批次已回滚" in people.text(hr.get("/console/tasks/?state=done"))


def test_files_of_one_name_that_are_held_back_are_a_task_each(brought, here, tmp_path):
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        name = f"{folder}/interviews.csv"
        brought(
            MESSY.replace("Person", folder),
            "--all-or-nothing",
            company=here.company.slug,
            status=1,
            name=name,
        )
    with here.scope():
        assert Task.objects.filter(state="open").count() == 2
    good = MESSY.replace("Person", "north").replace("31.06.2025", "30.06.2025")
    assert brought(good, company=here.company.slug, name="north/interviews.csv")["loaded"] == 9
    with here.scope():
        [left] = Task.objects.filter(state="open")
    assert left.details["sha256"] == hashlib.sha256(MESSY.replace("Person", "south").encode()).hexdigest()


def test_a_batch_that_is_held_back_can_be_given_up_with_a_reason(brought, here, hr):
    brought(MESSY, "--all-or-nothing", company=here.company.slug, status=1)
    with here.scope():
        task = Task.objects.get(kind="quarantined")
    settle = f"/console/tasks/{task.id}/settle/"
    assert hr.post(settle, {"resolution": " "}).status_code == 422
    assert hr.post(settle, {"resolution": "旧系统不再迁移"}).status_code == 302
    with here.scope():
        task.refresh_from_db()
    assert (task.state, task.resolution) == ("done", "旧系统不再迁移")


def test_totals_and_signatures_below_a_list_are_no_rejected_rows(brought, monkeypatch):
    monkeypatch.setattr(source, "PART", 1)
    people_ = [f"示例{who},,后端,研发部,{future()},,,,\n" for who in "甲乙"]
    below = "合计：2人,,,,,,,,\n制表人：示例丙,,审核人：,,,,,,\n"
    tried = brought(CHINESE + "".join(people_) + below, way="--dry-run")
    assert "(row 4, 5)" in warned(tried)["closing_rows"]
    said = brought(CHINESE + "".join(people_) + below, "--all-or-nothing")
    assert (said["rows_in"], said["loaded"], said["rejected"]) == (2, 2, 0)
    with scope():
        assert Task.objects.count() == 0
        assert "closing_rows" in {one["code"] for one in ImportRun.objects.get().warnings}
        assert Candidate.objects.count() == len(people_)
    again = brought(CHINESE + "".join(people_) + below.replace("2人", "两人"))
    assert (again["unchanged"], again["rejected"]) == (2, 0)


def test_a_run_from_before_such_rows_were_passed_over_is_not_gone_on_with(brought, monkeypatch):
    text = (
        CHINESE + "".join(f"示例{who},,后端,研发部,{future()},,,,\n" for who in "甲乙丙") + "合计,3,,,,,,,\n"
    )
    monkeypatch.setattr(source, "PART", 1)
    with monkeypatch.context() as broken:
        failing_at(2, broken)
        assert brought(text, status=1)["error"] == "database_failed"
    with scope():
        terms = ImportRun.objects.get().terms
        ImportRun.objects.update(terms={name: value for name, value in terms.items() if name != "closing"})
    assert brought(text, status=1)["error"] == "unfinished_run"
    with scope():
        ImportRun.objects.update(terms=terms)
    said = brought(text)
    assert (said["loaded"], warned(said)["closing_rows"].count("row 5")) == (3, 1)


def test_batches_know_what_earlier_ones_loaded(brought, monkeypatch):
    monkeypatch.setattr(source, "PART", 2)
    row = "示例甲,13800000001,后端,研发部,{},,,,\n"
    days = [future(n) for n in range(30, 36)]
    said = brought(CHINESE + "".join(row.format(day) for day in (*days, days[0])), tz="Asia/Shanghai")
    assert (said["loaded"], said["unchanged"]) == (6, 1)
    assert "same_row_twice" in warned(said)
    with scope():
        assert (Candidate.objects.count(), Application.objects.count(), Position.objects.count()) == (1, 1, 1)


def test_where_the_rejections_cannot_be_written_nothing_is_loaded(brought, superuser):
    before = everything(superuser)
    said = brought(MESSY, "--rejections", "/proc/none/rejected.csv", status=1)
    assert said["error"] == "rejections_unwritable"
    assert everything(superuser) == before


def test_a_refused_file_is_told_as_json_too(brought, superuser):
    before = everything(superuser)
    assert brought("姓名,心情\n示例甲,好\n", status=1)["error"] == "missing_columns"
    assert brought(b"%PDF-1.7", status=1)["error"] == "not_a_table"
    assert everything(superuser) == before


@pytest.mark.parametrize("wrong", [["--tz", "Mars/Base"], ["--tz", "../etc/passwd"], ["--map", "x"]])
def test_wrong_arguments_are_status_2(tmp_path, wrong):
    path = tmp_path / "x.csv"
    path.write_text(MESSY)
    with pytest.raises(SystemExit) as ended:
        cli.main(["import", str(path), "--company", "x", "--tz", "UTC", "--yes", *wrong])
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        cli.main(["import", str(path), "--company", "x", "--tz", "UTC", "--yes", "--dry-run"])
    with pytest.raises(SystemExit):
        cli.main(["import", str(path), "--company", "x", "--tz", "UTC"])


def test_staff_of_another_company_see_nothing_of_an_import(brought, here, there, other_hr):
    brought(CHINESE + f"示例甲,,后端,研发部,{future()},,,,\n", company=here.company.slug)
    with here.scope():
        interview = Interview.objects.get()
    assert other_hr.get(f"/console/interviews/{interview.id}/").status_code == 404
    with there.scope():
        assert ImportRun.objects.count() == ImportedRow.objects.count() == 0
        assert Staff.objects.count() == len(there.staff)
        assert RoleGrant.objects.filter(role=Role.HR_MANAGER).count() == 1
