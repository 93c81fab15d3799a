"""Checks of single values: contacts, ID numbers, lengths. Each returns the value as stored, or why not."""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from raincheck.accounts.identities import InvalidPhone, normal_email, normal_phone
from raincheck.migration.cells import Cell, has_controls, plain
from raincheck.migration.dates import Fault
from raincheck.migration.words import Words

LONGEST = {
    "name": 80,
    "candidate_id": 80,
    "school": 120,
    "department": 120,
    "position": 120,
    "source": 60,
    "note": 500,
}
INVALID_PHONE = Fault("invalid_phone", Words("不是有效的手机号码", "not a phone number that exists"))
INVALID_EMAIL = Fault("invalid_email", Words("邮箱格式不正确", "not an e-mail address"))
INVALID_ID = Fault(
    "invalid_id_number",
    Words(
        "证件号不正确（位数、字符或校验位）",
        "not an ID number: its length, characters or check digit are wrong",
    ),
)
DIGITS_LOST = Fault(
    "digits_lost",
    Words(
        "以数字格式保存，Excel 只保留 15 位，末位已丢失",
        "stored as a number: Excel keeps 15 digits, the last ones are lost",
    ),
)
CONTROLS = Fault("control_characters", Words("含有不可见的控制字符", "it holds control characters"))
_PHONE = re.compile(r"\+?[\d\s()\-.]{5,30}")
_CHINESE_ID = re.compile(r"\d{17}[\dX]")
_OTHER_ID = re.compile(r"(?=.*\d)[A-Z0-9()\-]{5,20}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_EXACT_DIGITS = 15


def phone(text: str, *, code: str, region: str) -> str | Fault:
    """Return E.164; `code` is a country code from a column of its own, `region` where numbers without one belong."""
    typed = plain(text)
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


def email(text: str) -> str | Fault:
    """Return the address as compared."""
    address = normal_email(plain(text))
    try:
        validate_email(address)
    except ValidationError:
        return INVALID_EMAIL
    return address


def id_number(text: str, cell: Cell) -> str | Fault:
    """Return an ID or passport number in capitals; 18 characters are checked as a resident's."""
    number = plain(text).replace(" ", "").upper()
    if isinstance(cell, int | float) and len(number) > _EXACT_DIGITS:
        return DIGITS_LOST
    if _CHINESE_ID.fullmatch(number):
        total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
        return number if "10X98765432"[total % 11] == number[-1] else INVALID_ID
    chinese_length = number.isdigit() and len(number) > _EXACT_DIGITS
    return number if _OTHER_ID.fullmatch(number) and not chinese_length else INVALID_ID


def text(value: str, *, field: str) -> str | Fault:
    """Return a text that the field holds."""
    if has_controls(value):
        return CONTROLS
    most = LONGEST[field]
    if len(value) > most:
        return Fault("too_long", Words(f"超过 {most} 个字符", f"more than {most} characters"))
    return value
