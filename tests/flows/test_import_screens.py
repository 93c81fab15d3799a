"""Importing in the console: upload, columns, dry run, load by a job, outcome. Through the front door."""

import io
import sys
import time
import zipfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from django.test import Client

from raincheck.archive.erasing import erase_candidate
from raincheck.console.import_words import pace
from raincheck.migration.files import source
from raincheck.migration.models import ImportedRow, ImportRun, QuarantinedRow
from raincheck.migration.progress import EVERY, Bar
from raincheck.migration.uploads import actions, running
from raincheck.migration.uploads.models import Upload, UploadPiece
from raincheck.recruiting.models import Interview
from raincheck.worklist.models import Task
from tests import people, site, world
from tests.flows.uploading import HEAD, NEW, ZONE, form_of, lines, loaded, send, sent, tried, upload_of
from tests.walk import changes, state_of_database

UNSURE = (
    "姓名,联络用,应聘岗位,面试时间\n"
    "示例甲,13700000001,工程师,2031-05-01 10:00\n"
    "示例乙,13700000002,工程师,2031-05-02 10:00\n"
)
LANGUAGES = ("zh-hans", "en")


def page_of(browser, path, **more):
    return people.text(browser.get(path, **more))


def bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return packed.getvalue()


def workbook(**sheets):
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return written.getvalue()


def test_a_file_is_uploaded_confirmed_tried_loaded_and_then_gone(here, hr, drain, superuser):
    path = sent(hr, HEAD + lines(3) + "示例九,12,工程师,研发部,2031-05-09 10:00,待面试\n")
    page = page_of(hr, path)
    assert "已知标题" in page
    assert "13****01" in page
    assert "13700000001" not in page
    before = state_of_database(superuser)
    answer = hr.post(f"{path}columns/", {**form_of(page), "timezone": ZONE})
    assert answer.status_code == 302
    assert "正在试算" in page_of(hr, path)
    drain()
    seen = page_of(hr, path)
    assert "导入 3 行" in seen
    assert "invalid_phone" in seen
    assert here.count(Interview) == 0
    written = changes(before, state_of_database(superuser))
    assert {name for name in written if not name.startswith(("procrastinate_", "audit_"))} <= {
        "migration_upload", "core_allowance"
    }  # fmt: skip
    assert hr.post(f"{path}load/").status_code == 302
    assert "正在导入" in page_of(hr, path)
    drain()
    done, seen = upload_of(here), page_of(hr, path)
    assert (done.state, done.figures["loaded"], done.figures["rejected"]) == ("done", 3, 1)
    assert f"/console/batches/{done.batch_id}/" in seen
    assert "处理这些行" in seen
    assert here.count(Interview) == 3
    assert (here.count(UploadPiece), done.data_key, done.found_sealed, done.proposal_sealed) == (
        0,
        None,
        None,
        None,
    )
    assert [one for one in here.entries() if one.startswith("upload.")] == [
        "upload.received",
        "upload.confirmed",
    ]


def test_what_is_kept_of_a_file_can_be_read_by_nobody_without_its_key(here, hr, superuser):
    sent(hr, HEAD + lines(2))
    kept = superuser.execute("SELECT sealed FROM migration_uploadpiece").fetchall()
    [row] = superuser.execute("SELECT row_to_json(u)::text FROM migration_upload u").fetchall()
    assert kept
    for text in ("示例1", "13700000001"):
        assert all(text.encode() not in bytes(sealed) for (sealed,) in kept)
        assert text not in row[0]


def test_a_column_that_is_not_sure_is_asked_about_and_remembered(here, hr, drain):
    path = sent(hr, UNSURE)
    page = page_of(hr, path)
    form = form_of(page)
    assert "仅凭内容" in page
    assert form["column-1"] == ""
    refused = hr.post(f"{path}columns/", {**form, "timezone": ZONE})
    assert (refused.status_code, upload_of(here).state) == (422, "asking")
    assert "请选择这一列是什么" in people.text(refused)
    assert hr.post(f"{path}columns/", {**form, "timezone": ZONE, "column-1": "phone"}).status_code == 302
    drain()
    hr.post(f"{path}load/")
    drain()
    again = sent(hr, UNSURE.replace("示例", "另一位").replace("137", "136"))
    assert form_of(page_of(hr, again))["column-1"] == "phone"


