"""One name as given name and surname."""

import pytest

from raincheck.vendors.adapters.names import first_and_last


@pytest.mark.parametrize(
    ("name", "given", "surname"),
    [
        ("李测试", "测试", "李"),
        ("欧阳示例", "示例", "欧阳"),
        ("欧阳", "欧阳", "欧阳"),
        ("王", "王", "王"),
        ("Ada King", "Ada", "King"),
        (" Ana María  de la Cruz ", "Ana María de la", "Cruz"),
        ("Zoë", "Zoë", "Zoë"),
        ("示例候选人7", "示例候选人7", "示例候选人7"),
    ],
)
def test_a_name_has_a_given_name_and_a_surname_neither_of_them_empty(name, given, surname):
    assert first_and_last(name) == (given, surname)
