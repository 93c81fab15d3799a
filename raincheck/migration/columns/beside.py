"""Columns of what lies beside an interview: who held it, under which link, and how what was scored.

A score counts for something only with its full marks: they stand in the heading (满分20), in the cells (4/5), or the
values leave no others (some above 50, none above 100). Else a person says of how many the scores are.
"""

import re
from dataclasses import replace

from raincheck.migration.columns.contents import ENOUGH, KINDS, Sight
from raincheck.migration.columns.headings import parted
from raincheck.migration.columns.sureness import ASK, JUST_UNSURE, Guess
from raincheck.migration.columns.vocabulary import Vocabulary
from raincheck.migration.fields import WORDS, Field, apart, simplified, without_brackets
from raincheck.migration.values.scores import dimension_of, full_marks, marks_in_brackets
from raincheck.migration.words import Words

_IDEAS: dict[str, str] = {
    "panel": "面试官|考官|面试考官|主试官|评委|面试委员|委员|评审|mianshiguan|interviewer|interviewers|intvr|"
    "intvwr|panel|panelist|panelists|examiner|examiners|assessor|assessors|board|interviewed",
    "role": "主|副|陪同|一面|二面|三面|四面|初面|复面|终面|初试|复试|复核|客户|业务|技术|lead|co|first|"
    "second|third|main|primary|client|hiring",
    "member": "成员|名单|列表|组|人员|members|member|list|group|by",
    "name": "姓名|名字|name|names|nm|full|fullname|display|xingming",
    "email": "邮箱|邮件|电邮|电子邮箱|email|emails|mail|mails|youxiang|address|addr",
    "interview": "面试安排|面试信息|面试日程|面试评价|面试|面谈|mianshi|interview|interviews|intv|itv|ai",
    "meeting": "房间|meet|conferencing|会议|huiyi|视频|视讯|视像|在线|线上|远程|腾讯|腾讯会议|钉钉|飞书|加入|"
    "参加|入会|邀请|meeting|"
    "mtg|zoom|teams|video|join|joining|invite|invitation|online|remote|conference|call|room|间|室",
    "link": "链接|连结|网址|入口|地址|lianjie|link|links|url|urls|href",
    "score": "得分|评分|打分|分数|分值|成绩|总分|总评分|总得分|综合分|面试分|zongfen|fenshu|score|scores|"
    "scored|rating|"
    "ratings|marks|points|scorecard",
    "total": "平均|average|avg|总|总评|总计|合计|综合|整体|total|overall|final",
    "assess": "评估|评价|维度|assessment|assessments|evaluation|evaluations|dimension|dimensions",
    "thing": "沟通|表达|语言|言语|口头|逻辑|思维|分析|专业|知识|技能|深度|团队|协作|合作|精神|抗压|学习|应变|"
    "反应|情绪|稳定|稳定性|求职|动机|责任|责任心|责任感|领导|领导力|执行|执行力|创新|解决|解决问题|问题|素质|形象|"
    "气质|仪态|仪表|仪容|岗位|匹配|胜任|胜任力|文化|契合|价值观|英语|口语|服务|意识|主动|主动性|自驱力|能力|水平|"
    "表现|态度|礼仪|组织|协调|计划|communication|communications|logic|logical|thinking|expertise|technical|skill|"
    "skills|team|teamwork|work|collaboration|leadership|problem|solving|motivation|culture|cultural|fit|stability|"
    "learning|ability|adaptability|critical|analytical|presentation|attitude|domain|knowledge|creativity|job|role",
}
_FILLERS = (
    "的",
    "与",
    "和",
    "及",
    "the",
    "of",
    "and",
    "for",
    "s",
    "data",
    "txt",
    "必填",
    "选填",
    "required",
    "optional",
)
_READ = Vocabulary(_IDEAS, _FILLERS)
_OF_PANELS = {"panel", "role", "member", "name", "email", "interview"}
_OF_LINKS = {"link", "interview", "meeting"}
_OF_SCORES = {"score", "total", "thing", "interview", "assess"}
#: Scores of other things than the interview, and what only sounds like one.
_OTHERS = re.compile(
    r"笔试|机试|测评|测试|考试|测验|试卷|题|高考|中考|考研|四级|六级|绩点|学分|积分|在校|学业|课程|毕业|简历|信用|匹配度|满意|体验|背调|绩效|权重|"
    r"群面|排名|名次|总成绩|及格|合格|最低|候选人评|托福|雅思|时长|用时|耗时|历时|分钟|bishi|"
    r"\b(?:cet|gpa|toefl|ielts|gre|tests?|exams?|quiz|resume|cv|credit|match|matching|satisfaction|nps|csat|survey|"
    r"rank|ranking|cut|pass|passing|min|mins|minutes|max|threshold|fico|weight|duration|length)\b"
)
_MOSTLY, _HALF = 0.8, 0.5
#: Above the first nothing usual is left; above the second only 100; below the others, two or three full marks are.
_FULLEST, _OF_100, _OF_10, _OF_5 = 100, 50, 10, 5


