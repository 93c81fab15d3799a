"""Files of every wrong kind are understood or refused in words; none crashes what reads them.

A file that is refused here has loaded nothing: no database was asked yet.
"""

import json
import random
import zipfile

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from raincheck.migration import refusals
from raincheck.migration.files.source import MOST_COLUMNS, Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.rows.survey import Study, Wishes, study

HEADINGS = ["姓名", "手机号", "应聘职位", "面试时间", "状态"]
ROW = ["示例甲", "13800000001", "会计", "2026-11-23 14:00", "待面试"]
LISTED = "\n".join(",".join(line) for line in [HEADINGS, *[ROW] * 5])
#: One folder for all examples; each writes its file anew.
calm = settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read(path, data):
    """Read a file as an import does before it touches anything: a Study, or the refusal in words."""
    path.write_bytes(data)
    try:
        found = _study(path)
    except refusals.Refused as refusal:
        found = refusal
    if isinstance(found, refusals.Refused):
        assert all((found.words.zh, found.words.en, found.code))
    return found


def _study(path):
    with Source.open(path) as source:
        found = study(open_table(source, Reading()), Wishes())
        assert sum(1 for _ in found.rows()) == found.rows_in
        return found


@seed(20261125)
@calm
@given(
    data=st.binary(max_size=400),
    front=st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{"]),
)
def test_random_bytes(tmp_path, data, front):
    read(tmp_path / "interviews.csv", front + data)


@seed(20261125)
@calm
@given(
    rows=st.lists(st.lists(st.text(max_size=12), max_size=9), max_size=8),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16", "big5", "cp1252", "shift_jis"]),
)
def test_ragged_rows_in_any_encoding(tmp_path, rows, encoding):
    lines = [HEADINGS, ROW, *rows]
    text = "\n".join(",".join(cell.replace("\r", "").replace("\n", "") for cell in line) for line in lines)
    read(tmp_path / "interviews.csv", text.encode(encoding, errors="replace"))


@seed(20261125)
@calm
@given(
    cut=st.integers(min_value=1, max_value=len(LISTED.encode())),
    at=st.integers(min_value=0),
    to=st.binary(min_size=1, max_size=4),
)
def test_a_good_list_cut_short_or_with_bytes_changed(tmp_path, cut, at, to):
    data = bytearray(LISTED.encode()[:cut])
    at %= len(data)
    data[at : at + len(to)] = to
    read(tmp_path / "interviews.csv", bytes(data))


@seed(20261125)
@calm
@given(
    lines=st.lists(
        st.one_of(
            st.dictionaries(
                st.text(max_size=8), st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=8))
            ),
            st.lists(st.integers(), max_size=2),
        ),
        max_size=6,
    )
)
def test_json_lines_of_anything(tmp_path, lines):
    good = dict(zip(HEADINGS, ROW, strict=True))
    read(tmp_path / "interviews.jsonl", "\n".join(json.dumps(line) for line in [good, *lines]).encode())


@pytest.mark.parametrize("columns", [MOST_COLUMNS + 1, 1000])
def test_a_thousand_columns_are_too_many(tmp_path, columns):
    lines = ",".join(f"c{n}" for n in range(columns)) + "\n" + "," * (columns - 1)
    assert isinstance(read(tmp_path / "wide.csv", lines.encode()), refusals.TooWide)
    wide = json.dumps({f"c{n}": n for n in range(columns)})
    assert isinstance(read(tmp_path / "wide.jsonl", wide.encode()), refusals.TooWide)


def test_a_huge_cell_is_refused_with_its_row(tmp_path):
    huge = LISTED + "\n示例乙," + "9" * 1_000_001 + ",会计,2026-11-23,待面试\n"
    refusal = read(tmp_path / "huge.csv", huge.encode())
    assert isinstance(refusal, refusals.BrokenCsv)
    assert "7" in refusal.words.en
    line = json.dumps({"name": "x" * 5_000_000})
    assert isinstance(read(tmp_path / "huge.jsonl", line.encode()), refusals.Refused)


def test_a_workbook_damaged_at_random_places(tmp_path):
    """Damage what is packed and what packs it, in a workbook that was whole."""
    import xlsxwriter

    whole = tmp_path / "whole.xlsx"
    with xlsxwriter.Workbook(whole) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate([HEADINGS, *[ROW] * 5]):
            sheet.write_row(at, 0, line)
    assert isinstance(read(tmp_path / "a.xlsx", whole.read_bytes()), Study)
    dice = random.Random(20261125)
    for _ in range(60):
        data = bytearray(whole.read_bytes())
        for _ in range(dice.randrange(1, 12)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        read(tmp_path / "a.xlsx", bytes(data[: dice.randrange(100, len(data) + 1)]))
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(40):
        name = dice.choice(sorted(parts))
        broken = bytearray(parts[name])
        for _ in range(dice.randrange(1, 8)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in {**parts, name: bytes(broken)}.items():
                archive.writestr(member, data)
        read(tmp_path / "b.xlsx", (tmp_path / "b.xlsx").read_bytes())
