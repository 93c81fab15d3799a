"""ID and passport numbers; a Chinese resident's is held to its check digit. Needs no database."""

import re

from raincheck.migration.files.cells import Cell, plain
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

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
_CHINESE_ID = re.compile(r"\d{17}[\dX]")
_OTHER_ID = re.compile(r"(?=.*\d)[A-Z0-9()\-]{5,20}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_EXACT_DIGITS = 15


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
