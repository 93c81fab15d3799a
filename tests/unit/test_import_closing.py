"""Rows that close a list: totals and signatures are none of its people, and nobody who is one is taken for them."""

from contextlib import ExitStack
from datetime import date

import pytest
import xlsxwriter

from raincheck.migration import refusals
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.kinds.names import Kind
from raincheck.migration.rows.survey import Wishes, study

HEADINGS = ["序号", "姓名", "手机号", "应聘职位", "面试时间", "时长"]
PEOPLE = [
    ["1", "示例甲", "13800000001", "数据分析师", "2026-11-23 14:00", "30"],
    ["2", "示例乙", "13800000002", "数据分析师", "2026-11-23 15:00", "30"],
]


@pytest.fixture
def list_of(tmp_path):
    """Return a function that writes rows below headings and reads them as an import does."""
    with ExitStack() as stack:

        def read(lines, *, headings=HEADINGS, people=PEOPLE, **wishes):
            path = tmp_path / "list.xlsx"
            with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as made:
                sheet = made.add_worksheet()
                for at, line in enumerate([headings, *people, *lines]):
                    for column, cell in enumerate(line):
                        if cell != "":
                            sheet.write(at, column, cell)
            return study(open_table(stack.enter_context(Source.open(path)), Reading()), Wishes(**wishes))

        yield read


def numbers(found):
    return [number for number, _ in found.rows()]


def closing(found):
    return next((one["en"] for one in found.notices.all() if one["code"] == "closing_rows"), "")


@pytest.mark.parametrize(
    "line",
    [
        ["合计", "", "", "", "", "60"],
        ["合 计：", "", "", "", "", 60],
        ["合計", 2],
        ["合计（人）", "2"],
        ["", "总计", "", "2", ""],
        ["", "小计：2人"],
        ["—— 总计 ——", "", "", "", "2人"],
        ["研发部小计", 2],
        ["本页合计", "2 人"],
        ["累计", "12,345人次"],
        ["共计 2 名候选人"],
        ["以上共 2 人"],
        ["以上共计2人，其中1人已取消"],
        ["以上合计：2 场面试"],
        ["共2人"],
        ["", "共 两 人"],
        ["总人数：2"],
        ["面试人数合计：2"],
        ["Total"],
        ["TOTAL:", "", "", "", 2],
        ["Grand total", "2"],
        ["Sub-total 2 candidates"],
        ["Total number of interviews: 2"],
        ["Total: 2", "", "", "制表人：示例丙"],
        ["制表人：示例丙"],
        ["制表人:", "", "", "审核人：", "日期：2026年11月28日"],
        ["", "填表人：示例丙", "", "", "2026年11月28日"],
        ["", "填表人：示例丙", "", "", date(2026, 11, 28)],
        ["制表日期：2026-11-28"],
        ["审核：", "", "", "批准："],
        ["部门负责人签字：", "", "", "", "年  月  日"],
        ["用人部门负责人（签字）：________"],
        ["签字"],
        ["审批人（盖章）："],
        ["人事经理：示例丁"],
        ["打印时间：2026-11-28 10:00"],
        ["Prepared by: Example C", "", "", "Approved by", "Date:"],
        ["Signature: ______"],
        ["以下空白"],
        ["*** End of report ***"],
    ],
)
def test_a_row_that_closes_the_list_is_none_of_it_and_named(list_of, line):
    found = list_of([line])
    assert (numbers(found), found.rows_in, found.closing) == ([2, 3], 2, 1)
    assert closing(found).endswith("(row 4)")


