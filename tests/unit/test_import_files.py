"""Files as they come: encodings, separators, workbooks and what only looks like one; columns by their headings."""

import base64
import io
import re
import stat
import zipfile
import zlib
from contextlib import ExitStack, suppress
from datetime import datetime

import pytest
import xlsxwriter

from raincheck.migration import refusals
from raincheck.migration.columns.mapping import find_mapping
from raincheck.migration.fields import Field
from raincheck.migration.files import xlsx_scan
from raincheck.migration.files.cells import NoValue
from raincheck.migration.files.sayings import saying
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.loading.rejections import RejectionsFile
from raincheck.migration.rows.drafts import MISSING, Rejection
from raincheck.migration.rows.survey import Wishes, study
from raincheck.migration.words import Words, letter
from tests.old_workbooks import MERGED, unpacked

HEADINGS = "姓名,手机号,应聘职位,面试时间,状态"
ROW = "示例甲,13800000001,数据分析师,2026-11-23 14:00,待面试"
CSV = f"{HEADINGS}\n{ROW}\n"
_SHEET = "xl/worksheets/sheet1.xml"
#: A workbook of Excel 97 with an empty sheet and one of two rows from the second on, packed.
OLD_WORKBOOK = (
    "c-rk)O=uHA6#iy+(<G%yliCQ4P(s0~wLPd8iL|K&?LphdAFvit8xyS5q!RRyUX0e9f*`1f;w4ZIR;WLSKj=Yk9tstU2!hZkc"
    "=06EpF`XA&C8~?u|fm25ZP~;H*em&nR)x>&Cl-Zarb2AzBh{kv_QqIZb#WXnV@9P7hIrvU6*V=w^7nfloaeXn#eK>o;k*>at"
    "`HuXQAMp_L3;@k<uZYLgzp%;#)zqu?@XK+R!XCiaiB4DLGNYc2zMw#&i|ayR7@1X)8-EGHoW^NzsGxKxe~NBaXY3I<9jP6?n"
    "{T-m_#AJa{GJ`0OQ-)3soG{6z1`604}yDliP1()LI!5|?EUZplTPAT&jzP2sSwug@QiPNJG7eHh<#A25|)-7kEmd}ZYVB>%Z"
    "kZvBhgMpIcRzpQ9L68cdgLpp_WY|}U*#Nc2G6&SF{k|ILa-lnH%doME<J84fGbnI6lc7^=Mf9#{BcI9w)a(A+$i&&}sJu-Eb"
    "s{M&{*XA>%?(NE?%jHqPTZe1G*5Tj<RY5e2O6J|XtXyRC^zE;2Izqv~5tbzRxX59xv>iIm$rjYuS#TINaEpyh&vUP9nD;WRr"
    "kJO^KIk!+okOg1fotn&oGpxrz`A+-dg4=G_B^RgeF|(KezZM1SUvhKkU<?Ca$#yOpCL4gMsef1#M3}N7smGUfoaVjTTzQrg-"
    "4R1jp#R)&u3y$pGm38^;!w~%%-^b4K(P+ZKD!1<TELAvmjTJ-Vt*p#qd?Gq*6&W`cf9@OX0qxcT~k`c$&0>JrC_|xq8{3Wv*"
    "T&o9~Q_j6BGEZsj?}VsmQ3gb5QSOqeiHQV{$Jkh?g_i;=~+lv<7dIy01J&EF*dE%su7p40R(xdSoE<46=0KdWI8`M$&w+vNW"
    "jN*tik<LF0-?dUH$e(9q^%zvLHH*_uE5-N85*<$Sc$K(G3I8YEB"
)


@pytest.fixture(autouse=True)
def files():
    """Close every file a test opened."""
    with ExitStack() as stack:
        _open.stack = stack
        yield


def _open(path):
    return _open.stack.enter_context(Source.open(path))


