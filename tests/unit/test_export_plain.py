"""Plain values: whatever a column holds comes back from its line of JSON as it was; equal rows have equal bytes."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from raincheck.migration.exports.plain import csv_lines, json_line, plain

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
ZONES = st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))
COLUMNS = (
    (models.TextField(), TEXT),
    (models.UUIDField(), st.uuids()),
    (models.BooleanField(), st.booleans()),
    (models.BigIntegerField(), st.integers(-(2**63), 2**63 - 1)),
    (models.DecimalField(max_digits=12, decimal_places=2), st.decimals(-(10**9), 10**9, places=2)),
    (models.TimeField(), st.times()),
    (models.DateField(), st.dates()),
    (
        models.DateTimeField(),
        st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=ZONES),  # noqa: DTZ001 (bounds)
    ),
    (models.JSONField(), st.recursive(st.none() | st.booleans() | TEXT | st.integers(), st.lists)),
)


@pytest.mark.parametrize(("field", "values"), COLUMNS, ids=lambda one: type(one).__name__)
def test_a_value_comes_back_as_it_was(field, values):
    @given(values)
    def comes_back(value):
        told = json.loads(json_line([("x", plain(value))]))["x"]
        assert (field.to_python(told) if told is not None else None) == value

    comes_back()


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=ZONES))  # noqa: DTZ001 (bounds)
def test_one_instant_has_one_form_whatever_zone_it_was_in(instant):
    assert plain(instant) == plain(instant.astimezone(UTC))
    assert plain(instant).endswith("Z")


@given(
    st.lists(st.lists(TEXT | st.integers() | st.none() | st.booleans(), min_size=3, max_size=3), min_size=1)
)
def test_csv_has_a_row_a_row_and_nothing_in_it_runs(rows):
    read = list(csv.reader(io.StringIO(csv_lines(rows).decode(), newline="")))
    assert len(read) == len(rows)
    for told, row in zip(read, rows, strict=True):
        for cell, value in zip(told, row, strict=True):
            if isinstance(value, str):
                assert cell in {value, f"'{value}"}
                assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_what_has_no_plain_form_is_refused():
    with pytest.raises(TypeError):
        plain(b"sealed")
    assert plain(Decimal("1.50")) == "1.50"
