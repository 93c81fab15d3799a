"""Phone numbers as lists write them: what is surely one number becomes E.164, what may be two or another's doesn't."""

import pytest

from raincheck.migration.values.checks import INVALID_PHONE, phone

NUMBER = "+8613833330001"


@pytest.mark.parametrize(
    "written",
    [
        "13833330001",
        "138 3333 0001",
        "138-3333-0001",
        "138–3333–0001",
        "138.3333.0001",
        "１３８３３３３０００１",
        "+86 13833330001",
        "(+86)13833330001",
        "（+86）138-3333-0001",
        "(86)13833330001",
        "0086-13833330001",
        "8613833330001",
        "'13833330001",
        "13833330001.0",
        "手机：13833330001",
        "tel:+8613833330001",
        "\u202a13833330001\u202c",
    ],
)
def test_what_is_surely_one_number_is_read(written):
    assert phone(written, code="", region="CN") == NUMBER


def test_a_country_in_brackets_counts_before_the_zones():
    assert phone("(+1) 650-253-0000", code="", region="CN") == "+16502530000"
    assert phone("(650) 253-0000", code="", region="US") == "+16502530000"


@pytest.mark.parametrize(
    "written",
    [
        "13833330001/13833330002",
        "13833330001,13833330002",
        "13833330001（父亲）",
        "父亲手机：13833330001",
        "1383333000",
        "1.3833330001E10",
        "13833330001.5",
        "手机：",
        "无",
    ],
)
def test_what_may_be_another_number_waits_for_a_person(written):
    assert phone(written, code="", region="CN") == INVALID_PHONE