def test_the_zone_of_a_file_is_preset_for_the_next_one_of_these_headings_and_can_be_changed(here, hr, drain):
    path = sent(hr, HEAD + lines(2))
    first = page_of(hr, path)
    assert form_of(first)["timezone"] == ""
    assert "上次" not in first
    loaded(hr, here, drain, HEAD + lines(2), timezone="Asia/Kolkata", region="CN")
    path = sent(hr, HEAD + lines(2, first=3))
    page = page_of(hr, path)
    assert form_of(page)["timezone"] == "Asia/Kolkata"
    assert "已按同样标题的上一份文件预选，请核对" in page
    english = page_of(hr, path, headers={"Accept-Language": "en"})
    assert "Preset as for the last file with these headings: please check" in english
    # Another zone said now counts, for this file and for the next.
    loaded(hr, here, drain, HEAD + lines(2, first=3), timezone="Europe/Berlin", region="CN")
    assert upload_of(here).answers["timezone"] == "Europe/Berlin"
    assert form_of(page_of(hr, sent(hr, HEAD + lines(2, first=5))))["timezone"] == "Europe/Berlin"


def test_country_of_numbers_and_order_of_days_are_known_the_next_time(here, hr, drain):
    head, row = "姓名,手机号,应聘岗位,面试时间\n", "示例{0},0171 23456{0:02},工程师,04/05/2031 10:00\n"
    path = tried(hr, here, drain, head + row.format(1), region="DE")
    assert "请选择“日月顺序”" in page_of(hr, path)
    loaded(hr, here, drain, head + row.format(1), region="DE", date_order="dmy")
    path = sent(hr, head + row.format(2))
    page = page_of(hr, path)
    assert 'name="region" value="DE"' in page
    assert form_of(page)["date_order"] == ""
    assert "已按同样标题的上一份文件填写，请核对" in page
    assert "文件证明不了时，按同样标题的上一份文件：日-月-年" in page
    english = page_of(hr, path, headers={"Accept-Language": "en"})
    assert "as in the last file with these headings: day-month-year" in english
    hr.post(f"{path}columns/", {**form_of(page), "region": "DE"})
    drain()
    assert "上次确认的一致" in page_of(hr, path)
    hr.post(f"{path}load/")
    drain()
    with here.scope():
        new = Interview.objects.filter(company=here.company).order_by("-id")[:2]
        assert [f"{one.starts_at:%m-%d}" for one in new] == ["05-04", "05-04"]


def test_what_was_only_tried_or_said_of_another_kind_presets_no_zone(here, hr, drain):
    path = tried(hr, here, drain, HEAD + lines(2))
    hr.post(f"{path}discard/")
    assert form_of(page_of(hr, sent(hr, HEAD + lines(2))))["timezone"] == ""
    loaded(hr, here, drain, HEAD + lines(2))
    path = sent(hr, HEAD + lines(2, first=3))
    asked = people.text(hr.post(f"{path}columns/", {"kind": "applications", "again": "1"}))
    assert form_of(asked)["timezone"] == ""


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"timezone": ""}, "请选择文件中时间所在的时区"),
        ({"timezone": "Mars/Olympus"}, "请选择文件中时间所在的时区"),
        ({"column-3": "phone"}, "这个字段已由另一列提供"),
        ({"column-0": "-"}, "还缺少必需的列：姓名"),
        ({"column-0": "nonsense"}, "请选择这一列是什么"),
        ({"column-3": "headline"}, "请选择这一列是什么"),
        ({"kind": ""}, "请选择文件中每一行是什么"),
        ({"kind": "nonsense"}, "请选择文件中每一行是什么"),
        ({"source": "greenhouse"}, "文件中没有这个系统的任何字段名"),
        ({"source": "nonsense"}, "文件中没有这个系统的任何字段名"),
        ({"region": "QQ"}, "没有这个国家代码"),
        ({"date_order": "sideways"}, "请选择日期中日与月的顺序"),
    ],
)
def test_an_answer_that_is_none_is_said_at_its_field_and_keeps_the_others(here, hr, said, code):
    path = sent(hr, HEAD + lines(2))
    form = {**form_of(page_of(hr, path)), "timezone": ZONE, "region": "CN", **said}
    refused = hr.post(f"{path}columns/", form)
    assert refused.status_code == 422
    assert code in people.text(refused)
    assert upload_of(here).state == "asking"
    kept = form_of(people.text(refused))
    assert {name: kept[name] for name in ("column-1", "column-2")} == {
        "column-1": "phone",
        "column-2": "position",
    }


