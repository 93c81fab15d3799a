"""Rows that an import turned away: mended, tried again, or discarded with a reason; by whoever may, on record."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincheck.audit.models import Entry
from raincheck.core.scope import company_scope, keep_turn
from raincheck.data_copy import copy_of
from raincheck.migration.columns.contents import KINDS
from raincheck.migration.columns.masking import is_hidden, shown
from raincheck.migration.fields import Field
from raincheck.migration.loading.originals import original_of
from raincheck.migration.models import Batch, BroughtRow, ImportedRow, ImportRun, QuarantinedRow
from raincheck.recruiting.models import Application, Candidate, Department, Interview
from raincheck.worklist.models import Task
from tests import people
from tests.flows.uploading import HEAD, ZONE, lines, loaded

BAD = (
    "示例甲,12345,工程师,研发部,2031-06-01 10:00,待面试\n"
    "示例乙,13900000002,工程师,研发部,2031-06-02 10:00,候场\n"
    "示例丙,13900000003,工程师,研发部,2031-06-03 10:00,候场\n"
)


@pytest.fixture
def turned_away(here, hr, drain):
    """Load two good rows and three bad ones; return the batch's address."""
    upload = loaded(hr, here, drain, HEAD + lines(2) + BAD)
    return f"/console/batches/{upload.batch_id}/"


def row_at(here, number):
    """Return the address of the row of this number in the file."""
    with here.scope():
        return f"/console/batches/rows/{QuarantinedRow.objects.get(number=number).id}/"


def run_of(here):
    with here.scope():
        return ImportRun.objects.get()


def task_of(here):
    with here.scope():
        return Task.objects.get(kind="quarantined")


def figures(here):
    run = run_of(here)
    assert run.rows_in == run.loaded + run.rejected + run.unchanged
    return run.loaded, run.rejected, run.unchanged


def test_a_batch_says_what_came_of_its_file_and_leads_to_its_interviews(
    here, hr, viewer, turned_away, interview
):
    page = people.text(hr.get(turned_away))
    for words in ("文件与核对", "条数、合计与明文的校验值均与文件一致", ZONE, run_of(here).sha256[:12]):
        assert words in page
    assert re.findall(r'<b class="num">(\d+)</b>', page) == ["5", "2", "3", "0"]
    listed = people.text(hr.get("/console/", {"batch": run_of(here).batch_id}))
    assert f'href="/console/?batch={run_of(here).batch_id}"' in page
    assert f"/console/interviews/{interview.id}/" not in listed
    assert listed.count('<td class="cell-main">') == len(("示例1", "示例2"))
    # Who sees no batches isn't told whose interviews one is.
    assert "只列出批次" not in people.text(viewer.get("/console/", {"batch": run_of(here).batch_id}))


def test_what_no_field_took_of_a_row_stands_on_its_interviews_page(here, hr, viewer, drain):
    head = "姓名,手机号,应聘岗位,部门,面试时间,主面试官,备注\n"
    row = f"示例甲,13700000001,工程师,{here.department.name},2031-05-01 10:00,张经理,家里电话 13812345678\n"
    loaded(hr, here, drain, head + row)
    with here.scope():
        found = Interview.objects.get(application__candidate__name="示例甲")
    page = people.text(hr.get(f"/console/interviews/{found.id}/"))
    assert "<dt>主面试官</dt><dd>张经理</dd>" in page
    assert "<dt>面试时间</dt><dd>2031-05-01 10:00</dd>" in page
    assert "13812345678" not in page
    assert "13700000001" not in page
    assert f"/console/batches/{run_of(here).batch_id}/" in page
    assert "张经理" not in people.text(viewer.get(f"/console/interviews/{found.id}/"))


