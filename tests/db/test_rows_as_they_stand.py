"""A row is known again by one text of all its cells: the same however it was put together and the columns stood."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raincheck.core.crypto import keyed_hash
from raincheck.core.ids import new_id
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.rows.drafts import Rules
from raincheck.migration.rows.interview_reader import InterviewReader
from raincheck.migration.rows.survey import Wishes, study
from raincheck.migration.values.times import Calendar

HEADINGS = ["姓名", "手机号", '应聘 "岗位"', "面试时间", "说明\\注"]
FIRST = ["候选人甲", "13800000001", "后端开发", "2025-03-04 10:00", ""]
ROWS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"])), min_size=len(HEADINGS), max_size=len(HEADINGS)
)


@pytest.fixture
def reader(db, tmp_path):
    """Read a file whose headings hold what JSON has to escape."""
    path = tmp_path / "list.csv"
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in HEADINGS]
    path.write_text(",".join(quoted) + "\n" + ",".join(FIRST) + "\n", encoding="utf-8")
    with Source.open(path) as source:
        understood = study(open_table(source, Reading()), Wishes())
    zone = ZoneInfo("Asia/Shanghai")
    return InterviewReader(understood, Rules(new_id(), Calendar(zone), "CN", datetime.now(UTC), {}))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(row=ROWS)
def test_a_row_s_text_is_the_json_of_its_headings_and_cells(reader, row):
    keys = [column.key for column in reader.study.mapping.columns]
    pairs = sorted((key, cell.strip()) for key, cell in zip(keys, row, strict=True) if cell.strip())
    raw = reader.raw(7, row)
    assert raw.canonical == json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
    assert json.loads(raw.canonical) == [list(pair) for pair in pairs]
    assert raw.fingerprint == keyed_hash(reader.rules.company_id, "imported-row", raw.canonical)
