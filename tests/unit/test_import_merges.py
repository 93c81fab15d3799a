"""Cells merged down over rows: what is written once stands for each of them; headings and titles are read as before."""

import random
import zipfile
from contextlib import ExitStack

import pytest
import xlsxwriter

from raincheck.migration import refusals
from raincheck.migration.files import merges
from raincheck.migration.files.cells import NoValue, is_blank
from raincheck.migration.files.merges import Merges, told
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.rows.survey import Wishes, study
from tests.old_workbooks import MERGED, unpacked

_SHEET = "xl/worksheets/sheet1.xml"
HEADINGS = ["部门", "岗位", "姓名", "手机号", "面试时间", "备注"]
ROWS = [
    ["研发部", "后端", "示例甲", "13800000001", "2026-11-23 09:00", "王老师"],
    ["", "", "示例乙", "13800000002", "2026-11-23 10:00", ""],
    ["", "前端", "示例丙", "13800000003", "2026-11-23 11:00", ""],
    ["市场部", "策划", "示例丁", "13800000004", "2026-11-24 09:00", "李老师"],
]


@pytest.fixture
def book(tmp_path):
    """Return a function that writes rows with merges (top, left, bottom, right) and reads them as an import does."""
    with ExitStack() as stack:

        def read(lines, merged=(), *, fill=None, hidden=()):
            path = tmp_path / f"{random.getrandbits(64)}.xlsx"
            with xlsxwriter.Workbook(path) as made:
                sheet = made.add_worksheet()
                for top, left, bottom, right in merged:
                    sheet.merge_range(top, left, bottom, right, "")
                for at, line in enumerate(lines):
                    for column, cell in enumerate(line):
                        if cell != "":
                            sheet.write(at, column, cell)
                for row in hidden:
                    sheet.set_row(row, None, None, {"hidden": True})
                if fill:
                    fill(sheet)
            return study(open_table(stack.enter_context(Source.open(path)), Reading()), Wishes())

        yield read


def cells(found):
    return [list(row) for _, row in found.rows()]


def said(found):
    return {one["code"]: one["en"] for one in found.notices.all()}


def test_what_is_merged_down_over_rows_stands_for_each_of_them(book):
    found = book([HEADINGS, *ROWS], [(1, 0, 3, 0), (1, 1, 2, 1), (1, 5, 3, 5)])
    assert [row[0] for row in cells(found)] == ["研发部", "研发部", "研发部", "市场部"]
    assert [row[1] for row in cells(found)] == ["后端", "后端", "前端", "策划"]
    assert [row[5] for row in cells(found)] == ["王老师"] * 3 + ["李老师"]
    assert said(found)["merged_down"].endswith("A2:A4, B2:B3, F2:F4")
    assert "merged_cells" not in said(found)


def test_a_field_that_every_row_needs_is_found_although_it_is_merged(book):
    lines = [
        [*row[:2], *row[2:4], "2026-11-23 09:00" if at == 0 else "", row[5]] for at, row in enumerate(ROWS)
    ]
    found = book([HEADINGS, *lines], [(1, 4, 4, 4)])
    assert [row[4] for row in cells(found)] == ["2026-11-23 09:00"] * 4


def test_headings_in_two_rows_titles_and_notes_are_read_as_before(book):
    title = ["十一月面试安排", *[""] * 5]
    upper = ["部门", "岗位", "候选人", "", "面试", ""]
    lower = ["", "", "姓名", "手机号", "时间", "面试官"]
    note = ["说明：请提前十分钟到场", *[""] * 5]
    merged = [
        (0, 0, 0, 5),
        (1, 0, 2, 0),
        (1, 1, 2, 1),
        (1, 2, 1, 3),
        (1, 4, 1, 5),
        (3, 0, 5, 0),
        (7, 0, 9, 5),
    ]
    found = book([title, upper, lower, *ROWS, note], merged)
    assert [str(column.field) for column in found.mapping.columns] == [
        "department", "position", "name", "phone", "start", "interviewers",
    ]  # fmt: skip
    assert found.mapping.heading_row == 3
    assert [row[0] for row in cells(found)] == ["研发部"] * 3 + ["市场部", note[0]]
    assert "A4:A6" in said(found)["merged_down"]
    assert "A1:F1, A2:A3" in said(found)["merged_cells"]


def test_a_merge_that_begins_in_the_headings_tells_nothing_of_the_rows_below(book):
    lines = [["", *row[1:]] for row in ROWS]
    found = book([HEADINGS, *lines], [(0, 0, 4, 0)])
    assert [row[0] for row in cells(found)] == [""] * 4
    assert "A1:A5" in said(found)["merged_cells"]


def test_of_a_block_the_first_column_is_told_and_a_row_with_nothing_of_its_own_stays_blank(book):
    lines = [HEADINGS, ROWS[0], ["", "", *ROWS[1][2:]], [""] * 6, [""] * 6]
    found = book(lines, [(1, 0, 4, 1)])
    assert [row[:3] for row in cells(found)] == [["研发部", "后端", "示例甲"], ["研发部", "", "示例乙"]]
    assert found.rows_in == 2


def test_what_was_typed_beneath_a_merge_is_the_rows_own(book):
    def beneath(sheet):
        sheet.write(2, 0, "财务部")

    found = book([HEADINGS, *ROWS], [(1, 0, 3, 0)], fill=beneath)
    assert [row[0] for row in cells(found)] == ["研发部", "财务部", "研发部", "市场部"]


