"""A company's public address, made of its name."""

import pytest
from django.core.validators import validate_slug

from raincheck.founding import slug_for


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Example Bank", "example-bank"),
        ("Société d'Été, Inc.", "societe-dete-inc"),
        ("  3M & Co. ", "3m-co"),
        ("Example " * 10, "example-example-example-example-example"),
    ],
)
def test_a_name_in_latin_letters_is_its_own_address(name, slug):
    assert slug_for(name) == slug


@pytest.mark.parametrize("name", ["云帆科技（示例）", "示例企业2", "北辰 ABC", "Пример", "!!!", "_"])
def test_any_other_gets_a_short_id_that_stays_the_same(name):
    assert slug_for(name) == slug_for(name)
    assert slug_for(name).startswith("c-")
    assert len(slug_for(name)) == 10
    validate_slug(slug_for(name))