def beside(heading: str, sight: Sight) -> Guess | None:
    """Return what a column holds that lies beside an interview; None for all others."""
    return _panel(heading, sight) or _link(heading, sight) or _score(heading, sight)


def _panel(heading: str, sight: Sight) -> Guess | None:
    """Know 面试官, 二面面试官2, 面试官 › 姓名 and interviewers.0.email; not 面试官手机, which names nobody."""
    read = [_READ.read(text) for text in (heading, without_brackets(heading))]
    fitting = [strange for ideas, strange, _ in read if "panel" in ideas and ideas <= _OF_PANELS]
    if 0 in fitting:
        why = Words("标题说的是面试官", "the heading speaks of interviewers")
        return _unless_contradicted(Guess(Field.INTERVIEWERS, 0.95, why), sight)
    if fitting and sight.seen and (sight.agrees(Field.INTERVIEWERS) or 0) >= _MOSTLY:
        return _unknown_word(Field.INTERVIEWERS, Words("面试官", "interviewers"))
    return None


def _link(heading: str, sight: Sight) -> Guess | None:
    """Know 面试链接 and joinUrl; of a 面试地址 full of places the values decide, and a CV's link is none of ours."""
    ideas, strange, _ = _READ.read(heading)
    share = sight.agrees(Field.LINK) or 0.0
    if strange or not ideas or not ideas <= _OF_LINKS or (sight.seen and share < _HALF):
        return None
    if "link" in ideas and len(ideas) > 1:
        return Guess(
            Field.LINK, 0.95, Words("标题说的是面试链接", "the heading speaks of an interview's link")
        )
    if share >= _MOSTLY:
        why = Words(
            "内容是链接，标题没有说是什么的", "the values are links; of what, the heading doesn't say"
        )
        return Guess(Field.LINK, JUST_UNSURE, why)
    return None


def _score(heading: str, sight: Sight) -> Guess | None:
    """Know a column of scores by its heading, its group or its full marks; by numbers alone nothing is known."""
    if sight.seen and (sight.agrees(Field.SCORE) or 0) < _HALF:
        return None
    named = _named(heading, sight)
    if named is None:
        return None
    if full_marks(heading) is not None or sight.shares["of_points"] >= _MOSTLY or not sight.seen:
        return named
    bare = marks_in_brackets(heading)
    if bare is not None and sight.top <= bare:
        return named
    return _of_how_many(named, sight)


def _named(heading: str, sight: Sight) -> Guess | None:
    """Say how surely a heading is that of a score, whatever it is of."""
    above, below = parted(heading)
    said = dimension_of(below)
    if _OTHERS.search(simplified(apart(f"{above} {said}")).replace("_", " ").lower()):
        return None
    ideas, strange, _ = _READ.read(said)
    group, _, _ = _READ.read(parted(above)[1])
    grouped = bool({"score", "assess"} & group)
    marks = full_marks(heading)
    if ideas <= _OF_SCORES and ideas - {"interview"} and not strange:
        return _by_its_words(ideas, sight, proven=grouped or marks is not None)
    if marks is not None and sight.seen and sight.top <= marks:
        return Guess(
            Field.SCORE, 0.85, Words(f"标题写明满分{marks}", f"the heading says full marks of {marks}")
        )
    if grouped and sight.seen:
        return Guess(Field.SCORE, 0.9, Words(f"“{above}”之下的分数", f"a score below “{above}”"))
    if "score" in ideas or (sight.seen and sight.shares["of_points"] >= _MOSTLY):
        return _unknown_word(Field.SCORE, Words("分数", "a score"))
    return None


def _by_its_words(ideas: frozenset[str], sight: Sight, *, proven: bool) -> Guess | None:
    """Take a heading all of whose words are of scores; a bare total is of the interview only if something says so."""
    if "score" in ideas or proven:
        return Guess(Field.SCORE, 0.95, Words("标题说的是分数", "the heading speaks of a score"))
    if not sight.seen:
        return None
    if "thing" in ideas:
        why = Words("标题是面试评估的维度", "the heading is what interviews are scored for")
        return Guess(Field.SCORE, 0.9, why)
    why = Words("标题没有说是什么的合计", "of what it is the total, the heading doesn't say")
    return Guess(Field.SCORE, JUST_UNSURE, why) if "total" in ideas else None


def _of_how_many(found: Guess, sight: Sight) -> Guess | None:
    """Say of how many the scores are; have a person asked where the values don't."""
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


def _unknown_word(field: Field, said: Words) -> Guess:
    why = Words(
        f"像是{said.zh}，但标题中有不认识的词",
        f"it sounds like {said.en}, but a word of the heading isn't known",
    )
    return Guess(field, JUST_UNSURE, why)


def _unless_contradicted(found: Guess, sight: Sight) -> Guess:
    against = sight.contradicts(found.field) if sight.seen >= ENOUGH else ""
    if not against:
        return found
    said, seen = WORDS[found.field], KINDS[against].words
    why = Words(
        f"标题是{said.zh}，内容却是{seen.zh}", f"the heading says {said.en}, but the values are {seen.en}"
    )
    return replace(found, confidence=ASK, why=why)
