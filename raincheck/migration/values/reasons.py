"""Why an interview was called off, in a person's own words, as one of the preset reasons; and how sure that is.

The words are known by what they speak of. Where they speak of two reasons, deny one or name none, the reason isn't known:
it stays “another reason”, and the words stay beside it in any case.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from raincheck.migration.fields import key_of

#: From here on the reason counts.
SURE = 0.8
_SPOKEN_OF: dict[str, str] = {
    "interviewer_unavailable": "面试官|interviewers?|panel(?:list)?",
    "vendor_outage": "系统(?:故障|崩溃|维护|问题)|平台(?:故障|崩溃|维护|问题)|outage|(?:system|platform|server) (?:was |is )?(?:down|failure|failed)",
    "position_filled": "招满|已招到|招到(?:合适|人)|职位已满|岗位已满|(?:position|role|job|vacancy) (?:has been |was |is |already )*(?:filled|taken)",
    "position_frozen": "冻结|(?:岗位|职位|需求|hc|编制) ?已?(?:取消|关闭|暂停|调整|撤销|收回)|frozen|freeze|on hold|headcount|(?:position|role|job|requisition) (?:was |is |has been )*(?:closed|cancelled|canceled)",
    "other_offer": "offer|(?:入职|录用|签约|签)了?(?:其他|别的|别家|另一家|另外)|(?:其他|别的|别家|另一家)(?:公司|单位|企业)|找到(?:了)?(?:新)?工作|(?:another|other|different|new) (?:offer|job|company|employer|position)|joined (?:another|elsewhere)",
    "not_interested": "不感兴趣|没(?:有)?兴趣|不(?:再)?考虑|不想(?:去|来|面)|(?:主动)?放弃|太远|薪资|工资|待遇|not (?:\\w+ )?interested|no longer (?:\\w+ )?interested|withdr[ae]w\\w*|salary|too far|changed (?:his|her|their|my) mind",
    "health": "生病|病了|患病|住院|医院|发烧|发热|感冒|咳嗽|身体|不舒服|手术|体检|就医|看病|骨折|sick|ill(?:ness)?|unwell|fever|flu|hospital\\w*|surgery|doctor|health|medical|covid\\w*",
    "emergency": "急事|突发|紧急|家里|家中|家人|家属|孩子|小孩|父母|爸|妈|老人|丧|意外|车祸|emergenc\\w+|urgent|bereavement|funeral|accident|family|child(?:ren)?|kids?|son|daughter|father|mother|parents?|wife|husband",
    "technical": "网络|断网|断电|停电|设备|电脑|摄像头|麦克风|卡顿|无法登录|登录不上|链接打不开|network|internet|wi-?fi|connection|camera|microphone|laptop|technical|login|power cut",
    "time_conflict": "冲突|没(?:有)?时间|时间(?:不|上不|来不|安排|调整)|撞|出差|加班|开会|有课|上课|考试|答辩|出行|赶不|临时有|conflict\\w*|clash\\w*|overlap\\w*|busy|travel\\w*|exam\\w*|another (?:meeting|appointment|interview)|scheduling|not available|unavailable",
}
_KNOWN = {
    code: re.compile(rf"(?<![a-z])(?:{line})(?![a-z])", re.IGNORECASE) for code, line in _SPOKEN_OF.items()
}
#: Whoever else is named, it was them; what is named beside them is only how.
_DECIDES = ("interviewer_unavailable", "vendor_outage", "position_filled", "position_frozen")
_DENIED = re.compile(r"不是因|并非|不因|非本人|not (?:because|due)|didn't|wasn't|isn't", re.IGNORECASE)
_ONE, _DECIDED, _SEVERAL = 0.85, 0.8, 0.4
LONGEST = 500
#: Between a Latin letter and a Chinese one, so that words of either are known whole.
_SEAM = re.compile("(?<=[a-z])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Understood:
    """A preset reason's code, "" for none, and how sure that is, 0 to 1."""

    code: str
    confidence: float


def understand(words: str) -> Understood:
    """Read free text in Chinese or English; only what is surely meant has a code."""
    text = _SEAM.sub(" ", " ".join(unicodedata.normalize("NFKC", words).split())[:LONGEST])
    spoken = [code for code, shape in _KNOWN.items() if shape.search(text)]
    if not spoken:
        return Understood("", 0.0)
    if _DENIED.search(text):
        return Understood(spoken[0], _SEVERAL)
    deciding = [code for code in spoken if code in _DECIDES]
    if len(spoken) == 1:
        return Understood(spoken[0], _ONE)
    if len(deciding) == 1:
        return Understood(deciding[0], _DECIDED)
    return Understood(spoken[0], _SEVERAL)


class Preset(Protocol):
    """A reason of a company's list."""

    code: str
    label_zh: str
    label_en: str


def reasons_by_word(presets: Iterable[Preset]) -> dict[str, str]:
    """Return each preset reason's code by all that it is called, as compared."""
    return {
        key_of(said): preset.code
        for preset in presets
        for said in (preset.code, preset.label_zh, preset.label_en)
    }