def test_what_no_field_took_of_a_list_of_candidates_stands_on_their_page_and_in_their_copy(here, hr, drain):
    head = "姓名,手机号,邮箱,毕业院校,当前职位,期望薪资\n"
    loaded(hr, here, drain, f"{head}示例甲,13700000001,jia@example.com,复旦大学,工程师,30k\n")
    with here.scope() as now:
        found = Candidate.objects.select_related("identity", "company").get(name="示例甲")
        copied = copy_of(candidate=found, actor=here.actor("hr_manager"), now=now)
    page = people.text(hr.get(f"/console/talent/{found.id}/"))
    assert "<dt>期望薪资</dt><dd>30k</dd>" in page
    assert "13700000001" not in page
    assert ["期望薪资", "30k"] in copied["imported_rows"][0]
    assert "期望薪资" not in people.text(
        people.staff_client(here.staff["auditor"]).get(f"/console/talent/{found.id}/")
    )


def test_where_no_row_and_no_reason_waits_any_more_none_is_counted(here, hr, drain):
    head = "姓名,手机号,应聘岗位,部门,面试时间,状态,取消原因\n"
    bad = "示例甲,1,工程师,研发部,2026-05-01 10:00,已完成,\n"
    unclear = "示例乙,13700000002,工程师,研发部,2026-05-02 10:00,已取消,说不清\n"
    upload = loaded(hr, here, drain, head + bad + unclear)
    batch = f"/console/batches/{upload.batch_id}/"
    assert "还有 1 行未载入" in people.text(hr.get(f"{batch}rows/"))
    assert "有 1 条取消原因不够确定" in people.text(hr.get(f"{batch}reasons/"))
    hr.post(f"{batch}rows/settle/", {"do": "discard", "reason": "误录"})
    with here.scope():
        task = Task.objects.get(kind="unclear_reasons")
        person = Candidate.objects.get(name="示例乙")
    hr.post(f"/console/tasks/{task.id}/settle/", {"resolution": "说不清的都算其他"})
    rows_page, reasons_page = (people.text(hr.get(f"{batch}{name}/")) for name in ("rows", "reasons"))
    assert "没有待处理的行" in rows_page
    assert "行未载入" not in rows_page
    assert "没有待归类的原因" in reasons_page
    assert "条取消原因不够确定" not in reasons_page
    assert "没有登记简历内容" in people.text(hr.get(f"/console/talent/{person.id}/"))


def test_trying_again_what_still_fails_is_no_success(here, hr, turned_away):
    answer = hr.post(f"{turned_away}rows/settle/", {"do": "retry"}, follow=True)
    said = people.text(answer)
    assert "没有行能载入，还有3行待处理" in said
    assert 'class="flash tone-warn"' in said


def test_an_imported_cancellation_took_no_time_that_anybody_knows(here, hr, drain):
    head = "姓名,手机号,应聘岗位,部门,面试时间,状态,取消原因,取消时间,取消方\n"
    row = "示例甲,13700000001,工程师,研发部,2026-05-01 10:00,已取消,生病,2026-04-30 10:00,候选人\n"
    loaded(hr, here, drain, head + row)
    with here.scope():
        found = Interview.objects.get(application__candidate__name="示例甲")
    page = people.text(hr.get(f"/console/interviews/{found.id}/"))
    assert "<dt>提前</dt>" in page
    assert "<dt>用时</dt>" not in page


def test_why_a_row_was_discarded_can_be_read_afterwards(here, hr, turned_away):
    hr.post(f"{row_at(here, 4)}mend/", {"do": "discard", "reason": "原系统误录"})
    page = people.text(hr.get(f"{turned_away}rows/"))
    assert "原系统误录" in page
    assert here.staff["hr_manager"].name in page
    assert f"{turned_away}rows/#discarded" in people.text(hr.get(turned_away))
    assert 'href="?code=unknown_word">不认识这个词' in page


def test_the_rows_are_listed_with_their_reasons_and_no_number_in_the_clear(here, hr, turned_away):
    page = people.text(hr.get(f"{turned_away}rows/"))
    assert "第 4 行" in page
    assert "不是有效的手机号码" in page
    assert "“候场”" in page
    assert "12345" not in page
    one = people.text(hr.get(row_at(here, 5)))
    assert "示例乙" in one
    assert "13900000002" not in one
    assert "13****02" in one
    only = people.text(hr.get(f"{turned_away}rows/?code=invalid_phone"))
    assert "第 4 行" in only
    assert "第 5 行" not in only
    assert "处理这些行" in people.text(hr.get(turned_away))


