"""Checks of single values: contacts and lengths. Each returns the value as stored, or why not."""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from raincheck.accounts.identities import InvalidPhone, normal_email, normal_phone
from raincheck.migration.files.cells import has_controls, plain
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

LONGEST = {
    "name": 80,
    "candidate_id": 80,
    "school": 120,
    "department": 120,
    "position": 120,
    "source": 60,
    "note": 500,
    "headline": 200,
    "owner": 254,
    "vendor": 80,
    "vendor_ref": 128,
}
INVALID_PHONE = Fault("invalid_phone", Words("不是有效的手机号码", "not a phone number that exists"))
INVALID_EMAIL = Fault("invalid_email", Words("邮箱格式不正确", "not an e-mail address"))
CONTROLS = Fault("control_characters", Words("含有不可见的控制字符", "it holds control characters"))
_LOCAL, _USUAL_LENGTH = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"), 64
_PHONE = re.compile(r"\+?[\d\s()\-.]{5,30}")
#: What stands around a number and says nothing of it: marks of direction, an apostrophe of a spreadsheet, its label.
_AROUND = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|^['’]|^(?:手机号码|手机号|手机|电话|tel|mobile|phone)\s*[:.]\s*",
    re.IGNORECASE,
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_IN_BRACKETS, _AS_A_FLOAT = re.compile(r"\(\s*(\+\d{1,3})\s*\)"), re.compile(r"(\d+)\.0")


def phone(text: str, *, code: str, region: str) -> str | Fault:
    """Return E.164; `code` is a country code from a column of its own, `region` where numbers without one belong."""
    typed = plain(text)
    if not code and (mobile := _mobile(region)) and mobile.shape.fullmatch(typed):
        return mobile.prefix + typed
    typed = _bare(typed)
    if not _PHONE.fullmatch(typed):
        return INVALID_PHONE
    digits = plain(code).lstrip("+0")
    if digits and not typed.startswith("+"):
        typed = f"+{digits} {typed}"
    try:
        number = normal_phone(typed, region=region)
    except InvalidPhone:
        return INVALID_PHONE
    # Nobody looks at a file number by number, so one with a digit missing must be caught here.
    return number if phonenumbers.is_valid_number(phonenumbers.parse(number)) else INVALID_PHONE


def _bare(typed: str) -> str:
    """Return a number without what stands around it, as far as that surely isn't part of it."""
    bare = _AROUND.sub("", typed).translate(_DASHES)
    if whole := _AS_A_FLOAT.fullmatch(bare):
        return whole[1]
    return _IN_BRACKETS.sub(r"\1 ", bare, count=1) if bare.startswith("(") else bare


class _Mobile(NamedTuple):
    """What a country's mobile numbers look like, and what stands before them in E.164."""

    shape: re.Pattern[str]
    prefix: str


@lru_cache(maxsize=256)
def _mobile(region: str) -> _Mobile | None:
    """Return what a Chinese mobile number looks like, as the library has it; None for other countries.

    Taking a number apart costs a hundred times as much as seeing that it is one of these.
    """
    known = phonenumbers.PhoneMetadata.metadata_for_region(region) if region == "CN" else None
    if known is None or known.mobile is None:
        return None
    shape = re.compile(rf"(?=\d{{11}}$)(?:{known.mobile.national_number_pattern})")
    return _Mobile(shape, f"+{phonenumbers.country_code_for_region(region)}")


@lru_cache(maxsize=10_000)
def _is_domain(domain: str) -> bool:
    try:
        validate_email(f"a@{domain}")
    except ValidationError:
        return False
    return True


def email(text: str) -> str | Fault:
    """Return the address as compared."""
    address = normal_email(plain(text))
    local, _, domain = address.partition("@")
    if len(address) <= _USUAL_LENGTH and _LOCAL.fullmatch(local) and _is_domain(domain):
        return address
    try:
        validate_email(address)
    except ValidationError:
        return INVALID_EMAIL
    return address


def text(value: str, *, field: str) -> str | Fault:
    """Return a text that the field holds."""
    if has_controls(value):
        return CONTROLS
    most = LONGEST[field]
    if len(value) > most:
        return Fault("too_long", Words(f"超过 {most} 个字符", f"more than {most} characters"))
    return value
