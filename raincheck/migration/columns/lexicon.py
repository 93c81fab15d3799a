"""A heading that nobody listed, understood from its words: whose it is, and what of theirs.

`Applicant's cell no.` is a person's phone; 面试官手机 is somebody else's and so none of ours. The words are known by
the idea they stand for; a field is a set of ideas that must be there and others that may be.
"""

from dataclasses import dataclass
from functools import lru_cache

from raincheck.migration.columns.vocabulary import Vocabulary
from raincheck.migration.fields import Field

_IDEAS: dict[str, str] = {
    # Somebody or something else: what belongs to them is never the candidate's.
    "other": "咨询|第二志愿|第三志愿|可到岗|到岗|最早|填写用时|填写时长|availability|available|earliest|ip|面试官|招聘专员|招聘负责人|负责人|推荐人|内推人|紧急|联系人|家长|客户|创建|更新|修改|提醒|备用|监护人|经办|操作|登记|hr|"
    "interviewer|interviewers|recruiter|referrer|referee|referred|emergency|parent|guardian|client|customer|created|create|updated|update|"
    "modified|reminder|sent|alternative|alternate|secondary|spouse|manager|owner|organizer|organiser|panel|panelist|company|公司|企业|"
    "vendor|salary|薪资|薪酬|birth|出生|生日|previous|former|入职|offer|feedback|反馈|评价|score|评分|link|url|链接|zone|timezone|时区|"
    "顾问|考官|评委|主试官|mianshiguan|intvr|intvwr|员工|同事|导师|领导|主管|上级|猎头|填表人|录入人|employee|colleague|supervisor|mentor|现任|现职|曾任|在职|前任",
    "person": "学生|student|students|houxuanren|投递人|报名人|候选人|应聘者|应征者|应聘人员|应聘人|求职者|求职人|面试者|面试人|人选|考生|人才|学员|本人|个人|人员|candidate|candidates|applicant|applicants|"
    "interviewee|talent|person|participant|jobseeker|cand|personal",
    "interview": "答题|作答|mianshi|intvw|itv|面试|笔面试|面谈|场次|一面|二面|三面|初面|复面|终面|初试|复试|会议|ai|interview|interviews|iv|intv|meeting|session|slot|appointment|booking|call|",
    "planned": "original|originally|原|原定|排期|排程|预约|约面|预定|计划|安排|拟定|scheduled|schedule|planned|booked|约定",
    "phone": "shouji|shoujihao|dianhua|手机|电话|移动电话|行动电话|座机|phone|mobile|mob|cell|cellphone|handphone|tel|telephone|whatsapp|msisdn|联系方式",
    "region": "地区|区号|国际区号|国家|国家代码|country|area|dial|dialing",
    "email": "youxiang|邮箱|电邮|邮件|信箱|email|eml|mail|e-mail",
    "card": "身份证|身分证|身份证件|证件|公民身份|护照|passport|identity|national|aadhaar|nric",
    "id": "nbr|id|编号|号码|号|序号|标识|唯一|no|number|num|code|identifier|ref|unique|key|uid",
    "contact": "联系|联络|contact|contacts|addr|address|地址|card",
    "name": "xingming|mingzi|姓名|名字|名称|全名|name|nm|fullname|full|中文|中文名",
    "first": "first|given|forename",
    "last": "last|surname|family",
    "position": "gangwei|zhiwei|pos|岗位|职位|职务|工种|职缺|position|job|role|title|vacancy|opening|post|requisition|designation|profile",
    "apply": "网申|报名|received|req|yingpin|应聘|应征|投递|申请|意向|所投|报考|投|applied|apply|applying|application|submitted",
    "hiring": "拟分配|posting|拟聘|拟任|招聘|拟入职|招募|用人|需求|hiring|recruiting|recruitment|requesting",
    "department": "车间|机构|支行|bumen|部门|部室|团队|事业部|中心|科室|单位|业务线|department|dept|division|unit|org|organisation|organization|bu|team|business",
    "school": "xuexiao|学校|院校|高校|大学|学院|毕业|school|university|college|institution|institute|alma|mater|graduated",
    "degree": "学历|最高|本科|硕士|就读|全日制|第一|highest|degree|education|bachelor",
    "source": "src|qudao|laiyuan|渠道|来源|管道|source|sources|sourcing|sourced|channel|referral",
    "resume": "简历|信息|cv|resume|",
    "time": "shijian|tm|时间|时间段|时刻|时段|time|ts|timestamp|datetime|dttm|at|on|when|clock|moment",
    "date": "riqi|dt|日期|日|date|day",
    "start": "开放|开启|kaishi|开始|起始|start|starts|starting|begin|begins|beginning|from",
    "end": "jieshu|结束|终止|end|ends|ending|finish|finishes|until",
    "deadline": "截止|截止日|到期|过期|失效|有效期|deadline|due|expiry|expires|expire|expiration|valid",
    "length": "shichang|dur|时长|用时|历时|分钟|分|duration|length|minutes|mins|min|allotted|lasts",
    "status": "zhuangtai|stat|状态|进度|进展|status|sts|state|progress",
    "stage": "阶段|结果|stage|result|",
    "attended": "签到|到场|出席|参加|参与|到面|attended|attendance|showed|show|came|present",
    "now": "当前|目前|最新|current|latest",
    "really": "started|finished|began|ended|是否|实际|有无|actual|observed|actually|did|up|情况",
    "expected": "预计|期望|预期|expected|estimated|tentative",
    "cancel": "quxiao|canc|取消|取消操作|撤销|放弃|未面试|未参加|cancel|cancelled|canceled|canceling|cancelling|cancellation|cancelation",
    "reason": "yuanyin|rsn|原因|理由|缘由|为什么|为何|因何|reason|reasons|cause|why",
    "note": "描述|description|beizhu|备注|说明|附言|note|notes|remark|remarks|comment|comments|detail|details",
    "by": "提出|发起|方|人|谁|by|initiator|initiated",
    # What a thing is like isn't the thing.
    "aspect": "分数|得分|总分|成绩|来源地|生源地|类型|类别|级别|等级|地点|城市|性质|要求|数量|方式|形式|语言|年龄|性别|优先级|"
    "type|level|grade|location|city|venue|seconds|secs|秒|category|count|size|mode|method|language|age|gender|priority|专业|major",
    "round": "轮次|轮|round",
}
_FILLERS = frozenset(
    [
        "所属",
        "所在",
        "对应",
        "的",
        "之",
        "与",
        "和",
        "或",
        "of",
        "the",
        "for",
        "a",
        "an",
        "in",
        "to",
        "is",
        "s",
        "via",
        "and",
        "or",
        "电子",
        "居民",
        "常用",
        "归属",
        "用工",
        "全称",
        "微信",
        "wechat",
        "一级",
        "二级",
        "于",
        "primary",
        "legal",
        "请",
        "填写",
        "必填",
        "选填",
        "*",
        "required",
        "optional",
        "data",
        "cd",
        "desc",
        "txt",
        "value",
        "info",
        "您",
        "您的",
        "你的",
        "your",
        "其他",
        "现场",
        "其它",
        "具体",
        "详细",
        "further",
    ]
)
_WORDS = Vocabulary(_IDEAS, _FILLERS)