def test_a_row_is_mended_and_loaded_into_the_same_batch(here, hr, turned_away):
    answer = hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13900000001"})
    assert answer.status_code == 302
    assert figures(here) == (3, 2, 0)
    with here.scope():
        interview = Interview.objects.get(application__candidate__name="示例甲")
        assert dict(original_of(interview))["手机号"] == "13900000001"
        assert ImportedRow.objects.get(number=4).run_id == run_of(here).id
        row = QuarantinedRow.objects.get(number=4)
    assert (row.state, row.sealed, row.settled_by) == ("loaded", None, here.staff["hr_manager"].id)
    assert task_of(here).details["count"] == 2
    with here.scope():
        entry = Entry.objects.get(action="import.rows_mended")
    assert entry.facts == {"rows": 1, "loaded": 1, "unchanged": 0, "fields": ["phone"]}
    assert hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13900000009"}).status_code == 409


def test_a_row_that_is_still_wrong_says_why_and_changes_nothing(here, hr, turned_away):
    answer = hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "999", "cell-0": "示例甲甲"})
    page = people.text(answer)
    assert answer.status_code == 422
    assert "这一行仍未通过检查" in page
    assert 'value="999"' in page
    assert 'value="示例甲甲"' in page
    assert figures(here) == (2, 3, 0)
    with here.scope():
        assert not Candidate.objects.filter(name__startswith="示例甲").exists()
        assert QuarantinedRow.objects.get(number=4).state == "open"


def test_rows_that_say_the_same_are_mended_together(here, hr, turned_away):
    answer = hr.post(f"{row_at(here, 5)}mend/", {"cell-5": "待面试", "alike": "yes"})
    assert answer.status_code == 302, people.text(answer)[-3000:]
    assert figures(here) == (4, 1, 0)
    with here.scope():
        assert Interview.objects.filter(application__candidate__name__in=["示例乙", "示例丙"]).count() == 2


def test_without_the_tick_the_others_wait_on(here, hr, turned_away):
    hr.post(f"{row_at(here, 5)}mend/", {"cell-5": "待面试"})
    assert figures(here) == (3, 2, 0)


def test_with_the_last_row_the_task_closes_and_the_key_goes(here, hr, turned_away):
    hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13900000001"})
    hr.post(f"{row_at(here, 5)}mend/", {"cell-5": "待面试", "alike": "yes"})
    assert task_of(here).state == "done"
    assert run_of(here).data_key is None
    assert "没有待处理的行" in people.text(hr.get(f"{turned_away}rows/"))


def test_what_was_mended_goes_with_the_batch_and_comes_again_with_it(here, hr, turned_away):
    hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13900000001"})
    hr.post(f"{row_at(here, 5)}mend/", {"cell-5": "待面试", "alike": "yes"})
    assert hr.post(f"{turned_away}rollback/").status_code == 302
    assert (here.count(Interview), here.count(ImportRun)) == (0, 0)
    assert hr.get(f"{turned_away}rows/").status_code == 404
    with here.scope():
        undoing = Batch.objects.get(kind="rollback")
    assert hr.post(f"/console/batches/{undoing.id}/rollback/").status_code == 302
    assert (here.count(Interview), figures(here)) == (5, (5, 0, 0))


def test_rows_are_tried_again_once_what_stood_against_them_is_gone(here, hr, drain):
    known = here.phone()
    row = f"别名,{known},工程师,研发部,2031-06-01 10:00,待面试\n"
    upload = loaded(hr, here, drain, HEAD + lines(1) + row)
    path = f"/console/batches/{upload.batch_id}/rows/"
    assert "known_by_another_name" in people.text(hr.get(path))
    hr.post(f"{path}settle/", {"code": "known_by_another_name", "do": "retry"})
    assert figures(here) == (1, 1, 0)
    here.put(here.candidate, name="别名")
    hr.post(f"{path}settle/", {"code": "known_by_another_name", "do": "retry"})
    assert figures(here) == (2, 0, 0)
    assert task_of(here).state == "done"