def test_where_the_file_does_not_prove_day_and_month_a_person_says_them(here, hr, drain):
    rows = "姓名,应聘岗位,面试日期,手机号\n示例甲,工程师,04/05/2021,13700000001\n示例乙,工程师,03/06/2021,13700000002\n"
    path = tried(hr, here, drain, rows)
    asked = upload_of(here)
    assert (asked.state, asked.asks_order, asked.refusal["code"]) == ("asking", True, "date_order_open")
    page = page_of(hr, path)
    assert "分不清日和月" in page
    assert form_of(page)["date_order"] == ""
    assert hr.post(f"{path}columns/", form_of(page)).status_code == 422
    assert hr.post(f"{path}columns/", {**form_of(page), "date_order": "mdy"}).status_code == 302
    drain()
    assert (upload_of(here).state, upload_of(here).figures["loaded"]) == ("tried", 2)


BAD = {
    "empty_file": b"",
    "no_rows": HEAD.encode(),
    "not_a_table": b"%PDF-1.7 not a table",
    "too_wide": (",".join(f"c{n}" for n in range(1000)) + "\n" + "x," * 1000).encode(),
    "zip_bomb": None,
    "broken_csv": '姓名,岗位\n"示例甲,工程师\n'.encode(),
    "broken_workbook": b"PK\x03\x04 cut off",
}


@pytest.mark.parametrize("code", BAD)
def test_a_bad_file_is_refused_in_words_and_changes_nothing(here, hr, superuser, code):
    content = bomb() if BAD[code] is None else BAD[code]
    hr.get("/console/batches/imports/")
    before = state_of_database(superuser)
    pages = [people.text(send(hr, content, headers={"Accept-Language": language})) for language in LANGUAGES]
    answer = send(hr, content)
    assert answer.status_code == 422
    assert all(f"<code>{code}</code>" in page for page in pages)
    assert "无法导入" in pages[0]
    assert "can&#x27;t be imported" in pages[1]
    assert changes(before, state_of_database(superuser)) == {}


def test_a_form_without_a_file_is_told_so(here, hr):
    assert "请选择要导入的文件" in people.text(hr.post(NEW))
    assert hr.post(NEW).status_code == 422


def test_more_than_the_limit_is_not_read_and_nothing_large_is_from_strangers(here, hr, monkeypatch):
    monkeypatch.setattr("raincheck.web.uploads.Nameless.receive_data_chunk", lambda *a: 1 / 0)
    body, kind = b"x", "multipart/form-data; boundary=x"
    too_long = hr.post(NEW, body, content_type=kind, CONTENT_LENGTH=str(actions.LARGEST + 200_000))
    assert too_long.status_code == 413
    stranger = Client().post(NEW, body, content_type=kind, CONTENT_LENGTH="2000000")
    assert stranger.status_code in {302, 401}


def test_the_name_a_browser_gives_is_no_path_and_the_kind_is_read_from_the_content(here, hr):
    path = sent(hr, HEAD + lines(1), name="../../etc/passwd.xlsx")
    assert "passwd.xlsx" in page_of(hr, path)
    assert upload_of(here).file_name == "passwd.xlsx"


def test_another_sheet_of_a_workbook_can_be_chosen(here, hr, drain):
    good = [
        ["姓名", "手机号", "应聘岗位", "面试时间"],
        ["示例甲", "13700000001", "工程师", "2031-05-01 10:00"],
    ]
    path = sent(hr, workbook(说明=[["这里", "没有"], ["什么", "可读"]], 名单=good), name="book.xlsx")
    assert "名单" in page_of(hr, path)
    assert hr.post(f"{path}sheet/", {"sheet": "无"}).status_code == 422
    assert hr.post(f"{path}sheet/", {"sheet": "名单"}).status_code == 302
    form = form_of(page_of(hr, path))
    assert (form["column-0"], form["column-3"]) == ("name", "start")
    hr.post(f"{path}columns/", {**form, "timezone": ZONE})
    drain()
    assert upload_of(here).figures["loaded"] == 1


def test_a_cover_before_the_list_is_no_dead_end(here, hr):
    good = [["姓名", "应聘岗位", "面试时间"], ["示例甲", "工程师", "2031-05-01 10:00"]]
    path = sent(hr, workbook(封面=[["导出于 2026-11-27"]], 名单=good), name="book.xlsx")
    assert upload_of(here).sheet == "名单"
    assert form_of(page_of(hr, path))["column-0"] == "name"


