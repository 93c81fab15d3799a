"""Passwords that somebody else may know: a breached one is found in a list of any size, and own words don't count."""

import hashlib

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from raincheck.accounts.models import Company, Staff
from raincheck.accounts.passwords import Breached, OwnWords, is_listed

COMPANY = Company(slug="beichen", name="北辰精密制造（示例）")
ANYBODY = Staff(company=COMPANY, email="hr@beichen.example.com", name="示例")
MADE_OF_NAMES = [
    "raincheck2026",
    "Beichen-2026!",
    "北辰精密制造（示例）1234",
    "raincheckbeichen",
    "RAINCHECK-beichen-1",
]
LONG_BESIDE_THEM = ["raincheck in an autumn wind", "a-long-demo-password", "beichen 早上三杯豆浆不加糖吗"]


def listed(folder, passwords, *, end="\r\n", count=":3"):
    """Write a list as the downloader does and return where it is."""
    hashes = sorted(
        hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in passwords
    )
    path = folder / "breached.txt"
    path.write_bytes("".join(f"{one}{count}{end}" for one in hashes).encode())
    return str(path)


@given(
    passwords=st.sets(st.text(max_size=12), max_size=40), others=st.sets(st.text(max_size=12), max_size=10)
)
def test_exactly_what_is_in_the_list_is_found(tmp_path_factory, passwords, others):
    folder = tmp_path_factory.mktemp("lists")
    for form in ({}, {"end": "\n"}, {"count": ""}, {"end": "\n", "count": ":12345678"}):
        path = listed(folder, passwords, **form)
        assert all(is_listed(one, path) for one in passwords)
        assert not any(is_listed(one, path) for one in others - passwords)


def test_a_list_of_many_is_asked_in_a_few_looks(tmp_path):
    path = listed(tmp_path, (f"password-{n}" for n in range(50_000)))
    assert all(is_listed(f"password-{n}", path) for n in range(0, 50_000, 997))
    assert not is_listed("password-50000", path)


def test_a_breached_password_is_refused(tmp_path, monkeypatch):
    Breached().validate("a long enough password", ANYBODY)
    path = listed(tmp_path, ["a long enough password"])
    monkeypatch.setattr(settings, "RAINCHECK_BREACHED_PASSWORDS", path)
    with pytest.raises(ValidationError, match="泄露"):
        Breached().validate("a long enough password", ANYBODY)
    Breached().validate("another long password", ANYBODY)


@pytest.mark.parametrize("password", MADE_OF_NAMES)
def test_words_that_everybody_here_knows_make_no_password_longer(password):
    with pytest.raises(ValidationError, match="10"):
        OwnWords(10).validate(password, ANYBODY)


@pytest.mark.parametrize("password", LONG_BESIDE_THEM)
def test_with_enough_beside_them_they_may_stand_in_one(password):
    OwnWords(10).validate(password, ANYBODY)
    OwnWords(10).validate(password)


def test_what_is_short_anyway_is_left_to_the_rule_that_says_so():
    OwnWords(10).validate("raincheck", ANYBODY)