def test_a_row_that_came_in_by_another_file_meanwhile_is_known_again(here, hr, drain, turned_away):
    loaded(hr, here, drain, HEAD + "示例甲,13900000001,工程师,研发部,2031-06-01 10:00,待面试\n")
    before = here.count(Interview)
    hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13900000001"})
    assert here.count(Interview) == before
    with here.scope():
        run = ImportRun.objects.get(rows_in=5)
    assert (run.loaded, run.rejected, run.unchanged) == (2, 2, 1)


def test_rows_are_discarded_with_a_reason_and_never_without(here, hr, turned_away):
    refused = hr.post(f"{row_at(here, 4)}mend/", {"do": "discard", "reason": "  "})
    assert refused.status_code == 422
    assert "请写明舍弃的原因" in people.text(refused)
    hr.post(f"{row_at(here, 4)}mend/", {"do": "discard", "reason": "测试数据"})
    with here.scope():
        row = QuarantinedRow.objects.get(number=4)
    assert (row.state, row.reason, row.sealed) == ("discarded", "测试数据", None)
    assert hr.post(f"{turned_away}rows/settle/", {"do": "discard", "reason": ""}).status_code == 422
    hr.post(f"{turned_away}rows/settle/", {"do": "discard", "code": "unknown_word", "reason": "旧数据"})
    assert here.count(QuarantinedRow, state="discarded") == 3
    assert task_of(here).state == "done"
    assert here.entries().count("import.rows_discarded") == 2
    assert figures(here) == (2, 3, 0)


def test_settling_the_task_discards_what_is_left_even_of_a_batch_rolled_back(here, hr, turned_away):
    page = people.text(hr.get(f"/console/tasks/{task_of(here).id}/"))
    assert f"{turned_away}rows/" in page
    assert "list.csv · 目前共3项" in page
    hr.post(f"{turned_away}rollback/")
    undone = people.text(hr.get(f"/console/tasks/{task_of(here).id}/"))
    assert "这一批之后已被回滚" in undone
    assert "list.csv · 目前共3项" in undone
    assert "请逐行更正" not in undone
    path = f"/console/tasks/{task_of(here).id}/settle/"
    assert hr.post(path, {"resolution": ""}).status_code == 422
    assert hr.post(path, {"resolution": "已回滚，另行导入"}).status_code == 302
    assert here.count(QuarantinedRow, state="discarded", reason="已回滚，另行导入") == 3
    assert (task_of(here).state, task_of(here).resolution) == ("done", "已回滚，另行导入")


def test_a_row_is_seen_in_the_clear_by_asking_and_on_record(here, hr, turned_away):
    page = people.text(hr.post(f"{row_at(here, 5)}reveal/"))
    assert "13900000002" in page
    with here.scope():
        entry = Entry.objects.get(action="candidate.revealed")
    assert (entry.subject_type, entry.facts["row"]) == ("import", 5)
    assert "phone" in entry.facts["fields"]
    assert "13900000002" not in str(entry.canonical)
    assert "手机" in people.text(hr.get("/console/audit/sights/"))