@pytest.mark.parametrize(
    "line",
    [
        ["3", "总政", "", "数据分析师", "2026-11-23 16:00"],
        ["3", "合伟"],
        ["3", "共小计", "", "", "2026-11-23 16:00"],
        ["", "合计", "", "数据分析师", "2026-11-23 16:00"],
        ["", "合计", "13800000003"],
        ["", "小计", "", "数据分析师"],
        ["", "Total", "", "", "2026-11-23 16:00"],
        ["", "Total Recall", "", "数据分析师", "2026-11-23 16:00"],
        ["", "Toto Total"],
        ["", "小计春"],
        ["", "Prepared Byron"],
        ["", "王签名"],
        ["合计", "示例丙"],
        ["合计", "", "13800000003"],
        ["合计", "", "", "数据分析师"],
        ["合计", "", "", "", "2026-11-23 16:00"],
        ["合计", "", "", "", date(2026, 11, 23)],
        ["签字：", "示例丙", "13800000003", "数据分析师", "2026-11-23 16:00"],
        ["签字：", "示例丙"],
        ["制表人：", "", "13800000003"],
        ["制表人：示例丙", "", "", "数据分析师", "2026-11-23 16:00"],
        ["审核人：", "", "", "", "2026-11-23 16:00"],
        ["日期：2026-11-23"],
        ["研发部"],
        ["备注：请提前十分钟到场"],
        ["3", "合计"],
        ["合计金额说明"],
        ["共享中心"],
        ["总经理助理"],
        ["Signal Processing"],
    ],
)
def test_a_row_with_anything_of_a_persons_stays(list_of, line):
    found = list_of([line])
    assert (numbers(found), found.closing, closing(found)) == ([2, 3, 4], 0, "")


def test_totals_amid_a_list_are_passed_over_too_and_the_rest_keeps_its_numbers(list_of):
    found = list_of(
        [["研发部小计", "2"], ["3", "示例丙", "", "销售", "2026-11-23 16:00"], ["合计", "3"], ["制表人："]]
    )
    assert (numbers(found), found.rows_in) == ([2, 3, 5], 3)
    assert closing(found).endswith("(row 4, 6, 7)")


def test_the_dates_of_such_rows_teach_nothing_of_the_order_of_day_and_month(list_of):
    people = [["1", "示例甲", "", "销售", "04/05/2026"], ["2", "示例乙", "", "销售", "05/06/2026"]]
    found = list_of([["制表人：示例丙", "", "", "", "日期：28/11/2026"]], people=people)
    assert "date_order_unknown" in {one["code"] for one in found.notices.all()}


def test_a_list_of_candidates_may_have_nobody_but_whom_it_names(list_of):
    people = [["示例甲", "a@example.com"], ["示例乙", "b@example.com"], ["小计春", ""], ["Total Recall", ""]]
    found = list_of([["合计", 2]], headings=["姓名", "邮箱"], people=people, kind=Kind.CANDIDATES)
    assert (numbers(found), found.closing) == ([2, 3, 4, 5], 1)


def test_where_a_name_or_a_title_is_all_that_a_row_needs_anything_beside_it_is_its_own(list_of):
    people = [["示例甲", "a@example.com", "北京大学"], ["小计", "", "北京大学"]]
    found = list_of([["合计", 2, ""]], headings=["姓名", "邮箱", "学校"], people=people, kind=Kind.CANDIDATES)
    assert (numbers(found), found.closing) == ([2, 3], 1)
    jobs = [["数据分析师", "研发部", ""], ["经理：华东区", "销售部", ""], ["总经理：", "", "招聘中"]]
    below = [["合计：3", "", ""], ["审批人签字：", "", "日期："]]
    found = list_of(below, headings=["岗位", "部门", "岗位状态"], people=jobs, kind=Kind.POSITIONS)
    assert (numbers(found), found.closing) == ([2, 3, 4], 2)


def test_what_merged_cells_say_of_such_a_row_is_not_its_own(tmp_path):
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        for at, line in enumerate([["姓名", "应聘职位", "面试时间"], ["示例甲", "", "2026-11-23 14:00"]]):
            sheet.write_row(at, 0, line)
        sheet.merge_range(1, 1, 2, 1, "数据分析师")
        sheet.write_row(2, 0, ["合计：1人"])
    with Source.open(path) as source:
        found = study(open_table(source, Reading()), Wishes())
        assert (numbers(found), found.closing) == ([2], 1)


def test_nothing_but_totals_is_no_row(list_of):
    with pytest.raises(refusals.NoRows):
        list_of([["合计", "0"]], people=[])
