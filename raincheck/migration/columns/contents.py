"""What the values of a column look like, whatever stands above them: phones, mails, moments, people, …."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

import phonenumbers

from raincheck.migration.fields import FULL_MARKS, Field, key_of
from raincheck.migration.files.cells import Cell, NoValue, plain, text_of
from raincheck.migration.kinds.stages import OUTCOMES, POSITION_STATES, STAGES
from raincheck.migration.values.dates import NO_YEAR, Moment, read_moment, read_time
from raincheck.migration.values.id_numbers import id_number
from raincheck.migration.values.meanings import ATTENDED, CANCELLED_BY, HALVES, STATES, length_of, meaning
from raincheck.migration.values.panels import people_in
from raincheck.migration.values.reasons import understand
from raincheck.migration.values.scores import number_in, says_its_full_marks
from raincheck.migration.words import Words

#: Values of a column that are looked at, at most; so many at least before they may contradict its heading.
MOST_SEEN, ENOUGH = 200, 3
#: Digits of a phone number with its country's code (E.164), or without one.
_OF_PHONES = range(7, 16)
_EMAIL = re.compile(r"[^@\s,;]+@[\w\-]+(?:\.[\w\-]+)+")
_MOBILE_CN = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
#: How databases and people write that there is nothing: \N, N/A, 无.
_NOTHING = frozenset({"n", "na", "null", "none", "nil", "tbd", "tbc", "无", "暂无"})
_OF_DAY, _SINCE_1970 = re.compile("[:点點时時]"), (10, 13)
_FAMILY_NAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖"
    "邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧司诸上示"
)
_CHINESE_NAME = re.compile("[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,6})?")
_LATIN_NAME = re.compile(r"[A-Z][\w'’.\-]*(?: [A-Z][\w'’.\-]*){1,3}")


@dataclass(frozen=True)
class Kind:
    """A kind of value: its name for people, and whether a value is one."""

    words: Words
    fits: Callable[[Cell, str], bool]


def _phone(cell: Cell, text: str) -> bool:
    bare = re.sub(r"[\s()\-.]", "", text)
    if not re.fullmatch(r"\+?\d{7,15}", bare):
        return False
    if _MOBILE_CN.fullmatch(bare):
        return True
    # Ten digits from 1 on are an instant in seconds, thirteen in milliseconds.
    if not bare.startswith("+"):
        return len(bare) == len("9876543210") and bare[0] in "6789" and not isinstance(cell, float)
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(bare))
    except phonenumbers.NumberParseException:
        return False


def _id_number(cell: Cell, text: str) -> bool:
    bare = text.replace(" ", "").upper()
    return len(bare) == len("110101199001010000") and isinstance(id_number(bare, cell), str)


def _moment(cell: Cell, text: str) -> bool:
    if isinstance(cell, date):
        return True
    # A bare number may be a date serial, or anything; but seconds or milliseconds since 1970 are told by their length.
    since = len(text) in _SINCE_1970 and text[0] == "1"
    return (since or not text.isdigit()) and _reads_as_day(cell)


def _reads_as_day(cell: Cell) -> bool:
    """Say whether a cell is a moment, if only the year were written."""
    found = read_moment(cell)
    return isinstance(found, Moment) or found is NO_YEAR


def _clock(cell: Cell, text: str) -> bool:
    if isinstance(cell, time | timedelta):
        return True
    return (
        bool(_OF_DAY.search(text))
        and not isinstance(read_moment(cell), Moment)
        and isinstance(read_time(cell), Moment)
    )


def _person(_: Cell, text: str) -> bool:
    if _CHINESE_NAME.fullmatch(text):
        return text[0] in _FAMILY_NAMES
    return bool(_LATIN_NAME.fullmatch(text))


def _people(_: Cell, text: str) -> bool:
    named = people_in(text)
    return bool(named) and all(one.email or _person("", one.bare) for one in named)


def _like_a_phone(_: Cell, text: str) -> bool:
    """Say whether it may be a number somewhere: (555) 555-0109 and 5500 2223 don't say in which country."""
    return (
        bool(re.fullmatch(r"\+?[\d()][\d\s()\-./]{5,20}", text)) and sum(map(str.isdigit, text)) in _OF_PHONES
    )