@dataclass(frozen=True)
class Rule:
    """What a field's heading says: one of `needs` whole, and beside it nothing but `may`."""

    field: Field
    needs: tuple[frozenset[str], ...]
    may: frozenset[str]


def _rule(field: Field, needs: str, may: str = "") -> Rule:
    return Rule(field, tuple(frozenset(one.split("+")) for one in needs.split()), frozenset(may.split()))


#: The first that fits counts.
_RULES = (
    _rule(Field.REASON_NOTE, "cancel+note reason+note", "interview person cancel reason"),
    _rule(Field.REASON, "cancel+reason reason", "interview person attended"),
    _rule(Field.CANCELLED_AT, "cancel+time cancel+date", "interview person time date apply"),
    _rule(Field.CANCELLED_BY, "cancel+by", "interview person"),
    _rule(Field.PHONE_CODE, "region+id region+phone region", "phone id person"),
    _rule(Field.ID_NUMBER, "card", "person id contact"),
    _rule(Field.PHONE, "phone", "person id contact apply"),
    _rule(Field.EMAIL, "email", "person id contact apply"),
    _rule(Field.FIRST_NAME, "first+name", "person"),
    _rule(Field.LAST_NAME, "last+name", "person"),
    _rule(Field.SCHOOL, "school", "name degree person"),
    _rule(Field.POSITION, "position", "name apply hiring interview person planned"),
    _rule(Field.DEPARTMENT, "department", "name hiring position apply"),
    _rule(Field.SOURCE, "source", "person apply resume hiring name"),
    _rule(Field.DEADLINE, "deadline", "interview time date planned"),
    _rule(Field.DURATION, "length", "interview time expected planned"),
    _rule(Field.END, "end", "interview time date expected planned"),
    _rule(Field.START, "start", "interview time date expected planned"),
    _rule(Field.APPLIED_AT, "apply+time apply+date", "resume time date"),
    _rule(
        Field.START,
        "interview+time interview+date planned+time planned+date interview+planned",
        "interview time date planned person",
    ),
    _rule(Field.ATTENDED, "attended", "interview really person"),
    _rule(Field.STATUS, "status", "interview person stage planned now"),
    _rule(Field.CANDIDATE_ID, "person+id", ""),
    _rule(Field.NAME, "name", "person"),
    _rule(Field.NAME, "person+name", "apply"),
)
#: What a word nobody knows takes away, and how sure a heading of known words alone is.
_SURE, _STRANGE = 0.9, 0.11


@dataclass(frozen=True)
class Reading:
    """What a heading's words say: a field and how sure, 0 to 1; `somebody_elses` where it can't be ours."""

    field: Field | None
    sureness: float = 0.0
    somebody_elses: bool = False
    number: int = 0
    words: int = 0
    #: How many of its words nobody knows: 背调状态 is a status of something, but of what?
    strange: int = 0

    @property
    def spelt(self) -> bool:
        """Whether words of it are known and no others are there: then it has no slip of the keys."""
        return self.words > 0 and not self.strange


@lru_cache(maxsize=4096)
def understand(heading: str) -> Reading:
    """Read a heading by its words."""
    ideas, strange, number = _WORDS.read(heading)
    if "other" in ideas or "round" in ideas:
        return Reading(None, somebody_elses=True)
    for rule in _RULES:
        if any(needs <= ideas and ideas - needs <= rule.may for needs in rule.needs):
            sureness = max(0.0, _SURE - _STRANGE * strange)
            return Reading(rule.field, sureness, number=number, words=len(ideas), strange=strange)
    return Reading(None, number=number, words=len(ideas), strange=strange)
