"""Columns of what lies beside an interview: who held it, under which link, and how what was scored.

A score counts for something only with its full marks: they stand in the heading (满分20), in the cells (4/5), or the
values leave no others (some above 50, none above 100). Else a person says of how many the scores are.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from raincheck.migration.columns.contents import ENOUGH, KINDS, Sight
from raincheck.migration.columns.headings import parted
from raincheck.migration.columns.sureness import ASK, JUST_UNSURE, Guess
from raincheck.migration.fields import WORDS, Field, apart, key_of, simplified, without_brackets
from raincheck.migration.values.scores import dimension_of, full_marks
from raincheck.migration.words import Words

_PANEL = (
    "面试官|面试官姓名|面试官名字|面试官邮箱|面试官email|面试官名单|面试官列表|主面试官|主面官|副面试官|面试考官|"
    "考官|interviewer|interviewers|interviewer name|interviewer names|interviewers name|interviewers names|"
    "interviewer full name|interviewer email|interviewer emails|interviewers email|interviewers emails|"
    "interviewer email address|lead interviewer|panel|interview panel|panelist|panelists|panel member|panel members|"
    "interviewed by"
)
_LINK = (
    "面试链接|面试网址|ai面试链接|ai面试网址|面试入口|面试入口链接|视频面试链接|在线面试链接|面试邀请链接|"
    "面试会议链接|会议链接|入会链接|邀请链接|面试地址|会议地址|interview link|interview url|interview join link|"
    "ai interview link|video interview link|interview invite link|meeting link|meeting url|zoom link|teams link|"
    "video link|invite link|invitation link|invite url|join link|join url|conference link|meeting room link"
)
#: They may be links of anything, the CV for one.
_ANY_LINK = "链接|网址|link|url"
#: What scores are called, and what of an interview they may be of.
_SCORE = (
    "综合得分|综合评分|综合分|综合成绩|总分|总得分|总评分|总成绩|得分|评分|分数|打分|面试得分|面试评分|面试分数|"
    "面试成绩|面试打分|面试总分|ai得分|ai评分|ai面试得分|ai面试评分|ai面试分数|ai面试成绩|ai综合评分|ai综合得分|"
    "ai总分|面试官评分|面试官打分|score|scores|overall|overall score|total score|final score|interview score|"
    "ai score|ai interview score|rating|overall rating|interview rating|score overall|scores overall|scores total|"
    "ai rating|interviewer score|interviewer rating"
)
_DIMENSIONS = (
    "沟通|沟通能力|沟通表达|沟通表达能力|表达|表达能力|语言表达|语言表达能力|口头表达|逻辑|逻辑思维|逻辑思维能力|"
    "逻辑能力|思维能力|专业|专业能力|专业技能|专业知识|专业水平|技术|技术能力|技能|团队协作|团队合作|团队精神|"
    "协作能力|抗压|抗压能力|学习能力|应变能力|情绪稳定性|稳定性|求职动机|动机|责任心|责任感|领导力|执行力|创新|"
    "创新能力|问题解决|解决问题能力|问题解决能力|分析能力|综合素质|综合能力|形象气质|仪容仪表|岗位匹配|胜任力|价值观|"
    "文化契合|英语口语|主动性|自驱力|communication|communication skills|logic|logical thinking|expertise|technical|"
    "technical skills|teamwork|collaboration|leadership|problem solving|motivation|culture fit|cultural fit|job fit|"
    "role fit|fit|stability|learning ability|adaptability|critical thinking|analytical skills|presentation|"
    "presentation skills|attitude|domain knowledge|creativity"
)
#: Groups of columns that say of all below them that they are scores.
_GROUPS = (
    "评分|得分|打分|分数|面试评分|面试得分|面试打分|ai评分|ai得分|ai面试评分|ai面试得分|评估|面试评估|评估得分|评价|"
    "面试评价|维度评分|维度得分|评估维度|scores|score|ratings|rating|assessment|assessments|evaluation|ai scores|"
    "interview scores|interview ratings|dimensions"
)
_SCORED = re.compile(r"(?:得分|评分|打分|分数|成绩|score|rating|marks|points)$")
#: Scores of other things than the interview, and what only sounds like one.
_OTHERS = re.compile(
    r"笔试|机试|测评|测试|考试|测验|试卷|题库|高考|中考|考研|四级|六级|绩点|学分|积分|在校|学业|课程|毕业|简历|信用|匹配度|满意|体验|背调|绩效|"
    r"群面|排名|名次|平均|及格|最低|候选人评|托福|雅思|"
    r"\b(?:cet|gpa|toefl|ielts|gre|tests?|exams?|quiz|resume|cv|credit|match|satisfaction|nps|csat|survey|feedback|average|avg|"
    r"rank|ranking|cut|pass|passing|min|max|threshold|fico)\b"
)
_DIGITS, _PARTS = re.compile(r"\d+"), re.compile("[a-z]+|[\u3400-\u9fff]+")
_MOSTLY = 0.8
_HALF = 0.5
#: Values above this leave only 100 as full marks that are usual; below the others, two or three are.
_FULLEST, _OF_100, _OF_10, _OF_5 = 100, 50, 10, 5


def _known(line: str) -> dict[str, int]:
    return {key_of(heading): rank for rank, heading in reversed([*enumerate(line.split("|"))])}


_PANELS, _LINKS, _ANY_LINKS = _known(_PANEL), _known(_LINK), _known(_ANY_LINK)
_SCORES, _SCORED_THINGS, _GROUPED = _known(_SCORE), _known(_DIMENSIONS), _known(_GROUPS)


def beside(heading: str, sight: Sight) -> Guess | None:
    """Return what a column holds that lies beside an interview; None for all others."""
    return _panel(heading, sight) or _link(heading, sight) or _score(heading, sight)


def _panel(heading: str, sight: Sight) -> Guess | None:
    """Know 面试官, 面试官2, 面试官 › 姓名 and interviewers.0.email; not 面试官手机, which names nobody."""
    if _rank(_DIGITS.sub(" ", heading), _PANELS) is None:
        return None
    return _unless_contradicted(Guess(Field.INTERVIEWERS, 0.95, _listed("面试官", "interviewers")), sight)


def _link(heading: str, sight: Sight) -> Guess | None:
    """Know 面试链接; of a 面试地址 full of places, or a `link` of whatever, the values decide."""
    rank, any_rank = (_rank(_DIGITS.sub(" ", heading), known) for known in (_LINKS, _ANY_LINKS))
    share = sight.agrees(Field.LINK) or 0.0
    if rank is not None and (share >= _HALF or not sight.seen):
        return Guess(Field.LINK, 0.95, _listed("面试链接", "an interview's link"), rank)
    if any_rank is not None and share >= _MOSTLY:
        why = Words("标题没有说是什么的链接", "the heading doesn't say of what it is the link")
        return Guess(Field.LINK, JUST_UNSURE, why)
    return None


def _score(heading: str, sight: Sight) -> Guess | None:
    """Know a column of scores by its heading, its group or what it scores; by numbers alone nothing is known."""
    known = _names_a_score(heading, sight)
    if known is None or (sight.seen and (sight.agrees(Field.SCORE) or 0) < _HALF):
        return None
    return _of_how_many(known, heading, sight)


def _names_a_score(heading: str, sight: Sight) -> Guess | None:
    above, below = parted(heading)
    said = dimension_of(below)
    key = key_of(without_brackets(said)) or key_of(said)
    if not key or _OTHERS.search(_words(f"{above} {said}")):
        return None
    if _rank(said, _SCORES) is not None:
        return Guess(Field.SCORE, 0.95, _listed("分数", "a score"))
    if above and _rank(above, _GROUPED) is not None:
        why = Words(f"“{above}”之下的分数", f"a score below “{above}”")
        return Guess(Field.SCORE, 0.9, why)
    thing = _SCORED.sub("", key)
    if _rank(thing, _SCORED_THINGS) is not None and (thing != key or sight.seen):
        return Guess(
            Field.SCORE, 0.9, Words("标题是面试评估的维度", "the heading is what interviews are scored for")
        )
    if thing != key:
        why = Words(
            "标题像是分数，但其中有不认识的词",
            "the heading sounds like a score, but a word of it isn't known",
        )
        return Guess(Field.SCORE, JUST_UNSURE, why)
    return None


def _words(heading: str) -> str:
    """Return a heading's words, apart and in small letters: testScore is test score."""
    return simplified(apart(heading)).replace("_", " ").lower()