def opened(path, data, **reading):
    """Write a file and open the table in it."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return open_table(_open(path), Reading(**reading))


def rows(table):
    return [row for _, row in table.rows()]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "interviews.csv"


@pytest.fixture
def book(tmp_path):
    return tmp_path / "interviews.xlsx"


def workbook(path, *sheets, hidden=()):
    """Write a workbook; each sheet is (name, rows). A cell may be a function of (sheet, row, column, formats)."""
    with xlsxwriter.Workbook(path) as made:
        formats = {
            "date": made.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": made.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        for name, lines in sheets:
            sheet = made.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for at, line in enumerate(lines):
                for column, cell in enumerate(line):
                    if callable(cell):
                        cell(sheet, at, column, formats)
                    else:
                        sheet.write(at, column, cell)
    return path


def rewritten(path, member, change):
    """Rewrite one member of an archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_same_table_in_every_encoding(file, encoding):
    assert rows(opened(file, CSV.encode(encoding)))[1] == ROW.split(",")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(file, mark):
    assert rows(opened(file, CSV.replace(",", mark)))[1] == ROW.split(",")


def test_excels_own_separator_line_is_no_heading(file):
    table = opened(file, "sep=;\r\n" + CSV.replace(",", ";"))
    assert next(iter(table.rows())) == (2, HEADINGS.split(","))


def test_quoted_separators_newlines_and_quotes_stay_in_their_cell(file):
    assert rows(opened(file, 'name,position\n"示例, ""甲""\n乙",x\n'))[1] == ['示例, "甲"\n乙', "x"]


@pytest.mark.parametrize("text", ["Señor Muñoz,José\n" * 30, "Müller,Größe, Straße\n" * 30])
def test_latin_text_is_not_read_as_chinese(file, text):
    with pytest.raises(refusals.UnknownEncoding):
        opened(file, text.encode("cp1252"))
    assert rows(opened(file, text.encode("cp1252"), encoding="cp1252"))[0] == text.splitlines()[0].split(",")


@pytest.mark.parametrize("named", ["zip", "hex", "rot13", "no-such"])
def test_a_name_that_is_no_encoding_of_text_is_refused(file, named):
    with pytest.raises(refusals.UnknownEncoding, match=named):
        opened(file, CSV, encoding=named)


def test_a_byte_that_is_neither_utf8_nor_gb18030_is_refused_with_its_place(file):
    with pytest.raises(refusals.UnknownEncoding, match=r"byte \d+"):
        opened(file, CSV.encode() + b"\xff\xff\xff")


