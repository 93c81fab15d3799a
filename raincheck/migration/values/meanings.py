"""What the words in a cell mean: states, yes and no, reasons, who cancelled. An unknown word is never guessed at.

Nothing here knows the tables, for a file is understood before there is a database.
"""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import TypeVar

from raincheck.migration.fields import in_both_scripts, key_of, simplified
from raincheck.migration.files.cells import Cell, plain, text_of

#: More is no length of an interview.
LONGEST_SLOT = timedelta(hours=24)
#: By the value of recruiting.models.InterviewState.
_STATES: dict[str, str] = {
    "scheduled": "已开放|未作答|未答题|已发送邀请|待作答|待答题|待面试|已安排|已预约|待进行|未开始|schd|"
    "sched|待参加|已邀请|已邀约|待完成|已确认|scheduled|invited|pending|booked|"
    "confirmed|upcoming|invite_sent|not started|planned",
    "in_progress": "作答中|答题中|进行中|面试中|已开始|in progress|started|ongoing|partially_completed",
    "submitted": "已作答|已交卷|cmpl|已提交|已完成|已面试|完成|已结束|面试完成|已参加|已到场|submitted|"
    "completed|complete|done|finished|"
    "attended|interviewed|awaiting feedback|to_evaluate|closed",
    "cancelled": "cncl|已取消|取消|面试取消|已撤销|已作废|cancelled|canceled|revoked|called off|withdrawn|"
    "archived|discarded",
    "no_show": "候选人缺席|candidate no show|未到|未到场|缺席|爽约|未参加|未出席|未面试|no show|no-show|"
    "noshow|absent|did not attend|missed",
    "expired": "超时未作答|逾期未作答|已超时|已过期|过期|已失效|失效|expired|lapsed|overdue",
    "cancelling": "取消中|待取消|取消审核中|cancelling|canceling",
}
STATES = {key_of(word): state for state, line in _STATES.items() for word in line.split("|")}
_YES = (
    "到|来了|已签到|t|checked in|showed|是|有|已到|到场|已到场|出席|参加|已参加|y|yes|true|1|attended|present"
)
_NO = "爽约|没来|未签到|f|否|无|未到|未到场|缺席|未出席|未参加|没有|n|no|false|0|absent|no show|not attended"
ATTENDED = {key_of(word): yes for line, yes in ((_YES, True), (_NO, False)) for word in line.split("|")}
_BY = {
    "candidate": "候选人|应聘者|应聘人|求职者|本人|candidate|applicant",
    "hr": "hr|招聘专员|招聘|人事|人力资源|hr经理|recruiter|human resources",
    "company": "企业|公司|用人部门|部门|面试官|company|employer|department|interviewer",
}
CANCELLED_BY = {key_of(word): who for who, line in _BY.items() for word in line.split("|")}
#: Other words for the preset reasons, by code; a company's own labels and codes count too.
_REASONS = {
    "time_conflict": "时间冲突|时间不合适|时间原因|时间安排冲突|有事|临时有事|schedule conflict|"
    "time conflict|conflict",
    "health": "身体不适|生病|身体原因|健康原因|sick|illness|health|not feeling well",
    "emergency": "急事|家中有事|家里有事|突发情况|紧急情况|emergency|family emergency",
    "technical": "设备问题|网络问题|设备故障|网络故障|技术问题|technical issue|technical problem|network issue",
    "other_offer": "已有offer|已接受其他offer|已入职其他公司|已找到工作|accepted another offer|other offer|"
    "got another job",
    "not_interested": "不感兴趣|不考虑|放弃|候选人放弃|主动放弃|not interested|no longer interested|withdrew",
    "position_frozen": "岗位冻结|岗位取消|岗位关闭|hc冻结|岗位调整|position frozen|position closed|"
    "position cancelled",
    "position_filled": "已招满|岗位招满|已招到人|position filled|filled",
    "interviewer_unavailable": "面试官冲突|面试官时间冲突|面试官有事|面试官请假|interviewer unavailable|"
    "interviewer conflict",
    "vendor_outage": "系统故障|平台故障|system outage|system failure",
    "other": "其他|其它|其他原因|other|others",
}
REASONS = {key_of(word): code for code, line in _REASONS.items() for word in line.split("|")}
_HALVES = {
    "a": "上午|早上|早晨|清晨|凌晨|am|morning",
    "p": "下午|傍晚|晚上|晚间|pm|afternoon|evening",
    "noon": "中午|正午|noon",
}
#: Halves of the day, written beside a time of day that doesn't say which it is of.
HALVES = {key_of(word): half for half, line in _HALVES.items() for word in line.split("|")}
T = TypeVar("T")


def meaning(said: str, words: Mapping[str, T]) -> T | None:
    """Return what a word of a closed list means, also where it is said in two languages: Open 招聘中; None for unknown."""
    key = key_of(said)
    if key in words:
        return words[key]
    halves = in_both_scripts(key)
    found = {words[half] for half in halves} if all(half in words for half in halves) else set()
    return found.pop() if len(found) == 1 else None


_DURATION = re.compile(
    r"(?:(?P<h>\d{1,2}(?:\.\d+)?)\s*(?:小时|钟头|hours?|hrs?|h))?\s*(?:(?P<m>\d{1,4})\s*(?:分钟|分|minutes?|mins?|min|m)?)?"
    r"\s*(?:(?P<s>\d{1,2})\s*(?:秒|seconds?|secs?|sec|s))?",
    re.IGNORECASE,
)
_HOURS_MINUTES = re.compile(r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?")


def length_of(cell: Cell) -> timedelta | None:
    """Read a length of time, bare numbers being minutes; None if it isn't one, or is nothing or more than a day."""
    match cell:
        case timedelta():
            length = cell
        case time():
            # Excel writes 0:45 as a time of day.
            length = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
        case _:
            length = _length_in_words(simplified(plain(text_of(cell))))
    return length if timedelta() < length <= LONGEST_SLOT else None


def _length_in_words(text: str) -> timedelta:
    found = _DURATION.fullmatch(text) or _HOURS_MINUTES.fullmatch(text)
    if not found:
        return timedelta()
    parts = found.groupdict()
    return timedelta(hours=float(parts["h"] or 0), minutes=int(parts["m"] or 0), seconds=int(parts["s"] or 0))