def _of_how_many(found: Guess, heading: str, sight: Sight) -> Guess | None:
    """Say of how many the scores are; have a person asked where neither heading nor values do."""
    if full_marks(heading) is not None or sight.shares["of_points"] >= _MOSTLY or not sight.seen:
        return found
    if sight.top > _FULLEST:
        return None
    if sight.top > _OF_100:
        why = Words(f"{found.why.zh}，最高{sight.top}分", f"{found.why.en}, the highest being {sight.top}")
        return replace(found, field=Field.SCORE_100, why=why)
    field = Field.SCORE_100 if sight.top > _OF_10 else Field.SCORE_10 if sight.top > _OF_5 else Field.SCORE_5
    why = Words(
        f"{found.why.zh}；最高{sight.top}分，看不出满分",
        f"{found.why.en}; the highest is {sight.top}, of how many isn't said",
    )
    return Guess(field, min(found.confidence, JUST_UNSURE), why)


def _unless_contradicted(found: Guess, sight: Sight) -> Guess:
    against = sight.contradicts(found.field) if sight.seen >= ENOUGH else ""
    if not against:
        return found
    said, seen = WORDS[found.field], KINDS[against].words
    why = Words(
        f"标题是{said.zh}，内容却是{seen.zh}", f"the heading says {said.en}, but the values are {seen.en}"
    )
    return replace(found, confidence=ASK, why=why)


def _listed(zh: str, en: str) -> Words:
    return Words(f"标题是{zh}", f"the heading says {en}")


def _rank(heading: str, known: dict[str, int]) -> int | None:
    """Return which of these a heading is, in either language or in both: Interviewer 面试官."""
    for text in (heading, without_brackets(heading)):
        key = key_of(text)
        if key in known:
            return known[key]
    return _in_both(_PARTS.findall(key_of(without_brackets(heading))), known)


def _in_both(parts: Iterable[str], known: dict[str, int]) -> int | None:
    ranks = [known.get(part) for part in parts]
    found = [rank for rank in ranks if rank is not None]
    return min(found) if len(found) > 1 and len(found) == len(ranks) else None