@pytest.mark.parametrize("data", [f'{HEADINGS}\n"{ROW}\n', f'{HEADINGS}\n"示例"甲,1,2,3,4\n'])
def test_a_quote_that_is_not_paired_is_refused_with_its_row(file, data):
    with pytest.raises(refusals.BrokenCsv, match="Row 2"):
        rows(opened(file, data))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"<html><table>", "HTML"),
        (b'{"rows": []}', "JSON"),
        (b"name,position\n\0\0\0\0", "binary"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(file, data, kind):
    with pytest.raises(refusals.NotATable, match=kind):
        opened(file, data)


def test_an_old_workbook_that_cannot_be_read_is_said_to_be_broken(file):
    with pytest.raises(refusals.BrokenWorkbook):
        opened(file, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def test_an_old_workbook_is_read_like_a_new_one(tmp_path):
    old = zlib.decompress(base64.b85decode(OLD_WORKBOOK))
    table = opened(tmp_path / "interviews.xls", old)
    headings = ["姓名", "手机号", "应聘职位", "面试时间"]
    at = datetime(2026, 11, 23, 14, 0)  # noqa: DTZ001 (a cell has no zone)
    assert rows(table)[1:] == [headings, ["示例甲", 13800000001.0, "会计", at]]
    assert [code for code, _ in table.notes] == ["other_sheets"]
    with pytest.raises(refusals.NoSuchSheet, match="面试"):
        opened(tmp_path / "interviews.xls", old, sheet="十一月")


def test_json_lines_are_a_table_of_all_their_names(file):
    lines = (
        '{"name": "示例甲", "job": {"title": "会计"}}\n\n{"name": "示例乙", "round": 2, "tags": ["a", "b"]}\n'
    )
    assert list(opened(file, lines).rows()) == [
        (0, ["name", "job.title", "round", "tags"]),
        (1, ["示例甲", "会计", "", ""]),
        (3, ["示例乙", "", 2, "a, b"]),
    ]
    deep = '{"a":' * 50 + "1" + "}" * 50
    # The last is half of an emoji, cut through: no text that could be kept.
    for wrong in ("[1]", "{", '{"name": "秘密"', deep, "\xff", r'{"name": "秘密\ud83d"}'):
        with pytest.raises(refusals.BrokenJson, match="2") as refusal:
            opened(file, f'{{"name": "示例甲"}}\n{wrong}\n')
        assert "秘密" not in str(refusal.value)


def test_what_is_no_file_is_said_in_both_languages(tmp_path):
    for path, refusal in ((tmp_path, refusals.NotAFile), (tmp_path / "none.csv", refusals.NoSuchFile)):
        with pytest.raises(refusal) as said:
            _open(path)
        assert str(path) in said.value.words.zh
        assert str(path) in said.value.words.en
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(refusals.EmptyFile):
        _open(empty)


def test_a_larger_file_is_refused_by_its_size(file, monkeypatch):
    monkeypatch.setattr("raincheck.migration.files.source.LARGEST_FILE", 10)
    with pytest.raises(refusals.FileTooLarge):
        opened(file, CSV)


def test_a_file_written_to_meanwhile_is_noticed(file):
    file.write_text(CSV)
    source = _open(file)
    source.check_unchanged()
    file.write_text(CSV + CSV)
    with pytest.raises(refusals.FileChanged):
        source.check_unchanged()


def test_real_dates_numbers_and_text_of_a_workbook(book):
    at = datetime.fromisoformat("2026-11-23T14:30")

    def day(sheet, row, column, formats):
        sheet.write_datetime(row, column, at.date(), formats["date"])

    def moment(sheet, row, column, formats):
        sheet.write_datetime(row, column, at, formats["moment"])

    workbook(book, ("面试", [HEADINGS.split(","), ["示例甲", 13800000001, "x", day, moment]]))
    table = open_table(_open(book), Reading())
    assert rows(table)[1] == [
        "示例甲",
        13800000001.0,
        "x",
        at.date(),
        at,
    ]
    assert "面试" in table.about.zh


def test_formulas_are_never_run_their_last_value_counts(book):
    def known(sheet, row, column, formats):
        sheet.write_formula(row, column, '=CONCATENATE("a","b")', None, "示例甲")

    def unknown(sheet, row, column, formats):
        sheet.write_formula(row, column, '=WEBSERVICE("http://example.com")', None, "")

    def wrong(sheet, row, column, formats):
        sheet.write_formula(row, column, "=1/0", None, "#DIV/0!")

    workbook(book, ("A", [["a", "b", "c"], [known, unknown, wrong]]))
    table = open_table(_open(book), Reading())
    assert rows(table)[1] == ["示例甲", NoValue(formula=True), NoValue(formula=False)]
    assert dict(table.notes)["formulas"].en.startswith("3 cells")


def test_the_first_visible_sheet_with_anything_in_it_is_read_and_the_others_named(book):
    sheets = (("empty", []), ("draft", [["x"]]), ("二月", [["a"], ["b"]]), ("三月", [["c"]]))
    workbook(book, *sheets, hidden={"draft"})
    with pytest.raises(refusals.NoSuchSheet, match="三月"):
        open_table(_open(book), Reading(sheet="四月"))
    table = open_table(_open(book), Reading())
    assert rows(table) == [["a"], ["b"]]
    assert "三月" in dict(table.notes)["other_sheets"].zh
    assert rows(open_table(_open(book), Reading(sheet="三月"))) == [["c"]]


@pytest.mark.parametrize(
    "before",
    [
        [["导出时间：2026-11-27"]],
        [["导出时间", "2026-11-27"]],
        [["使用说明"], ["每行一场面试"], ["请勿改动标题"]],
    ],
    ids=["a title", "two cells", "notes in one column"],
)
def test_a_cover_or_notes_before_the_list_are_passed_over_and_named(book, before):
    workbook(book, ("说明", before), ("名单", [["a", "b"], ["1", "2"]]))
    table = open_table(_open(book), Reading())
    assert rows(table) == [["a", "b"], ["1", "2"]]
    assert "说明" in dict(table.notes)["other_sheets"].zh
    assert rows(open_table(_open(book), Reading(sheet="说明"))) == before


def test_hidden_rows_are_read_and_merged_cells_named(book):
    def merged(sheet, row, column, formats):
        sheet.merge_range(row, column, row + 1, column, "示例甲")
        sheet.set_row(row, None, None, {"hidden": True})

    workbook(book, ("A", [["a", "b"], [merged, "1"], []]))
    table = open_table(_open(book), Reading())
    assert rows(table)[1] == ["示例甲", "1"]
    assert "hidden_rows" in dict(table.notes)
    assert "A2:A3" in dict(table.merges.words(1))["merged_down"].en


def test_rows_and_columns_keep_their_numbers_where_the_table_does_not_begin_at_a1(book):
    workbook(book, ("A", [[], [], ["", "a", "b"], ["", 1, 2]]))
    assert list(open_table(_open(book), Reading()).rows())[2:] == [(3, ["", "a", "b"]), (4, ["", 1.0, 2.0])]


def test_a_workbook_with_a_password_is_told_so(book):
    package = "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(refusals.PasswordProtected):
        opened(book, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + package)


def test_a_bomb_is_not_opened(book):
    workbook(book, ("A", [["a"]]))
    rewritten(book, _SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * 40_000_000 + b"</sheetData>"))
    assert book.stat().st_size < 200_000
    with pytest.raises(refusals.ZipBomb):
        open_table(_open(book), Reading())


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"])
def test_parts_that_are_read_in_one_piece_are_small(book, part):
    workbook(book, ("A", [["a"]]))
    rewritten(book, part, lambda xml: xml + b" " * 9_000_000)
    with pytest.raises(refusals.ZipBomb, match=part):
        open_table(_open(book), Reading())


def test_shared_texts_are_bounded(book, monkeypatch):
    workbook(book, ("A", [["a"]]))
    monkeypatch.setattr(xlsx_scan, "MOST_STRINGS", 100)
    with pytest.raises(refusals.ZipBomb, match="sharedStrings"):
        open_table(_open(book), Reading())


def test_a_bomb_of_many_members_or_a_lying_directory_is_not_opened(book, monkeypatch):
    workbook(book, ("A", [["a"]]))
    monkeypatch.setattr(xlsx_scan, "MOST_ENTRIES", 3)
    with pytest.raises(refusals.ZipBomb):
        open_table(_open(book), Reading())
    monkeypatch.undo()
    data = bytearray(book.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (1).to_bytes(4, "little")
    with pytest.raises(refusals.BrokenWorkbook):
        opened(book, bytes(data))


def test_a_cell_at_the_far_end_of_a_sheet_does_not_eat_the_memory(book):
    workbook(book, ("A", [["a"]]))
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    rewritten(book, _SHEET, lambda xml: xml.replace(b"</sheetData>", far))
    with pytest.raises((refusals.TooWide, refusals.TooManyRows)):
        open_table(_open(book), Reading())


def test_entities_in_a_workbook_are_refused(book):
    workbook(book, ("A", [["a"]]))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    rewritten(book, _SHEET, lambda xml: xml.replace(b"<worksheet", bomb + b"<worksheet", 1))
    with pytest.raises(refusals.BrokenWorkbook, match="DOCTYPE"):
        open_table(_open(book), Reading())


def test_a_truncated_workbook_and_an_archive_of_something_else_are_refused(book):
    workbook(book, ("A", [["a"]]))
    whole = book.read_bytes()
    with pytest.raises(refusals.BrokenWorkbook):
        opened(book, whole[: len(whole) // 2])
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(refusals.NotATable, match="ZIP"):
        opened(book, other.getvalue())


def test_the_content_counts_not_the_name(file, book):
    workbook(book, ("A", [["a"]]))
    table = opened(file, book.read_bytes())
    assert rows(table) == [["a"]]
    assert "misleading_name" in dict(table.notes)
    assert "misleading_name" in dict(opened(book, CSV).notes)


def mapped(headings, *lines, said=()):
    """Map a table; return {heading: field}."""
    table = [(n, list(row)) for n, row in enumerate([headings, *lines], start=1)]
    found = find_mapping(table, said=said)
    return {column.heading: column.field for column in found.columns if column.field}


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            "姓名 手机号 应聘职位 面试时间 状态 渠道 学校 取消原因",
            "name phone position start status source school reason",
        ),
        (
            "fullName mobile jobTitle scheduled_at interview_status channel university email",
            "name phone position start status source school email",
        ),
        ("候选人姓名 岗位名称 面试日期 面试时间", "name position start time"),
        ("Candidate_Name POSITION begin_time end_at", "name position start end"),
        ("firstName lastName Role Date Time", "first_name last_name position start time"),
        ("Name(Cand-ID) Position-to-be-closed Date-of-Interview", "name_and_id position start"),
        ("应聘者 职位 时间", "name position start"),
        ("姓名* 手机号（必填） 岗位 开始时间 面试时长(分钟)", "name phone position start duration"),
    ],
)
def test_columns_are_known_by_their_headings_in_both_languages(headings, fields):
    found = mapped(headings.split())
    assert list(found.values()) == [Field(field) for field in fields.split()]


def test_padding_case_and_width_do_not_hide_a_heading():
    assert set(mapped([" 姓 名 ", "Ｐｏｓｉｔｉｏｎ", "INTERVIEW  DATE"]).values()) == {
        "name",
        "position",
        "start",
    }


def test_titles_above_the_headings_are_passed_over():
    found = find_mapping(
        [(1, ["十一月面试安排", "", ""]), (2, []), (3, ["姓名", "岗位", "面试时间"])], said=()
    )
    assert found.heading_row == 3


def test_the_person_can_say_what_a_column_is():
    headings = ["who", "姓名", "x", "when"]
    said = (("who", "name"), ("#3", "position"), (" when ", "start"), ("姓名", "-"))
    assert mapped(headings, said=said) == {"who": Field.NAME, "x": Field.POSITION, "when": Field.START}


@pytest.mark.parametrize("said", [("nowhere", "name"), ("姓名", "shoe_size"), ("#9", "name")])
def test_a_wrong_word_on_columns_is_refused(said):
    with pytest.raises(refusals.WrongMap):
        mapped(["姓名", "岗位", "面试时间"], said=(said,))


def test_two_columns_of_one_name_are_refused_unless_nothing_needs_them():
    assert mapped(["姓名", "岗位", "面试时间", "备注", "备注"])
    with pytest.raises(refusals.TwoColumns, match="#3"):
        mapped(["姓名", "岗位", "面试时间", "面试时间"])
    said = (("#4", "start"),)
    assert mapped(["姓名", "岗位", "面试时间", "面试时间"], said=said)["面试时间"] is Field.START


def test_what_is_missing_is_named_with_what_was_found():
    with pytest.raises(refusals.MissingColumns) as refusal:
        mapped(["姓名", "手机号", "心情"])
    assert "岗位、面试时间" in refusal.value.words.zh
    assert "position, interview date or time" in refusal.value.words.en
    assert "心情" in refusal.value.words.zh


def test_a_file_without_a_heading_row_says_so_and_repeats_nobodys_data():
    with pytest.raises(refusals.MissingColumns) as refusal:
        mapped(ROW.split(","))
    assert "heading row" in refusal.value.words.en
    assert "13800000001" not in str(refusal.value)


def test_headings_alone_are_no_import(file):
    with pytest.raises(refusals.NoRows):
        study(opened(file, HEADINGS + "\n\n,,,,\n"), Wishes())


def test_two_million_rows_are_refused_by_counting_and_nothing_else(file):
    with file.open("w") as out:
        out.write(HEADINGS + "\n")
        for _ in range(200):
            out.write(f"{ROW}\n" * 10_000)
    with pytest.raises(refusals.TooManyRows, match="1,000,000"):
        study(open_table(_open(file), Reading()), Wishes())


def test_letters_name_columns_as_spreadsheets_do():
    assert [letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_the_rejections_file_is_private_and_runs_in_no_spreadsheet(tmp_path):
    path = tmp_path / "imports" / "rejected.csv"
    file = RejectionsFile(path)
    assert file.finish() is None
    file.add(Rejection(7, "姓名", Field.NAME, "=1+1", MISSING))
    file.add(Rejection(8, "姓名", Field.NAME, "\u200b＝1+1", MISSING))
    assert not path.exists()
    assert file.finish() == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text("utf-8-sig").splitlines()
    assert lines[0] == "row,column,value,reason,code"
    assert lines[1].startswith("7,姓名,'=1+1,")
    assert lines[2].startswith("8,姓名,'\u200b＝1+1,")
    file.discard()
    assert path.exists()


def _broken(path, data, name="x.csv"):
    path = path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(refusals.Refused) as refused:
        _read(path)
    return refused.value


def _read(path):
    table = open_table(_open(path), Reading())
    table.check_length()
    return rows(table)


def _workbook_bytes(tmp_path):
    return workbook(tmp_path / "whole.xlsx", ("s", [HEADINGS.split(","), ROW.split(",")])).read_bytes()


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (f'{HEADINGS}\n"{ROW}\n', "引号没有结束，文件就结束了", "unexpected end of data"),
        (f'{HEADINGS}\n"示例"甲,1,2,3,4\n', "引号之后应是分隔符“,”", "',' expected after '\"'"),
        (f"{HEADINGS}\n{'x' * 1_000_001}\n", "一格超过 1000000 个字符", "field limit"),
        (b"\xff\xff" * 40, "第 0 字节", "byte 0"),
        (f"{HEADINGS}\n".encode() + b"\x80" * 9, "字节）", "byte "),
        ('{"a": 1}\n{"a": \n', "不是完整的 JSON", "JSONDecodeError"),
        ('{"a": 1}\n[1]\n', "是别的值", "not an object"),
        (b"PK\x03\x04" + b"x" * 400, "不是完整的 ZIP 文件", "File is not a zip file"),
    ],
)
def test_why_a_file_cannot_be_read_is_said_in_the_readers_language(tmp_path, data, zh, en):
    words = _broken(tmp_path, data).words
    assert zh in words.zh
    assert en in words.en
    assert en not in words.zh