KINDS: dict[str, Kind] = {
    "phone": Kind(Words("手机号", "phone numbers"), _phone),
    "like_a_phone": Kind(Words("像电话号码", "like phone numbers"), _like_a_phone),
    "email": Kind(Words("邮箱", "e-mail addresses"), lambda _, text: bool(_EMAIL.fullmatch(text))),
    "id_number": Kind(Words("校验位正确的证件号", "ID numbers whose check digit holds"), _id_number),
    "link": Kind(Words("链接", "links"), lambda _, text: bool(re.match(r"https?://", text))),
    "invitation": Kind(
        Words("含链接的文字", "texts with a link"), lambda _, text: bool(re.search(r"https?://", text))
    ),
    "moment": Kind(Words("日期时间", "dates or times"), _moment),
    "clock": Kind(Words("时刻", "times of day"), _clock),
    "half": Kind(Words("上午或下午", "halves of the day"), lambda _, text: key_of(text) in HALVES),
    "length": Kind(Words("时长", "lengths of time"), lambda cell, _: length_of(cell) is not None),
    "status": Kind(Words("状态词", "words for states"), lambda _, text: meaning(text, STATES) is not None),
    "yes_no": Kind(Words("是/否", "yes or no"), lambda _, text: meaning(text, ATTENDED) is not None),
    "party": Kind(Words("取消方", "who cancels"), lambda _, text: meaning(text, CANCELLED_BY) is not None),
    "code": Kind(Words("编号", "ids"), lambda _, text: bool(re.fullmatch(r"(?=.*\d)[\w\-/.]{1,40}", text))),
    "stage": Kind(
        Words("投递状态词", "words for applications"), lambda _, text: meaning(text, STAGES) is not None
    ),
    "position_state": Kind(
        Words("岗位状态词", "words for positions"), lambda _, text: meaning(text, POSITION_STATES) is not None
    ),
    "outcome": Kind(
        Words("取消结果词", "words for what became of a request"),
        lambda _, text: meaning(text, OUTCOMES) is not None,
    ),
    "person": Kind(Words("人名", "names of people"), _person),
    "people": Kind(Words("人名或邮箱", "people's names or e-mail addresses"), _people),
    "points": Kind(Words("分数", "numbers of points"), lambda _, text: number_in(text) is not None),
    "of_points": Kind(
        Words("带满分的分数", "scores with their full marks"), lambda _, text: says_its_full_marks(text)
    ),
    "reason": Kind(
        Words("取消面试的原因", "reasons to call an interview off"),
        # Which of several is another question.
        lambda _, text: "://" not in text and understand(text).confidence > 0,
    ),
}
#: So plain that a column of them is nothing else, whatever its heading.
PLAIN = ("email", "id_number", "phone", "link", "moment")
#: The share of its values from which on a column is said to hold them.
NEARLY_ALL, _MOST = 0.8, 0.5
#: The kinds a field's values are of; a field that isn't here holds any text.
EXPECTED: Mapping[Field, tuple[str, ...]] = {
    Field.NAME: ("person",),
    Field.PHONE: ("phone", "like_a_phone"),
    Field.EMAIL: ("email",),
    Field.ID_NUMBER: ("id_number",),
    Field.START: ("moment", "clock"),
    Field.END: ("moment", "clock"),
    Field.DEADLINE: ("moment",),
    Field.CANCELLED_AT: ("moment",),
    Field.APPLIED_AT: ("moment",),
    Field.TIME: ("clock", "moment"),
    Field.HALF: ("half",),
    Field.DURATION: ("length",),
    Field.STATUS: ("status",),
    Field.ATTENDED: ("yes_no",),
    Field.CANCELLED_BY: ("party",),
    Field.CANDIDATE_ID: ("code",),
    Field.STAGE: ("stage",),
    Field.POSITION_STATE: ("position_state",),
    Field.OUTCOME: ("outcome",),
    # A colleague's address, or a name only one bears.
    Field.OWNER: ("email", "person"),
    Field.INTERVIEWERS: ("people", "email"),
    Field.LINK: ("link", "invitation"),
    **dict.fromkeys(FULL_MARKS, ("points", "of_points")),
}
#: Fields whose column may be known by its values alone, and by which; even then a person is asked.
BY_VALUES: Mapping[Field, str] = {
    Field.EMAIL: "email",
    Field.ID_NUMBER: "id_number",
    Field.PHONE: "phone",
    Field.STATUS: "status",
    Field.REASON: "reason",
    Field.OUTCOME: "outcome",
    Field.HALF: "half",
}
#: What these hold are words of a list, so that a column without any of them is something else.
CLOSED = frozenset(
    {
        Field.HALF,
        Field.STATUS,
        Field.ATTENDED,
        Field.CANCELLED_BY,
        Field.STAGE,
        Field.POSITION_STATE,
        Field.OUTCOME,
    }
)
#: Of these one value alone may stand in every row for another cause.
VARIED = frozenset({Field.STATUS, Field.REASON})


