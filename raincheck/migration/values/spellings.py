"""How dates, weekdays and offsets are spelt in files people send: patterns, and nothing that decides."""

import re

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_DASH, _MON = r"\s*[-/.]\s*", r"(?P<mon>[A-Za-z]{3,9})\.?"
_TH, _ANY = r"(?:st|nd|rd|th)?", r"[\s\-./,']*"
_YEAR = r"(?P<y>\d{4}|\d{2})(?![\d:])"
DAYS = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?(?!\d)",
        r"(?P<y>\d{2})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?(?!\d)",
        rf"(?P<y>\d{{4}}){_DASH}(?P<m>\d{{1,2}}){_DASH}(?P<d>\d{{1,2}})(?!\d)",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
        rf"(?P<a>\d{{1,2}}){_DASH}(?P<b>\d{{1,2}}){_DASH}(?P<c>\d{{4}}|\d{{2}})(?!\d)",
        rf"(?P<d>\d{{1,2}}){_TH}{_ANY}{_MON}{_ANY}{_YEAR}",
        rf"{_MON}[\s\-./]*(?P<d>\d{{1,2}}){_TH}(?:\s*,\s*|\s+|[-/.]){_YEAR}",
        rf"(?P<y>\d{{4}})[\s\-./]*{_MON}[\s\-./]*(?P<d>\d{{1,2}})(?!\d)",
    )
)
#: Days without a year, for whom it is said or proven.
YEARLESS = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?(?!\d)",
        rf"(?P<d>\d{{1,2}}){_TH}[\s\-]*{_MON}(?![A-Za-z])",
        rf"{_MON}[\s\-]*(?P<d>\d{{1,2}}){_TH}(?!\d)",
        r"(?P<a>\d{1,2})[-/](?P<b>\d{1,2})(?![\d/\-:])",
    )
)
DAY_AND_MONTH = re.compile(rf"\d{{1,2}}{_TH}[\s\-]*([A-Za-z]{{3,9}})\b")
#: In ASCII alone: without case, the Turkish ı would be taken for an i, and no day is called that.
EN_DAYS = "mon|tue|wed|thu|fri|sat|sun"
WEEKDAY = re.compile(
    rf"\s*,?\s*\(?(?:(?a:(?P<en>{EN_DAYS})(?:day|sday|nesday|rsday|urday)?)\b\.?|(?:周|星期|礼拜)(?P<zh>[一二三四五六日天]))\)?\s*,?\s*",
    re.IGNORECASE,
)
JOIN = re.compile(r"\s*(?:[&@,，;|_]|\bat\b|T(?=\d)|-(?=\s*\d{1,2}:\d{2}))?\s*", re.IGNORECASE)
UNTIL = re.compile(r"\s*(?:~|--?|至|到|\bto\b|\buntil\b)\s*", re.IGNORECASE)
OFFSET = re.compile(
    r"\s*\(?(?P<zone>Z\b|(?:UTC|GMT)(?![+-]|\s*[+-])|北京时间|(?:UTC|GMT)?\s*(?P<sign>[+-])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?)\)?(?!\d)",
    re.IGNORECASE,
)
BLANK_OFFSET = re.compile(r"\s-(?P<h>\d{2}):?(?P<m>\d{2})(?!\d)")
ISO = re.compile(r"\dT\d|:\d\d:\d\d|UTC|GMT", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