def test_the_list_is_taken_in_the_clear_on_record_and_runs_in_no_spreadsheet(here, hr, drain):
    bad = "示例甲,12,工程师,研发部,=何时(),待面试\n"
    upload = loaded(hr, here, drain, HEAD + lines(1) + bad)
    answer = hr.post(f"/console/batches/{upload.batch_id}/rows/take/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "row,column,value,reason,code"
    assert "invalid_phone" in text
    assert ",'=何时()," in text
    assert here.entries()[-1] == "import.rows_taken"
    assert "1行" in people.text(hr.get("/console/audit/sights/")).replace(" ", "")


def test_an_administrator_mends_without_seeing_and_others_see_nothing(here, hr, recruiter, turned_away):
    admin = people.staff_client(here.staff["company_admin"])
    path = row_at(here, 4)
    assert admin.post(f"{path}reveal/").status_code == 403
    assert admin.post(f"{turned_away}rows/take/").status_code == 403
    assert admin.get(path).status_code == 200
    # Of the task an administrator settles nothing else, but its rows are theirs to see to.
    page = people.text(admin.get(f"/console/tasks/{task_of(here).id}/"))
    assert f'href="{turned_away}rows/"' in page
    assert "须由HR经理或企业管理员处理" not in page
    assert admin.post(f"{path}mend/", {"cell-1": "", "hidden": "1"}).status_code == 422
    assert admin.post(f"{path}mend/", {"cell-1": "13900000001", "hidden": "1"}).status_code == 302
    for browser in (recruiter, people.staff_client(here.staff["auditor"])):
        assert browser.get(f"{turned_away}rows/").status_code == 403
        assert browser.post(f"{row_at(here, 5)}mend/", {"cell-5": "待面试"}).status_code == 403
    task = people.text(recruiter.get(f"/console/tasks/{task_of(here).id}/"))
    assert "须由HR经理或企业管理员处理" in task
    assert (
        recruiter.post(f"/console/tasks/{task_of(here).id}/settle/", {"resolution": "x"}).status_code == 403
    )


def test_while_an_import_runs_rows_wait_their_turn(here, hr, turned_away):
    def mend():
        return hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13900000001"}).status_code

    with keep_turn(f"import:{here.company.id}"), ThreadPoolExecutor(1) as other:
        assert other.submit(mend).result() == 409
    assert mend() == 302


def test_a_row_is_read_again_as_its_whole_file_taught(here, hr, drain):
    """Days without a time, an order of day and month that only other rows proved: both count when it comes again."""
    rows = (
        "姓名,手机号,应聘岗位,面试日期\n"
        "示例一,13700000001,工程师,25/05/2021 00:00\n"
        "示例二,13700000002,工程师,04/05/2021 00:00\n"
        "示例三,12,工程师,05/06/2021 00:00\n"
    )
    loaded(hr, here, drain, rows)
    hr.post(f"{row_at(here, 4)}mend/", {"cell-1": "13700000003"})
    with company_scope(here.company.id):
        found = Interview.objects.get(application__candidate__name="示例三")
    assert (found.precision, found.starts_at.isoformat()) == ("day", "2021-06-04T16:00:00+00:00")


def test_what_a_form_cannot_show_whole_stays_as_the_file_had_it(here, hr, drain):
    note, long = "第一行\n第二行", "很长" * 1500
    row = f'示例甲,12,工程师,研发部,2031-06-01 10:00,待面试,"{note}",{long}\n'
    loaded(hr, here, drain, HEAD.replace("\n", ",自定义一,自定义二\n") + lines(1).replace("\n", ",,\n") + row)
    typed = {"cell-1": "13900000001", "cell-6": note.replace("\n", ""), "cell-7": long[:2000]}
    assert hr.post(f"{row_at(here, 3)}mend/", typed).status_code == 302
    with here.scope():
        original = dict(original_of(Interview.objects.get(application__candidate__name="示例甲")))
    assert (original["自定义一"], original["自定义二"]) == (note, long)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([None, *Field]),
    st.one_of(
        st.integers(13_000_000_000, 19_999_999_999).map(str),
        st.emails(),
        st.integers(0, 9999).map(lambda n: f"+86 138 0000 {n:04}"),
    ),
)
def test_a_contact_is_never_shown_whole_whatever_column_it_stands_in(field, contact):
    assert is_hidden(field, contact)
    assert contact not in shown(field, contact)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "候场"), ("email", "候场"), ("id_number", "候场"), ("moment", "2031-05-01 10:00:00")],
)
def test_where_it_cannot_be_told_whether_a_value_is_a_contact_it_is_hidden(monkeypatch, kind, value):
    assert not is_hidden(None, value)
    monkeypatch.setitem(KINDS, kind, replace(KINDS[kind], fits=lambda cell, text: text[1000]))
    assert is_hidden(None, value)
    assert value not in shown(None, value)