@dataclass(frozen=True)
class Sight:
    """The share of a column's values that are of each kind, and how many values there were, all and different ones."""

    seen: int
    shares: Mapping[str, float]
    distinct: int = 0
    #: The greatest of those that are plain numbers.
    top: Decimal = Decimal(0)

    def agrees(self, field: Field) -> float | None:
        """Return how many of the values are what the field holds, 0 to 1; None where they can't tell."""
        if not self.seen:
            return None
        if field in EXPECTED:
            return max(self.shares[kind] for kind in EXPECTED[field])
        return 0.0 if self.plainly else None

    @property
    def clocks(self) -> bool:
        """Whether they are times of day alone, without a day."""
        return (
            bool(self.seen) and self.shares["clock"] >= NEARLY_ALL and self.shares["moment"] <= 1 - NEARLY_ALL
        )

    @property
    def plainly_people(self) -> bool:
        """Whether most values are names of people, as far as that can be told."""
        return self.seen >= ENOUGH and self.shares["person"] >= _MOST

    @property
    def plainly(self) -> str:
        """The kind that nearly all values plainly are; "" for none."""
        return next((kind for kind in PLAIN if self.seen and self.shares[kind] >= NEARLY_ALL), "")

    def contradicts(self, field: Field) -> str:
        """Return the kind that the values plainly are instead of the field's; "" if they don't contradict it."""
        kind = self.plainly if self.seen >= ENOUGH else ""
        fitting = EXPECTED.get(field, ())
        if not kind or kind in fitting or (self.agrees(field) or 0) >= 0.5:  # noqa: PLR2004
            return ""
        # An id may be anything, and a number beside a name too.
        return (
            ""
            if field in {Field.CANDIDATE_ID, Field.NAME_AND_ID, Field.PHONE_CODE, Field.REASON_NOTE}
            else kind
        )


def look(cells: Iterable[Cell]) -> Sight:
    """Look at a column's values."""
    values = [
        (cell, text[:300])
        for cell in cells
        if not isinstance(cell, NoValue) and (text := plain(text_of(cell))) and key_of(text) not in _NOTHING
    ]
    values = values[:MOST_SEEN]
    if not values:
        return Sight(0, dict.fromkeys(KINDS, 0.0))
    shares = {}
    for name, kind in KINDS.items():
        shares[name] = sum(_fits(kind, cell, text) for cell, text in values) / len(values)
    top = max((number for _, text in values if (number := number_in(text)) is not None), default=Decimal(0))
    return Sight(len(values), shares, len({text for _, text in values}), top)


def _fits(kind: Kind, cell: Cell, text: str) -> bool:
    try:
        return bool(kind.fits(cell, text))
    except Exception:  # noqa: BLE001 (a bug that one value meets rejects its row, later; it mustn't refuse the file now)
        return False