def test_a_file_with_nothing_to_load_cannot_be_confirmed(here, hr, drain):
    path = tried(hr, here, drain, HEAD + "示例甲,12,工程师,研发部,何时,待面试\n")
    assert "没有可以导入的行" in page_of(hr, path)
    assert hr.post(f"{path}load/").status_code == 409
    assert here.count(ImportRun) == 0


def test_steps_out_of_turn_are_refused_and_a_file_can_be_given_up(here, hr, drain):
    path = sent(hr, HEAD + lines(1))
    assert hr.post(f"{path}load/").status_code == 409
    hr.post(f"{path}columns/", {**form_of(page_of(hr, path)), "timezone": ZONE})
    assert hr.post(f"{path}discard/").status_code == 409
    drain()
    assert form_of(page_of(hr, f"{path}?step=columns"))["column-0"] == "name"
    assert hr.post(f"{path}discard/").status_code == 302
    assert (upload_of(here).state, upload_of(here).data_key, here.count(UploadPiece)) == ("gone", None, 0)
    assert "文件已销毁" in page_of(hr, path)
    assert here.entries()[-1] == "upload.gone"


def test_files_that_wait_too_long_or_hold_somebody_erased_are_destroyed(here, hr, drain, superuser):
    sent(hr, HEAD + lines(1))
    assert actions.destroy_outlived(here.company.id) == 0
    superuser.execute("UPDATE migration_upload SET expires_at = now()")
    assert actions.destroy_outlived(here.company.id) == 1
    path = tried(hr, here, drain, HEAD + lines(1))
    gone = here.add_candidate()
    with here.scope() as now:
        erase_candidate(candidate_id=gone.id, actor=here.actor("hr_manager"), now=now)
    assert hr.post(f"{path}load/").status_code == 409
    assert actions.destroy_outlived(here.company.id) == 1
    assert (here.count(Upload, state="gone"), here.count(UploadPiece)) == (2, 0)


def test_a_job_that_was_lost_is_found_by_the_sweep(here, hr, drain, superuser):
    path = sent(hr, HEAD + lines(2))
    hr.post(f"{path}columns/", {**form_of(page_of(hr, path)), "timezone": ZONE})
    superuser.execute("DELETE FROM procrastinate_jobs")
    assert actions.look_for_jobs(here.company.id) == 0
    superuser.execute("UPDATE migration_upload SET moved_at = now() - interval '11 minutes'")
    assert actions.look_for_jobs(here.company.id) == 1
    drain()
    assert upload_of(here).state == "tried"


def test_a_job_that_died_before_it_could_say_so_still_finds_what_it_loaded(here, hr, drain, superuser):
    done = loaded(hr, here, drain, HEAD + lines(3))
    key = superuser.execute("SELECT id FROM migration_upload").fetchone()[0]
    path = sent(hr, HEAD + lines(3))
    hr.post(f"{path}columns/", {**form_of(page_of(hr, path)), "timezone": ZONE})
    drain()
    superuser.execute(
        "UPDATE migration_upload SET state = 'loading', confirmed_at = now() - interval '1 hour' WHERE id <> %s",
        [key],
    )
    running.carry_on(company_id=here.company.id, upload_id=upload_of(here).id)
    again = upload_of(here)
    assert (again.state, again.batch_id, again.figures) == ("done", done.batch_id, done.figures)
    assert here.count(ImportedRow) == 3