@pytest.mark.parametrize("field", [None, *Field])
@pytest.mark.parametrize("contact", ["13900000001", "someone@example.com"])
@pytest.mark.parametrize("before", ["请联系", "备注" * 200])
def test_a_contact_amid_other_words_is_never_shown_whole_either(field, contact, before):
    assert is_hidden(field, f"{before} {contact}。")
    assert contact not in shown(field, f"{before} {contact}。")


@pytest.mark.parametrize("text", ["a@example.com,13900000001", "a@example.com电话13900000001"])
def test_a_number_behind_an_address_is_hidden_with_it(text):
    assert "139" not in shown(None, text)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field.START, "20310501100000"),
        (Field.START, "31.06.2031 @ 10.30 AM"),
        (Field.START, "1935485696789"),
        (Field.CANDIDATE_ID, "2031-0001-0002-0003"),
        (Field.STATUS, "候场"),
        (Field.NAME, "Example Person"),
        (Field.DURATION, "45 分钟"),
    ],
)
def test_what_belongs_into_its_column_is_shown(field, text):
    assert shown(field, text) == text


@pytest.mark.parametrize(
    "text", ["2031-05-01 10:00:00", "2026年11月23日 下午3点", "示例甲", "候场", "A-12", ""]
)
def test_dates_and_plain_words_are_shown(text):
    assert shown(Field.START, text) == shown(None, text) == text


def test_a_row_of_another_kind_of_list_is_mended_as_what_it_is(here, hr, brought):
    candidates = (
        "候选人编号,姓名,手机号,毕业院校\nC-1,示例甲,13900000001,示例大学\nC-2,示例乙,12345,示例学院\n"
    )
    said = brought(candidates, "--kind", "candidates", company=here.company.slug, tz="Asia/Shanghai")
    assert (said["loaded"], said["rejected"]) == (1, 1)
    assert hr.post(f"{row_at(here, 3)}mend/", {"cell-2": "12346"}).status_code == 422
    assert hr.post(f"{row_at(here, 3)}mend/", {"cell-2": "13900000002"}).status_code == 302
    assert figures(here) == (2, 0, 0)
    with here.scope():
        one = Candidate.objects.get(name="示例乙")
        row = BroughtRow.objects.get(number=3)
        assert (row.kind, row.subject_id, row.run_id) == ("candidates", one.id, ImportRun.objects.get().id)
        assert not Interview.objects.exists()


# ── a department that no column says ────────────────────────────────────────────────────────────────

NO_COLUMN = "姓名,手机号,应聘岗位,面试时间,状态\n"
WHICH = (
    "示例丙,13900000003,会计,2031-06-04 10:00,待面试\n"
    "示例丁,13900000004,会计,2031-06-05 10:00,待面试\n"
    "示例戊,13900000005,出纳,2031-06-06 10:00,待面试\n"
    "示例己,13900000006,主管,2031-06-07 10:00,待面试\n"
)


@pytest.fixture
def several(here, brought):
    """Have two departments with positions of two titles; return what brings a list in."""
    told = "".join(
        f"示例{who},139000001{n:02},{position},{department},2031-06-0{n} 10:00,待面试\n"
        for n, (who, position, department) in enumerate(
            [
                ("壹", "会计", "财务部"),
                ("贰", "会计", "审计部"),
                ("叁", "出纳", "财务部"),
                ("肆", "出纳", "审计部"),
            ],
            1,
        )
    )

    def bring(text, *more):
        return brought(text, *more, company=here.company.slug, tz="Asia/Shanghai")

    assert bring(HEAD + told)["loaded"] == 4
    return bring


def department_of(here, name):
    with here.scope():
        return Interview.objects.values_list("application__position__department__name", flat=True).get(
            application__candidate__name=name
        )


