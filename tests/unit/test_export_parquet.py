"""Parquet: whatever plain value a column holds comes back from its typed column as it was, null told from empty."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import models
from hypothesis import given, settings
from hypothesis import strategies as st

from raincheck.migration.exports import parquet
from raincheck.migration.exports.plain import plain
from raincheck.migration.exports.sealed import Sealed, Shown
from raincheck.migration.exports.sheets import Sheet, sheets
from raincheck.recruiting.models import Department
from tests.unit.test_export_plain import TEXT, ZONES

FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 (bounds)
COLUMNS = (
    (models.TextField(null=True), pa.string(), TEXT),
    (models.UUIDField(null=True), pa.string(), st.uuids()),
    (models.BooleanField(null=True), pa.bool_(), st.booleans()),
    (models.BigIntegerField(null=True), pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (models.FloatField(null=True), pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    (
        models.DecimalField(max_digits=12, decimal_places=2, null=True),
        pa.decimal128(12, 2),
        st.decimals(-(10**9), 10**9, places=2),
    ),
    (models.TimeField(null=True), pa.time64("us"), st.times()),
    (models.DateField(null=True), pa.date32(), st.dates()),
    (
        models.DateTimeField(null=True),
        pa.timestamp("us", tz="UTC"),
        st.datetimes(FIRST, LAST, timezones=ZONES),
    ),
    (
        models.JSONField(null=True),
        pa.string(),
        st.recursive(TEXT | st.integers() | st.booleans(), lambda inner: st.lists(inner | st.none()))
        | st.dictionaries(TEXT, TEXT | st.none()),
    ),
    (ArrayField(models.UUIDField(), null=True), pa.list_(pa.string()), st.lists(st.uuids())),
    (ArrayField(models.CharField(max_length=9), null=True), pa.list_(pa.string()), st.lists(TEXT)),
)


def sheet_of(field):
    return Sheet(Department, ("x",), Sealed((), {"x": Shown("what it means", field)}, list, list))


def written(sheet, *batches):
    file = io.BytesIO()
    with parquet.written(sheet, ("x",), file) as take:
        for values in batches:
            take([[value] for value in values])
    return file


@pytest.mark.parametrize(("field", "arrow", "values"), COLUMNS, ids=lambda one: type(one).__name__)
def test_a_plain_value_comes_back_under_its_type(field, arrow, values):
    @settings(max_examples=50, deadline=None)
    @given(st.lists(values | st.none(), min_size=1, max_size=5))
    def comes_back(some):
        told = [plain(value) for value in some]
        file = written(sheet_of(field), told)
        assert pq.read_schema(file).field("x").type == arrow
        back = [row["x"] for batch in parquet.rows(file, at_a_time=3) for row in batch]
        assert back == told
        assert [type(value) for value in back] == [type(value) for value in told]

    comes_back()


def test_null_is_told_from_empty_and_what_is_never_null_says_so():
    file = written(sheet_of(models.TextField(null=True)), ["", None])
    assert pq.read_table(file)["x"].to_pylist() == ["", None]
    assert not pq.read_schema(written(sheet_of(models.TextField()), [""])).field("x").nullable


def test_what_analysts_get_are_instants_and_decimals_not_texts():
    instant = datetime(2031, 5, 1, 10, 0, 0, 123456, UTC)
    assert (
        pq.read_table(written(sheet_of(models.DateTimeField()), [plain(instant)]))["x"][0].as_py() == instant
    )
    score = models.DecimalField(max_digits=5, decimal_places=2)
    assert pq.read_table(written(sheet_of(score), ["3.50"]))["x"][0].as_py() == Decimal("3.50")


def test_row_groups_are_closed_when_they_are_large_and_none_is_empty(monkeypatch):
    monkeypatch.setattr(parquet, "GROUP", 10_000)
    file = written(sheet_of(models.TextField()), *[["长" * 1000] * 2] * 5)
    groups = pq.ParquetFile(file)
    assert [groups.metadata.row_group(n).num_rows for n in range(groups.num_row_groups)] == [4, 4, 2]
    assert pq.ParquetFile(written(sheet_of(models.TextField()))).metadata.num_row_groups == 0


def test_every_column_of_every_sheet_has_a_type_and_its_meaning():
    for sheet in sheets():
        file = io.BytesIO()
        with parquet.written(sheet, sheet.columns, file):
            pass
        schema = pq.read_schema(file)
        assert tuple(schema.names) == sheet.columns
        assert schema.metadata[b"description"].decode()
        assert all(column.metadata[b"description"] for column in schema)


@pytest.mark.parametrize("harm", [lambda data: data[:-9], lambda data: b"PAR1" + data[9:], lambda data: b""])
def test_a_broken_file_is_refused_without_its_words(harm):
    file = written(sheet_of(models.TextField()), ["谁也不该看到"])
    with pytest.raises(ValueError, match=r"^(ArrowInvalid|OSError)$"):
        list(parquet.rows(io.BytesIO(harm(file.getvalue())), at_a_time=3))
