"""Workbooks in which a department or a day is merged down over several people, loaded as HR sends them."""

import io
from collections import defaultdict

import pytest
import xlsxwriter

from raincheck.migration.loading.originals import original_of
from raincheck.migration.models import QuarantinedRow
from raincheck.recruiting.models import Interview, Interviewer, Position
from tests.flows.importing import everything, rejected, scope, warned
from tests.flows.uploading import loaded, tried, upload_of

HEADINGS = ["部门", "岗位", "姓名", "手机号", "面试时间"]
ROWS = [
    ["研发部", "后端", "示例甲", "13711110001", "2031-05-23 09:00"],
    ["", "后端", "示例乙", "13711110002", "2031-05-23 10:00"],
    ["", "前端", "示例丙", "13711110003", "2031-05-23 11:00"],
    ["市场部", "策划", "示例丁", "13711110004", "2031-05-24 09:00"],
]
DEPARTMENTS = (1, 0, 3, 0)


def workbook(rows, *merged, headings=HEADINGS):
    """Return a workbook's bytes; `merged` are ranges, top, left, bottom, right."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        sheet = book.add_worksheet()
        for one in merged:
            sheet.merge_range(*one, "")
        for at, line in enumerate([headings, *rows]):
            for column, cell in enumerate(line):
                if cell != "":
                    sheet.write(at, column, cell)
    return held.getvalue()


def bring(brought, data, **more):
    return brought(data, name="list.xlsx", tz="Asia/Shanghai", **more)


def departments():
    with scope():
        found = Interview.objects.values_list(
            "application__candidate__name", "application__position__department__name"
        )
        return dict(found)


def test_a_department_merged_down_is_that_of_each_of_its_people(brought):
    dry = bring(brought, workbook(ROWS, DEPARTMENTS), way="--dry-run")
    assert bring(brought, workbook(ROWS, DEPARTMENTS)) == dry
    assert (dry["loaded"], "A2:A4" in warned(dry)["merged_down"]) == (4, True)
    assert departments() == {"示例甲": "研发部", "示例乙": "研发部", "示例丙": "研发部", "示例丁": "市场部"}
    with scope():
        assert Position.objects.count() == 3
        assert (
            dict(original_of(Interview.objects.get(application__candidate__name="示例乙")))["部门"]
            == "研发部"
        )


def test_the_same_list_with_the_values_written_out_is_the_same_list(brought, superuser):
    bring(brought, workbook(ROWS, DEPARTMENTS))
    before = everything(superuser)
    written = [["研发部", *row[1:]] for row in ROWS[:3]] + ROWS[3:]
    again = bring(brought, workbook(written))
    assert (again["unchanged"], again["loaded"], everything(superuser)) == (4, 0, before)


@pytest.mark.parametrize("phones", [True, False])
def test_rows_loaded_before_merges_were_read_are_known_again_and_stay_as_they_are(brought, superuser, phones):
    """A list whose cells were empty is what was read of one with merged cells until then."""
    rows = ROWS if phones else [[*row[:3], "", row[4]] for row in ROWS]
    bring(brought, workbook(rows))
    before, were = everything(superuser), departments()
    again = bring(brought, workbook(rows, DEPARTMENTS))
    assert (again["unchanged"], again["loaded"], again["rejected"]) == (4, 0, 0)
    assert "2 rows" in warned(again)["known_unmerged"]
    assert "same_row_twice" not in warned(again)
    assert (everything(superuser), departments()) == (before, were)


def test_rows_that_were_left_out_for_what_is_merged_are_loaded_now(brought):
    rows = [[*row[:4], "2031-05-23 09:00" if at == 0 else ""] for at, row in enumerate(ROWS)]
    assert bring(brought, workbook(rows))["rejected"] == 3
    again = bring(brought, workbook(rows, (1, 4, 4, 4)))
    assert (again["loaded"], again["unchanged"], again["rejected"]) == (3, 1, 0)


@pytest.mark.parametrize("part", [1, 2, 5000])
def test_rows_that_only_a_merged_cell_tells_apart_are_two_in_parts_of_any_size(brought, monkeypatch, part):
    monkeypatch.setattr("raincheck.migration.files.source.PART", part)
    row = ["", "会计", "示例甲", "", "2031-05-23 09:00"]
    rows = [["研发部", *ROWS[0][1:]], row, ["", *ROWS[1][1:]], ["市场部", *ROWS[2][1:]], row, row]
    said = bring(brought, workbook(rows, (1, 0, 3, 0), (4, 0, 6, 0)))
    assert (said["loaded"], said["unchanged"]) == (5, 1)
    assert "7=6" in warned(said)["same_row_twice"]


def test_an_error_that_is_merged_down_keeps_each_of_its_rows_out_and_names_it(brought):
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(1, 1, 2, 1, "")
        for at, line in enumerate([HEADINGS, *ROWS]):
            sheet.write_row(at, 0, line[:1] if at in {1, 2} else line)
            sheet.write_row(at, 2, line[2:])
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
    said = bring(brought, held.getvalue())
    assert rejected(said) == dict.fromkeys((2, 3), ("岗位", "#N/A", "error_cell"))


def test_a_row_that_only_adds_a_remark_is_no_second_interview(brought):
    """Without a number to know people by, it would be that of somebody else."""
    headings = ["姓名", "岗位", "面试时间", "备注"]
    rows = [
        ["示例甲", "后端", "2031-05-23 09:00", "请带简历"],
        ["", "", "", "三号楼"],
        ["示例乙", "前端", "2031-05-23 10:00", ""],
    ]
    said = bring(brought, workbook(rows, (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 2, 2), headings=headings))
    assert (said["loaded"], rejected(said)) == (2, {3: ("", "", "row_continues")})


def test_trying_such_a_row_again_as_it_is_makes_no_second_interview(hr, here, drain):
    headings = ["姓名", "岗位", "面试时间", "备注"]
    rows = [["示例甲", "后端", "2031-05-23 09:00", "请带简历"], ["", "", "", "三号楼"]]
    data = workbook(rows, (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 2, 2), headings=headings)
    upload = loaded(hr, here, drain, data, name="list.xlsx")
    settle = f"/console/batches/{upload.batch_id}/rows/settle/"
    assert hr.post(settle, {"code": "row_continues", "do": "retry"}).status_code == 302
    with here.scope():
        assert Interview.objects.filter(application__candidate__name="示例甲").count() == 1
        assert QuarantinedRow.objects.get().state == "open"
    assert (
        hr.post(settle, {"code": "row_continues", "do": "discard", "reason": "第二条备注"}).status_code == 302
    )
    with here.scope():
        assert QuarantinedRow.objects.get().state == "discarded"


def test_two_interviews_of_one_person_on_one_day_are_two(brought):
    headings = ["姓名", "岗位", "面试日期", "面试时间"]
    rows = [["示例甲", "后端", "2031-05-23", "09:00"], ["", "", "", "14:00"]]
    said = bring(brought, workbook(rows, (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 2, 2), headings=headings))
    assert said["loaded"] == 2


def test_people_merged_into_departments_are_candidates_and_positions_too(brought):
    rows = [
        [row[0], row[1], state]
        for row, state in zip(ROWS, ("招聘中", "招聘中", "暂停", "招聘中"), strict=True)
    ]
    rows[1][1] = "测试"
    said = bring(brought, workbook(rows, DEPARTMENTS, headings=["部门", "岗位名称", "招聘状态"]))
    assert (said["kind"], said["loaded"]) == ("positions", 4)
    with scope():
        found = dict(Position.objects.values_list("title", "department__name"))
    assert found == {"后端": "研发部", "测试": "研发部", "前端": "研发部", "策划": "市场部"}
    unmerged = [["市场部", "助理", "招聘中"], ["", "文员", "招聘中"]]
    bring(brought, workbook(unmerged, headings=["部门", "岗位名称", "招聘状态"]))
    again = bring(brought, workbook(unmerged, (1, 0, 2, 0), headings=["部门", "岗位名称", "招聘状态"]))
    assert (again["unchanged"], "1 rows" in warned(again)["known_unmerged"]) == (2, True)


def test_the_screen_shows_what_stands_in_each_row_and_says_what_was_filled(hr, here, drain):
    page = hr.get(tried(hr, here, drain, workbook(ROWS, DEPARTMENTS), name="list.xlsx"))
    shown = page.content.decode()
    assert "A2:A4" in shown
    assert upload_of(here).figures["loaded"] == 4


def test_a_second_interviewer_in_a_row_of_their_own_joins_the_panel(brought, here):
    """Name, phone and time are merged over two rows, and over three; a department over all of them."""
    staff = [here.staff[role] for role in ("interviewer", "recruiter", "hr_manager")]
    headings = [*HEADINGS, "面试官"]
    rows = [
        ["研发部", "后端", "示例甲", "13711110001", "2031-05-23 09:00", staff[0].name],
        ["", "", "", "", "", staff[1].name],
        ["", "前端", "示例乙", "13711110002", "2031-05-23 10:00", ""],
        ["", "", "", "", "", staff[1].email],
        ["", "", "", "", "", staff[2].name],
        ["", "前端", "示例丙", "13711110003", "2031-05-23 11:00", staff[2].name],
    ]
    merged = [(1, 0, 6, 0), *[(1, at, 2, at) for at in range(1, 5)], *[(3, at, 5, at) for at in range(1, 5)]]
    data = workbook(rows, *merged, headings=headings)
    said = bring(brought, data, company=here.company.slug)
    assert (said["rows_in"], said["loaded"]) == (3, 3)
    assert "row 2, 4" in warned(said)["interviewers_joined"]
    assert panels(here) == {
        "示例甲": {staff[0].name, staff[1].name},
        "示例乙": {staff[1].name, staff[2].name},
        "示例丙": {staff[2].name},
    }
    assert bring(brought, data, company=here.company.slug)["unchanged"] == 3


def panels(here):
    with here.scope():
        found = defaultdict(set)
        for name, staff in Interviewer.objects.values_list(
            "interview__application__candidate__name", "staff__name"
        ):
            found[name].add(staff)
        return found


def test_rows_loaded_before_second_interviewers_were_joined_are_known_again(brought, here):
    headings = [*HEADINGS, "面试官"]
    rows = [["研发部", "后端", "示例甲", "13711110001", "2031-05-23 09:00", here.staff["interviewer"].name]]
    bring(brought, workbook(rows, headings=headings), company=here.company.slug)
    rows.append(["", "", "", "", "", here.staff["recruiter"].name])
    again = bring(
        brought,
        workbook(rows, *[(1, at, 2, at) for at in range(5)], headings=headings),
        company=here.company.slug,
    )
    assert (again["unchanged"], again["loaded"], again["rejected"]) == (1, 0, 0)
    assert "known_unmerged" in warned(again)