def choices_of(page):
    [options] = re.findall(r'<select id="department".*?</select>', page, re.DOTALL)
    return {name: id_ for id_, name in re.findall(r'<option value="([0-9a-f-]+)"[^>]*>([^<]+)', options)}


def test_a_row_whose_position_several_departments_have_is_given_one_though_its_list_has_no_column(
    here, hr, several
):
    several(NO_COLUMN + WHICH)
    page = hr.get(row_at(here, 2)).content.decode()
    offered = choices_of(page)
    assert set(offered) == {"财务部", "审计部"}
    answer = hr.post(f"{row_at(here, 2)}mend/", {"department": offered["审计部"], "cell-1": "13900000009"})
    assert answer.status_code == 302, people.text(answer)
    assert department_of(here, "示例丙") == "审计部"
    with here.scope():
        entry = Entry.objects.filter(action="import.rows_mended").latest("at")
        assert QuarantinedRow.objects.filter(state="open").count() == 2
    assert entry.facts == {"rows": 1, "loaded": 1, "unchanged": 0, "fields": ["department", "phone"]}


def test_the_department_counts_for_others_of_the_same_position_where_that_is_ticked(here, hr, several):
    several(NO_COLUMN + WHICH)
    offered = choices_of(hr.get(row_at(here, 2)).content.decode())
    form = {"department": offered["财务部"], "alike": "yes"}
    assert hr.post(f"{row_at(here, 2)}mend/", form).status_code == 302
    assert department_of(here, "示例丙") == department_of(here, "示例丁") == "财务部"
    with here.scope():
        assert [row.number for row in QuarantinedRow.objects.filter(state="open")] == [4]
    # It is the row of the file still: the same list again brings nothing new of it.
    again = several(NO_COLUMN + WHICH)
    assert (again["loaded"], again["unchanged"], again["rejected"]) == (0, 3, 1)


@pytest.mark.parametrize("chosen", ["", "bogus"])
def test_without_a_department_it_stays_turned_away(here, hr, several, chosen):
    several(NO_COLUMN + WHICH)
    answer = hr.post(f"{row_at(here, 2)}mend/", {"department": chosen})
    assert (answer.status_code, "这一行仍未通过检查" in people.text(answer)) == (422, True)


def test_a_department_that_was_not_offered_is_refused(here, hr, several):
    several(NO_COLUMN + WHICH)
    with here.scope():
        other = Department.objects.create(company_id=here.company.id, name="示例部")
    answer = hr.post(f"{row_at(here, 2)}mend/", {"department": str(other.id)})
    assert (answer.status_code, "请从所列的部门中选择" in people.text(answer)) == (422, True)
    assert len(choices_of(answer.content.decode())) == 2


def test_where_the_list_has_the_column_the_department_is_typed_there(here, hr, several):
    several(HEAD + "示例丙,13900000003,会计,,2031-06-04 10:00,待面试\n" + lines(1))
    assert 'id="department"' not in hr.get(row_at(here, 2)).content.decode()
    assert hr.post(f"{row_at(here, 2)}mend/", {"cell-3": "财务部"}).status_code == 302
    assert department_of(here, "示例丙") == "财务部"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "applications",
            "姓名,手机号,应聘职位,投递时间\n示例丙,13900000003,会计,2026-01-04\n示例己,13900000006,主管,2026-01-04\n",
        ),
        ("positions", "职位,职位状态\n会计,招聘中\n主管,招聘中\n"),
    ],
)
def test_lists_of_other_kinds_are_given_a_department_too(here, hr, several, kind, text):
    assert several(text, "--kind", kind)["rejected"] == 1
    offered = choices_of(hr.get(row_at(here, 2)).content.decode())
    answer = hr.post(f"{row_at(here, 2)}mend/", {"department": offered["审计部"]})
    assert answer.status_code == 302, people.text(answer)
    with here.scope():
        assert not QuarantinedRow.objects.filter(state="open").exists()
        if kind == "applications":
            held = Application.objects.get(candidate__name="示例丙").position.department.name
            assert held == "审计部"