def test_error_and_formula_cells_stand_for_each_row_too(book):
    def formulas(sheet):
        sheet.write_formula(1, 0, '="研"&"发部"', None, "研发部")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 5, "=NOW()", None, "")

    found = book([HEADINGS, *ROWS], [(1, 0, 3, 0), (1, 1, 2, 1), (1, 5, 3, 5)], fill=formulas)
    assert [row[0] for row in cells(found)][:3] == ["研发部"] * 3
    assert [row[1] for row in cells(found)][:2] == [NoValue(formula=False)] * 2
    assert [row[5] for row in cells(found)][:3] == [NoValue(formula=True)] * 3


def test_hidden_rows_begin_and_pass_a_merge_on_like_others(book):
    found = book([HEADINGS, *ROWS], [(1, 0, 3, 0)], hidden={1, 2})
    assert [row[0] for row in cells(found)][:3] == ["研发部"] * 3


def test_dates_merged_down_are_counted_in_every_row(book):
    lines = [[*row[:4], "04/05/2026 09:00" if at == 0 else "", row[5]] for at, row in enumerate(ROWS)]
    found = book([HEADINGS, *lines, [*ROWS[3][:4], "23/05/2026 09:00", ""]], [(1, 4, 4, 4)])
    assert found.orders["start"].code == "dmy"
    assert len(cells(found)) == 5


def test_an_old_workbook_tells_of_merges_too(tmp_path):
    path = tmp_path / "old.xls"
    path.write_bytes(unpacked(MERGED))
    with Source.open(path) as source:
        found = study(open_table(source, Reading()), Wishes())
        assert [row[0] for row in cells(found)] == ["研发部", "研发部", "市场部"]
        assert "A2:A3" in said(found)["merged_down"]


def test_a_merge_down_to_the_last_row_there_can_be_costs_nothing(book):
    found = book([HEADINGS, *ROWS], [(1, 0, 1_048_575, 0)])
    assert [row[0] for row in cells(found)] == ["研发部"] * 3 + ["市场部"]


def test_more_merges_than_are_read_are_refused_with_their_number(book, monkeypatch, tmp_path):
    monkeypatch.setattr(merges, "MOST_MERGES", 2)
    monkeypatch.setattr("raincheck.migration.files.xls_table.MOST_MERGES", 0)
    with pytest.raises(refusals.TooManyMerges, match="2 merged"):
        book([HEADINGS, *ROWS], [(1, 0, 3, 0), (1, 1, 2, 1), (1, 5, 3, 5)])
    path = tmp_path / "old.xls"
    path.write_bytes(unpacked(MERGED))
    with pytest.raises(refusals.TooManyMerges), Source.open(path) as source:
        open_table(source, Reading())


@pytest.mark.parametrize(
    "odd",
    ["A4:A3", "A0:A9", "A2", "", "ZZZZ1:ZZZZ9", "B2:B99999999", "XFD2:XFD1048576", "$B$2:$B$4", "甲1:乙2"],
)
def test_a_range_that_means_nothing_is_passed_over_or_refused_in_words(tmp_path, odd):
    path = tmp_path / "odd.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.merge_range(1, 0, 3, 0, "")
        for at, line in enumerate([HEADINGS, *ROWS]):
            for column, cell in enumerate(line):
                if cell:
                    sheet.write(at, column, cell)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    more = f'<mergeCell ref="{odd}"/></mergeCells>'.encode()
    parts[_SHEET] = parts[_SHEET].replace(b"</mergeCells>", more)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with Source.open(path) as source:
        try:
            found = study(open_table(source, Reading()), Wishes())
        except refusals.BrokenWorkbook:
            return
        assert [row[0] for row in cells(found)] == ["研发部"] * 3 + ["市场部"]
        assert "A2:A4" in said(found)["merged_down"]


def test_merges_that_overlap_or_mean_nothing_break_nothing():
    found = Merges()
    for top, left, bottom, right in ((1, 0, 5, 0), (3, 0, 4, 0), (2, 9, 4, 9), (0, 0, 0, 4), (7, 0, 8, 0)):
        found.add(top=top, left=left, bottom=bottom, right=right)
    rows = [(n, [text]) for n, text in enumerate(["h", "a", "", "b", "", "", ""], start=1)]
    over = [told(row, below=1)[0] for _, row in found.over(iter(rows))]
    assert over == ["h", "a", "a", "b", "b", "", ""]


@pytest.mark.parametrize("seed", range(25))
def test_a_sheet_with_merges_reads_as_the_same_sheet_with_the_values_written_out(book, seed):
    """Of the rows, those that nothing but merged cells reaches into are left out: they say nothing new."""
    dice = random.Random(seed)
    height = dice.randrange(3, 30)
    lines = [[""] * 6 for _ in range(height)]
    out = [list(line) for line in lines]
    merged = []
    for column in range(6):
        at = 0
        while at < height:
            size = dice.choice((1, 1, 2, 3, 7))
            end = min(at + size, height) - 1
            text = {
                3: f"138{dice.randrange(10**8):08d}",
                4: f"2026-11-{dice.randrange(1, 29):02d} 09:00",
            }.get(column, dice.choice(("", "甲", "乙", "丙")))
            lines[at][column] = text
            for row in range(at, end + 1):
                out[row][column] = text
            if end > at:
                merged.append((at + 1, column, end + 1, column))
            at = end + 1
    lines[0] = out[0] = ["研发部", "后端", "示例甲", "13800000001", "2026-11-23 09:00", "王老师"]
    for top, left, bottom, _ in merged:
        for row in range(top, bottom):
            out[row][left] = out[top - 1][left]
    kept = [full for line, full in zip(lines, out, strict=True) if not is_blank(line)]
    found, plain = book([HEADINGS, *lines], merged), book([HEADINGS, *kept])
    assert cells(found) == cells(plain)
    assert found.mapping.columns == plain.mapping.columns
    assert found.orders.keys() == plain.orders.keys()