def test_what_a_torn_workbook_lacks_is_said_in_the_readers_language(tmp_path):
    whole = _workbook_bytes(tmp_path)
    spoilt = bytearray(whole)
    at = whole.index(b"xl/worksheets/sheet1.xml") + 60
    spoilt[at] ^= 0xFF
    for data in (whole[:-30], bytes(spoilt)):
        words = _broken(tmp_path, data, "x.xlsx").words
        assert re.findall("[A-Za-z]{4,}", words.zh.replace("xl/worksheets/sheet1.xml", "")) == []
        assert not re.search("[\u4e00-\u9fff]", words.en)


def test_what_nobody_foresaw_stays_as_it_came():
    assert saying(ValueError("something new")) == Words("something new", "something new")
    assert saying(OSError(28, "No space left on device")) == Words("磁盘已满", "No space left on device")
    assert saying(EOFError()) == Words("文件不完整", "it ends too early")


def test_an_old_workbook_over_which_its_reader_stumbles_is_refused_and_no_more(tmp_path):
    whole = unpacked(MERGED)
    torn = [bytes([*whole[:at], 255, 255, 255, 255, *whole[at + 4 :]]) for at in range(40, 80, 4)]
    torn += [whole[:length] for length in range(512, len(whole), 1024)]
    for data in torn:
        path = tmp_path / "torn.xls"
        path.write_bytes(data)
        with suppress(refusals.Refused):
            _read(path)
