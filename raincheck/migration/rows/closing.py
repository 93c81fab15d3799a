"""Rows that close a list and are none of it: totals (合计, Total), signatures (制表人：…), “以上共 12 人”.

One is known by how it begins, and counts only where it has nothing of its own by which a person or an interview is
told apart: no name, number or address, no position, no time. So nobody is passed over but who is called 合计, and of
whom nothing else is said.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from raincheck.migration.columns.mapping import ColumnMap
from raincheck.migration.fields import Field, simplified
from raincheck.migration.files.cells import Cell, NoValue, Row, text_of
from raincheck.migration.files.merges import Told
from raincheck.migration.kinds.names import Kind
from raincheck.migration.notices import notice
from raincheck.migration.words import Words

CLOSING = notice(
    "closing_rows",
    lambda n: Words(
        f"{n} 行是合计、签字一类的表尾行，没有自己的姓名、岗位和时间，不作为数据读取",
        f"{n} rows are totals, signatures and the like, without a name, position or time of their own; they aren't read"
        " as data",
    ),
)
#: Longer is no such line.
_LONGEST = 120
_NUMBER = r"(?:\d[\d,.]*|[零〇一二两三四五六七八九十百千]+)"
_UNIT = (
    r"(?:人次?|[名位场場个個条條次份行组組项項](?:(?:候选|应聘|应征|面试|求职)[人者]|人员?|面试|记录|岗位|职位)?"
    r"|(?:candidate|applicant|interviewee|interview|person|position|cancellation|row|record)s?|people)"
)
_ENDS = r"(?:(?:[,;]|其中|含|不含).*)?"
_SUM = (
    r"(?:以上|本[页頁表月周日次批]|[当當][日月]|全部|[^\d:,;]{1,12}(?:部|部门|组|中心|公司))?"
    r"(?:[合总小共累][计計]|总共|总场?[数數]|总?(?:候选|应聘|面试)?[人场][次数數](?:[合总][计計])?)"
    r"(?:[人场][次数數]|[数數]量?)?"
)
_TOTAL = rf"(?:(?:grand|sub|page|overall)[ -]?)?totals?(?: (?:number|no|count)(?: of)?)?(?: {_UNIT})?"
_TOTALS = re.compile(
    rf"(?:{_SUM}|{_TOTAL})[:=为有共约 ]*(?:{_UNIT}|{_NUMBER} ?{_UNIT}?{_ENDS})?"
    rf"|(?:以上|总)?共有? ?{_NUMBER} ?{_UNIT}{_ENDS}"
)
_SIGNED = r"[签簽盖蓋][字名章]"
_WHEN = r"(?:日期|时间)"
_ROLE = (
    r"(?:[制製]表|[制製]单|填表|填[报報]|[编編][制製]|审核|[复覆]核|审批|批准|核准|核[对對]|经办|校[对對])[人员者]?"
    r"|(?:记录|录入|[统統][计計]|打印|列印|[导導]出|匯出|负责|生成)(?:[人员者]|(?=日期|时间))"
    r"|(?:用人|人事|分管|人力资源)?(?:部门|部)?(?:负责人|经理|总监|总经理|主管|领导)"
)
_SIGNATURES = re.compile(
    rf"(?:{_ROLE})(?:{_SIGNED}|{_WHEN}|意见)?:.*|[^:,;]{{0,15}}{_SIGNED}[:/].*"
    rf"|(?:[^:,;]{{0,15}}(?:[人者员部门理长管方导]|hr))?{_SIGNED}|以下(?:空白|无正文|无数据)"
    r"|(?:prepared|compiled|reviewed|approved|checked|verified|signed|authori[sz]ed|exported|printed|generated)"
    r" (?:by|on|at)\b.*|(?:name (?:and|&) |authori[sz]ed )?signatures?(?:[:/].*)?"
    r"|end of (?:the )?(?:report|list|file|data|table)"
)
#: What stands beside these, and begins no such row: 日期：11月 groups the rows below it.
_BESIDE = re.compile(rf"(?:{_WHEN}|date):.*|年月日")
_DAY = re.compile(r"(?:\d{2,4}[-/.年])?\d{1,2}[-/.月]\d{1,2}日?")
_COUNT = re.compile(rf"{_NUMBER} ?({_UNIT})?")
_MARKS = str.maketrans("", "", "()[]【】《》<>*=—–~·#…。_|\t")
_BETWEEN = re.compile(r"(?<![0-9a-z&]) | (?![0-9a-z&])")
#: Nearly every other row is told from these by its first cell.
_BEGINS = re.compile(
    r".{0,15}?(?:[计計签簽盖蓋表填报報编編审審核复複覆批办辦校记記录錄打列导導匯负責责生经經总總主领領共场場数數]|空白|无|無)"
    r"|\W*(?:tot|gra|sub|page|over|prep|comp|rev|appr|che|ver|sig|auth|exp|pri|gen|name|end)",
    re.IGNORECASE,
).match
_NAMES = frozenset({Field.NAME, Field.NAME_AND_ID, Field.FIRST_NAME, Field.LAST_NAME, Field.POSITION})
_TIMES = frozenset({Field.START, Field.TIME, Field.END, Field.DEADLINE})
#: By what a row would be somebody's, or an interview's.
_REACHED = {Field.CANDIDATE_ID, Field.PHONE, Field.EMAIL, Field.ID_NUMBER, Field.VENDOR_REF}
_OWN = _NAMES | _TIMES | _REACHED
#: Kinds of which a name or a title is all that is needed: whatever else stands in a row is its own as well.
_BY_ONE = {Kind.CANDIDATES, Kind.POSITIONS}
#: More digits may be somebody's number.
_FEW = 4


def closing_of(mapping: ColumnMap) -> Callable[[Row], bool]:
    """Return what says of a row beneath these headings whether it closes the list."""
    by_one = mapping.kind in _BY_ONE
    own = {c.index: c.field for c in mapping.columns if c.field and (by_one or c.field in _OWN)}

    def closes(row: Row) -> bool:
        first = row[0] if row and row[0] else next(filter(None, row), "")
        return type(first) is str and _BEGINS(first) is not None and _closes(row, own)

    return closes


def _closes(row: Row, own: Mapping[int, Field | None]) -> bool:
    cells = row.apart if isinstance(row, Told) else row
    texts = [_plain(text_of(cell)) for cell in cells]
    begun = next(filter(None, texts), "")
    totals = _TOTALS.fullmatch(begun) is not None
    if not totals and not _SIGNATURES.fullmatch(begun):
        return False
    return all(
        _is_line(texts[index])
        or (
            _is_count(cells[index], texts[index], known)
            if totals
            else _is_day(cells[index], texts[index], known)
        )
        for index, known in own.items()
        if index < len(texts) and texts[index]
    )


def _is_line(text: str) -> bool:
    return any(lines.fullmatch(text) for lines in (_TOTALS, _SIGNATURES, _BESIDE))


def _is_count(cell: Cell, text: str, known: Field | None) -> bool:
    """Say whether what stands beside a total only counts: 12, 12人, or a sum that was never calculated."""
    if isinstance(cell, NoValue):
        return cell.formula
    found = _COUNT.fullmatch(text)
    return bool(found and (known in _NAMES or found[1] or sum(map(str.isdigit, text)) <= _FEW))


def _is_day(cell: Cell, text: str, known: Field | None) -> bool:
    """Say whether what stands beside a signature is its day."""
    if known not in _TIMES:
        return False
    if isinstance(cell, datetime):
        return cell.time() == time.min
    return isinstance(cell, date) or _DAY.fullmatch(text) is not None


def _plain(text: str) -> str:
    """Return a text in one spelling, without the blanks and marks that 合 计 or —— 总计 —— is set with."""
    if len(text) > _LONGEST:
        return text
    told = " ".join(simplified(text).casefold().translate(_MARKS).split())
    return _BETWEEN.sub("", told).strip(" -")