def test_a_load_that_fails_says_why_keeps_what_it_loaded_and_can_go_on(here, hr, drain, monkeypatch):
    monkeypatch.setattr(source, "PART", 2)
    path = tried(hr, here, drain, HEAD + lines(6))
    real, calls = running.importing.checkpoints.keep, []

    def breaks(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("13700000001 in a bug's own words")
        return real(*args, **kwargs)

    monkeypatch.setattr(running.importing.checkpoints, "keep", breaks)
    hr.post(f"{path}load/")
    drain()
    broken, page = upload_of(here), page_of(hr, path)
    assert (broken.state, broken.refusal["code"]) == ("broken", "unexpected_failure")
    assert "继续导入" in page
    assert "13700000001" not in page
    assert 0 < here.count(ImportedRow) < 6
    with here.scope():
        task = Task.objects.get()
    told = hr.get(f"/console/tasks/{task.id}/").content.decode()
    assert (f'href="{path}"' in told, "list.csv · 系统记录：ValueError, " in told) == (True, True)
    assert "13700000001" not in told
    assert hr.post(f"{path}load/").status_code == 302
    drain()
    assert (upload_of(here).state, here.count(ImportedRow), here.count(ImportRun)) == ("done", 6, 1)
    with here.scope():
        assert Task.objects.get().state == "done"


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_job_that_breaks_by_itself_says_so_instead_of_being_tried_for_hours(
    here, hr, drain, monkeypatch, confirmed
):
    path = tried(hr, here, drain, HEAD + lines(2))
    if not confirmed:
        path = sent(hr, HEAD + lines(3))

    def full(*_):
        raise OSError(28, "13700000001 in the system's own words")

    with monkeypatch.context() as broken:
        broken.setattr(running.shelf, "laid_out", full)
        if confirmed:
            hr.post(f"{path}load/")
        else:
            hr.post(f"{path}columns/", {**form_of(page_of(hr, path)), "timezone": ZONE})
        drain()
    upload, page = upload_of(here), page_of(hr, path)
    assert (upload.state, upload.refusal["code"]) == (
        "broken" if confirmed else "asking",
        "unexpected_failure",
    )
    assert ("OSError" in page, "13700000001" in page) == (True, False)
    assert here.count(Task) == confirmed
    if confirmed:
        hr.post(f"{path}discard/")
        with here.scope():
            assert Task.objects.get().resolution == "the file was given up"


def test_a_bug_that_a_file_meets_when_it_is_tried_leads_back_to_its_columns_in_words(
    here, hr, drain, monkeypatch
):
    def breaks(*args):
        raise RecursionError("13700000001 in a bug's own words")

    monkeypatch.setattr(running, "study", breaks)
    path = tried(hr, here, drain, HEAD + lines(2))
    upload = upload_of(here)
    assert (upload.state, upload.refusal["code"]) == ("asking", "unexpected_failure")
    page = page_of(hr, path)
    assert "RecursionError" in page
    assert "13700000001" not in page


def test_a_bug_that_a_file_meets_when_it_is_read_is_said_in_words_and_changes_nothing(here, hr, monkeypatch):
    def breaks(*args, **kwargs):
        raise RecursionError("13700000001 in a bug's own words")

    path = sent(hr, HEAD + lines(2))
    form = {**form_of(page_of(hr, path)), "timezone": ZONE, "kind": "candidates"}
    monkeypatch.setattr(actions, "propose", breaks)
    for refused in (send(hr, HEAD + lines(1)), hr.post(f"{path}columns/", form)):
        said = people.text(refused)
        assert refused.status_code == 422
        assert "RecursionError" in said
        assert "13700000001" not in said
    assert here.count(Upload) == 1
    assert upload_of(here).state == "asking"


_SMALL_PARTS = (
    "import sys, time; from raincheck.cli import main; from raincheck.migration.files import source;"
    "source.PART = 200; source.Source.check_unchanged = lambda self: time.sleep(0.2);"
    "sys.exit(main())"
)


def test_a_worker_killed_in_the_middle_of_a_load_is_taken_over_and_nothing_comes_twice(
    here, hr, drain, outbox_process
):
    path = tried(hr, here, drain, HEAD + lines(4000))
    hr.post(f"{path}load/")
    with site.running(outbox_process, worker=(sys.executable, "-c", _SMALL_PARTS, "worker")) as running_site:
        _until(lambda: here.count(ImportedRow) > 0)
        running_site.kill("worker")
        assert here.count(ImportedRow) < 4000
        assert upload_of(here).state == "loading"
        running_site.start_worker()
        _until(lambda: upload_of(here).state == "done")
    assert (here.count(ImportedRow), here.count(ImportRun), upload_of(here).figures["loaded"]) == (
        4000,
        1,
        4000,
    )


def _until(true, seconds=120):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def test_progress_is_told_while_a_try_runs_in_its_one_transaction(here, hr, drain, monkeypatch):
    path = sent(hr, HEAD + lines(9))
    hr.post(f"{path}columns/", {**form_of(page_of(hr, path)), "timezone": ZONE})
    monkeypatch.setattr(source, "PART", 3)
    monkeypatch.setattr(running, "EVERY", 0.0)
    seen, write = [], running.Progress._write

    def watched(self, values):
        write(self, values)
        seen.append((upload_of(here).rows_done, here.count(Interview)))

    monkeypatch.setattr(running.Progress, "_write", watched)
    drain()
    assert [done for done, _ in seen] == [3, 6, 9]
    assert {there for _, there in seen} == {0}


def test_the_time_left_is_reckoned_by_what_this_job_did(here, hr):
    sent(hr, HEAD + lines(1))
    one = upload_of(here)
    one.rows_total, one.rows_before, one.rows_done = 1000, 500, 600
    one.begun_at = one.uploaded_at
    told = pace(one, one.uploaded_at + timedelta(seconds=10))
    assert (told.percent, told.left) == (60, timedelta(seconds=40))
    one.rows_done = one.rows_before
    assert pace(one, one.uploaded_at + timedelta(seconds=10)).left is None


def test_a_load_taken_over_isnt_reckoned_by_what_the_job_before_did(here, hr, drain, monkeypatch):
    path = tried(hr, here, drain, HEAD + lines(9))
    hr.post(f"{path}load/")
    with here.scope():
        Upload.objects.update(rows_total=60_000, rows_done=25_000)
    seen, load = [], running._carried_out

    def watched(upload, source, told):
        one = upload_of(here)
        seen.append((one.rows_done, pace(one, one.begun_at + timedelta(seconds=1)).left))
        return load(upload, source, told)

    monkeypatch.setattr(running, "_carried_out", watched)
    drain()
    assert seen == [(25_000, None)]
    assert upload_of(here).state == "done"


@pytest.mark.parametrize(("breathes", "language"), [(True, "zh-hans"), (False, "zh-hans"), (False, "en")])
def test_a_load_that_nobody_is_at_says_since_when_in_the_place_of_a_time_left_that_grows(
    here, hr, drain, superuser, breathes, language
):
    path = tried(hr, here, drain, HEAD + lines(9))
    hr.post(f"{path}load/")
    superuser.execute(
        "UPDATE migration_upload SET rows_total = 1000, rows_done = 500,"
        " begun_at = now() - interval '10 minutes', moved_at = now() - interval '5 minutes'"
    )
    superuser.execute("DELETE FROM procrastinate_workers")
    ago = "1 second" if breathes else "5 minutes"
    superuser.execute(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{ago}')")
    hr.cookies["raincheck_language"] = language
    page = page_of(hr, path)
    if breathes:
        assert "约剩 5分钟" in page, "the minutes since it last got on are no part of its speed"
        assert "没有进展" not in page
        return
    assert "约剩" not in page
    assert "left" not in page.partition('class="bar"')[2]
    words = {"zh-hans": "起没有进展：没有后台进程在运行", "en": "Nothing has moved since"}
    assert words[language] in page
    moved = upload_of(here).moved_at.astimezone(ZoneInfo(here.company.timezone))
    assert f"{moved:%H:%M:%S}" in page


def test_where_no_terminal_is_progress_is_a_plain_line_now_and_then():
    log = io.StringIO()
    bar = Bar(to=log)
    bar(10, 100)
    assert log.getvalue() == ""
    bar._said -= EVERY
    bar(50, 100)
    bar(51, 100)
    assert log.getvalue().count("\n") == 1
    assert "50 / 100" in log.getvalue()
    assert "\r" not in log.getvalue()


def test_who_may_not_move_data_sees_no_upload(here, hr, recruiter, viewer):
    path = sent(hr, HEAD + lines(1))
    for browser in (recruiter, viewer, people.staff_client(here.staff["auditor"])):
        assert browser.get(path).status_code == 403
        assert send(browser, HEAD + lines(1)).status_code == 403
    assert world.jobs() == []
    assert here.count(Task) == 0
    assert here.count(QuarantinedRow) == 0


@pytest.mark.parametrize("groups", ["", "候选人信息,,面试信息,,,\n"])
def test_a_title_above_the_headings_is_no_heading_once_the_columns_are_confirmed(here, hr, drain, groups):
    fields = ("name", "phone", "position", "department", "start", "status")
    said = {f"column-{place}": field for place, field in enumerate(fields)}
    upload = loaded(hr, here, drain, "2031年春季面试安排,,,,,\n" + groups + HEAD + lines(2), **said)
    assert {name: upload.figures[name] for name in ("rows_in", "loaded", "rejected")} == {
        "rows_in": 2,
        "loaded": 2,
        "rejected": 0,
    }
