"""How a school is known: by name, abbreviation, English name, or as a campus or faculty of one.

北大, Peking University, 北京大學 and 北京大学（本科） are 北京大学; 北京大学光华管理学院 too. 华师 may be several,
and 浙江大学城市学院 is another school than 浙江大学: both stay as they are.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

#: From here on the name counts.
SURE = 0.8
_FULL, _ENGLISH, _SHORT, _CAMPUS, _FACULTY, _SEVERAL, _OTHER = 1.0, 0.97, 0.9, 0.92, 0.85, 0.5, 0.4
#: Traditional characters of schools' names that have one simplified form alone.
_TRADITIONAL = str.maketrans(
    "國學華東師業農醫藝術電語廣門濟漢慶蘭寧貴雲陝遼龍聖約輔澳臺灣灣財經貿傳媒營鐵航"
    "陽鄭蘇連雙鋼鐵鑛礦機械資訊軟體軍義應當區長張陳劉",
    "国学华东师业农医艺术电语广门济汉庆兰宁贵云陕辽龙圣约辅澳台湾湾财经贸传媒营铁航"
    "阳郑苏连双钢铁矿矿机械资讯软体军义应当区长张陈刘",
)
_CHINESE = re.compile("[\u3400-\u9fff]")
_BETWEEN = re.compile("(?<=[\u3400-\u9fff])\\s+(?=[\u3400-\u9fff(])")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_MARKS = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_STATE_RUN = re.compile("^国立(?=[\u3400-\u9fff]{2,}大学)")
#: What stands beside a name and says nothing of which school it is.
_ASIDE = re.compile(
    r"(?:\d{3}|985|211|双一流|一本|二本|本科|硕士|博士|研究生|专科|大专|全日制|在读|统招|本部|主校区|校本部|bachelor|master|phd|"
    r"undergraduate|graduate|full[- ]time|china|中国)(?:院校|学历|毕业|生)?"
)
_CAMPUS_OF = re.compile(r"(?:校)?本部|[\u3400-\u9fff]{0,8}(?:校区|分部)|[a-z' ]{0,30}campus")
_SUBJECT = (
    "经济|管理|商|法|文|理|工|医|药|护理|口腔|公共卫生|外国语|外语|国际|新闻|传播|信息|计算机|软件|电子|电气|自动化|通信|网络|机械|材料|化学|化工|"
    "物理|数学|统计|生命|生物|环境|土木|建筑|能源|动力|航空|航天|交通|艺术|美术|音乐|设计|体育|教育|心理|哲学|历史|政治|社会|马克思主义|金融|会计|"
    "农|林|食品|海洋|地球|地理|资源|人工智能|微电子|集成电路|光电|光学|仪器|安全|公共|行政|人文|中文|语言|翻译|光华|汇丰|经管|安泰|岭南"
)
_FACULTY_OF = re.compile(
    rf"(?:(?:{_SUBJECT}|与|和|及|科学|工程|技术|关系|事务|大)+(?:学院|学部|系|研究院|部)|研究生院|医学部)"
)
_WORD = re.compile(r"大学|学院")


@dataclass(frozen=True)
class School:
    """A school's name and how sure that is, 0 to 1; `options` are the names it may be where it may be several.

    Where it isn't sure (below `SURE`), the name is what was written.
    """

    name: str
    confidence: float
    options: tuple[str, ...] = ()

    @property
    def doubtful(self) -> bool:
        """Whether something speaks for another name, but not enough; of a school nobody listed nothing does."""
        return bool(self.options) and self.confidence < SURE


@lru_cache(maxsize=20_000)
def school_of(written: str) -> School:
    """Return the school that is meant by what somebody wrote."""
    text = _plain(written)
    if not text:
        return School(written, 0.0)
    for candidate in _without_asides(text):
        found = _known(candidate)
        if found is not None:
            return _settled(written, found)
    return _settled(written, _part_of(text)) if _CHINESE.search(text) else School(written, 0.0)


def spellings_of(name: str) -> tuple[str, ...]:
    """Return every way a listed school is surely written, its usual name first; nothing of one that isn't listed."""
    return _book().spellings.get(name, ())


def _settled(written: str, found: School) -> School:
    return found if found.confidence >= SURE else School(written, found.confidence, found.options)


def _plain(written: str) -> str:
    """Fold width, case, blanks between Chinese characters, and traditional characters."""
    text = unicodedata.normalize("NFKC", written).strip().casefold().translate(_TRADITIONAL)
    return _STATE_RUN.sub("", _BETWEEN.sub("", text))


def _without_asides(text: str) -> list[str]:
    """Return the text as it stands, then without what is only said beside the name."""
    bare = _BRACKETS.sub(lambda found: "" if _ASIDE.fullmatch(found[1].strip()) else found[0], text)
    head, _, tail = re.sub(r"\s*[-–—/,;]\s*", "\x00", bare).partition("\x00")
    short = head if _CHINESE.search(head) and _ASIDE.fullmatch(tail.strip()) else bare
    return [text, bare.strip(), short.strip()]


def _known(text: str) -> School | None:
    key = _key(text)
    for table, confidence in ((_book().full, _FULL), (_book().english, _ENGLISH), (_book().short, _SHORT)):
        if key in table:
            return School(table[key], confidence, (table[key],))
    options = _book().several.get(key)
    return School("", _SEVERAL, options) if options else None


def _part_of(text: str) -> School:
    """Know a campus or a faculty by the school's name before it; what may be a school of its own isn't one."""
    ends = [found.end() for found in _WORD.finditer(text)]
    for end in [len(text) - 1, *reversed(ends)]:
        name = _book().full.get(_key(text[:end])) if end < len(text) else None
        if name is None:
            continue
        rest = _key(text[end:])
        if _CAMPUS_OF.fullmatch(rest):
            return School(name, _CAMPUS, (name,))
        if _FACULTY_OF.fullmatch(rest):
            return School(name, _FACULTY, (name,))
        return School("", _OTHER, (name,))
    return School("", 0.0)


def _key(text: str) -> str:
    return _MARKS.sub("", text.removeprefix("the "))


@dataclass(frozen=True)
class _Book:
    """What is listed, compared form → name; `several` → the names an abbreviation may mean."""

    full: dict[str, str]
    english: dict[str, str]
    short: dict[str, str]
    several: dict[str, tuple[str, ...]]
    spellings: dict[str, tuple[str, ...]]


@cache
def _book() -> _Book:
    book = _Book({}, {}, {}, {}, {})
    for line in resources.files(__package__).joinpath("known.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, *others = line.split("|")
        book.full[_key(_plain(name))] = name
        sure = [other for other in others if not other.endswith("~")]
        for other in sure:
            (book.english if other == others[0] else book.short)[_key(_plain(other))] = name
        for other in set(others) - set(sure):
            key = _key(_plain(other[:-1]))
            book.several[key] = (*book.several.get(key, ()), name)
        book.spellings[name] = (name, *sure)
    return book
