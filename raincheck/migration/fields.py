"""What a column can be, and the headings by which it is known; the first heading of a field is its best."""

import re
import unicodedata
from enum import StrEnum

from raincheck.migration.words import Words


class Field(StrEnum):
    """What the product can use of a row. Everything else is kept with the row, sealed."""

    NAME = "name"
    NAME_AND_ID = "name_and_id"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    CANDIDATE_ID = "candidate_id"
    PHONE = "phone"
    PHONE_CODE = "phone_code"
    EMAIL = "email"
    ID_NUMBER = "id_number"
    SCHOOL = "school"
    DEPARTMENT = "department"
    POSITION = "position"
    SOURCE = "source"
    START = "start"
    TIME = "time"
    HALF = "half"
    END = "end"
    DURATION = "duration"
    DEADLINE = "deadline"
    STATUS = "status"
    ATTENDED = "attended"
    REASON = "reason"
    REASON_NOTE = "reason_note"
    CANCELLED_AT = "cancelled_at"
    CANCELLED_BY = "cancelled_by"
    APPLIED_AT = "applied_at"
    STAGE = "stage"
    HEADLINE = "headline"
    POSITION_STATE = "position_state"
    OWNER = "owner"
    OUTCOME = "outcome"
    VENDOR = "vendor"
    VENDOR_REF = "vendor_ref"
    INTERVIEWERS = "interviewers"
    LINK = "link"
    SCORE = "score"
    SCORE_5 = "score_5"
    SCORE_10 = "score_10"
    SCORE_100 = "score_100"


#: What no list of interviews has (`kinds/`).
OF_OTHER_KINDS = frozenset({Field.STAGE, Field.HEADLINE, Field.POSITION_STATE, Field.OWNER, Field.OUTCOME})
WORDS: dict[Field, Words] = {
    Field.NAME: Words("姓名", "name"),
    Field.NAME_AND_ID: Words("姓名兼编号", "name, which is the candidate's id"),
    Field.FIRST_NAME: Words("名", "first name"),
    Field.LAST_NAME: Words("姓", "last name"),
    Field.CANDIDATE_ID: Words("候选人编号", "candidate id"),
    Field.PHONE: Words("手机号", "phone"),
    Field.PHONE_CODE: Words("区号", "country code"),
    Field.EMAIL: Words("邮箱", "e-mail"),
    Field.ID_NUMBER: Words("证件号", "ID number"),
    Field.SCHOOL: Words("学校", "school"),
    Field.DEPARTMENT: Words("用人部门", "department"),
    Field.POSITION: Words("岗位", "position"),
    Field.SOURCE: Words("渠道", "source"),
    Field.START: Words("面试时间", "interview date or time"),
    Field.TIME: Words("时刻", "time of day"),
    Field.HALF: Words("上午/下午", "half of the day"),
    Field.END: Words("结束时间", "end"),
    Field.DURATION: Words("时长", "duration"),
    Field.DEADLINE: Words("截止时间", "deadline"),
    Field.STATUS: Words("状态", "status"),
    Field.ATTENDED: Words("是否到场", "attended"),
    Field.REASON: Words("取消原因", "reason of the cancellation"),
    Field.REASON_NOTE: Words("取消说明", "note on the cancellation"),
    Field.CANCELLED_AT: Words("取消时间", "cancelled at"),
    Field.CANCELLED_BY: Words("取消方", "cancelled by"),
    Field.APPLIED_AT: Words("投递时间", "applied at"),
    Field.STAGE: Words("投递状态", "where the application stands"),
    Field.HEADLINE: Words("一行简历", "CV in one line"),
    Field.POSITION_STATE: Words("岗位状态", "state of the position"),
    Field.OWNER: Words("岗位负责人", "owner of the position"),
    Field.OUTCOME: Words("取消结果", "what became of the request"),
    Field.VENDOR: Words("AI面试系统", "AI interview system"),
    Field.VENDOR_REF: Words("AI面试系统编号", "the AI interview system's reference"),
    Field.INTERVIEWERS: Words("面试官", "interviewers"),
    Field.LINK: Words("面试链接", "interview link"),
    Field.SCORE: Words(
        "分数（满分写在标题或分数里）", "score (its full marks stand beside it or in the heading)"
    ),
    Field.SCORE_5: Words("分数（满分5分）", "score of 5"),
    Field.SCORE_10: Words("分数（满分10分）", "score of 10"),
    Field.SCORE_100: Words("分数（满分100分）", "score of 100"),
}
#: Scores, by their full marks; None where heading or cell must say them.
FULL_MARKS: dict[Field, int | None] = {
    Field.SCORE: None,
    Field.SCORE_5: 5,
    Field.SCORE_10: 10,
    Field.SCORE_100: 100,
}
#: What lies beside an interview: what is wrong with it never costs the interview.
BESIDE = frozenset({Field.INTERVIEWERS, Field.LINK, *FULL_MARKS})
#: Of these a row may have several columns.
REPEATED = BESIDE - {Field.LINK}
#: Cells of these are how a person is reached: shown on no terminal, kept only sealed.
PERSONAL = frozenset({Field.PHONE, Field.PHONE_CODE, Field.EMAIL, Field.ID_NUMBER})
DATES = (Field.START, Field.END, Field.DEADLINE, Field.CANCELLED_AT, Field.APPLIED_AT)

_HEADINGS: dict[Field, str] = {
    Field.NAME: "姓名|候选人姓名|应聘者姓名|应聘人姓名|面试者姓名|候选人|应聘者|应聘人|面试者|求职者|人选|应征者|名字|candidate name|name|"
    "full name|candidate full name|applicant name|applicant|candidate|interviewee|cand|投递人|全名",
    Field.NAME_AND_ID: "name(cand id)|name(candidate id)|name (cand. id)|candidate name/id|姓名(编号)|姓名（候选人编号）",
    Field.FIRST_NAME: "first name|given name|forename|given names|first names|名",
    Field.LAST_NAME: "last name|surname|family name|姓|姓氏",
    Field.CANDIDATE_ID: "候选人编号|候选人ID|应聘者编号|人员编号|candidate id|cand id|unique_id|candidate number|"
    "candidate no|applicant id|candidate_external_id|external_id|外部编号",
    Field.PHONE: "手机号|手机号码|手机|联系电话|电话号码|电话|联系方式|移动电话|行动电话|候选人手机|mobile|mobile number|mobile phone|"
    "phone|phone number|phone_number|candidate phone|cell|cell phone|contact number|contact no|telephone|tel|"
    "contact_mobile",
    Field.PHONE_CODE: "区号|国家代码|国家区号|国际区号|country code|mobile_country_code|phone code|contact.phone.code|dial code",
    Field.EMAIL: "邮箱|电子邮箱|电子邮件|邮件|邮箱地址|候选人邮箱|email|e-mail|email address|e-mail address|mail|candidate email",
    Field.ID_NUMBER: "身份证号|身份证号码|身份证|身分证|身分证号|证件号|证件号码|id number|national id|id card|identity number|passport number",
    Field.SCHOOL: "毕业院校|学校|毕业学校|院校|就读院校|最高学历院校|学校名称|高校|大学|school|university|college|school name|"
    "institution|alma mater",
    Field.DEPARTMENT: "用人部门|部门|需求部门|所属部门|招聘部门|部门名称|应聘部门|department|department name|dept|hiring department|"
    "business unit|team",
    Field.POSITION: "应聘职位|应聘岗位|面试岗位|面试职位|岗位|职位|岗位名称|职位名称|招聘岗位|投递岗位|投递职位|应聘方向|求职方向|position to be closed|"
    "position|position name|pos|job title|job|job name|job position|role|vacancy|"
    "applied position|position applied|position applied for|title",
    Field.SOURCE: "渠道|招聘渠道|简历来源|来源渠道|投递渠道|来源|应聘渠道|source|channel|recruitment source|candidate source|application source|how did you hear about us",
    Field.START: "面试开始时间|面试时间|面谈时间|面试日期时间|面试日期|预约时间|预约面试时间|安排时间|计划面试时间|开始时间|interview start|scheduled for|scheduled on|"
    "interview start time|interview datetime|interview date and time|interview date|date of interview|"
    "interview time|"
    "scheduled at|scheduled_at|scheduled time|scheduled date|start time|start_time|begin_time|begin time|"
    "start at|start_at|"
    "start date|starts at|start|date time|datetime|日期时间|日期|date|day|interview day|slot|appointment",
    Field.TIME: "时刻|面试时刻|具体时间|时间段|时段|时间|time|time of day|time slot|timeslot|hour",
    Field.HALF: "上午/下午|上下午|午别|am/pm|half of day",
    Field.END: "面试结束时间|结束时间|完成时间|interview end|interview end time|end time|end_time|end at|end_at|ends at|end date|end|"
    "interview to",
    Field.DURATION: "面试时长|时长|时长(分钟)|面试时长(分钟)|duration|duration (min)|duration (minutes)|duration minutes|length|interview duration",
    Field.DEADLINE: "截止时间|截止日期|面试截止时间|过期时间|邀请过期时间|有效期至|deadline|due|due at|due_at|due date|expiry_date|"
    "expiry date|expires at|invite_expire_time|valid until",
    Field.STATUS: "面试状态|状态|当前状态|面试进度|完成状态|作答状态|答题状态|interview status|status|state|interview state|invite_status",
    Field.ATTENDED: "是否到场|是否出席|是否参加|是否参加面试|到场情况|出席情况|实际到场|observed attendance|attended|attendance|"
    "actual attendance|showed up|show up|turned up|did attend",
    Field.REASON: "取消原因|面试取消原因|取消理由|原因|cancel reason|cancellation reason|reason for cancellation|reason|cancelled reason",
    Field.REASON_NOTE: "取消说明|取消备注|取消原因说明|原因说明|cancellation note|cancel note|reason note",
    Field.CANCELLED_AT: "取消时间|取消日期|cancelled at|canceled at|cancelled_at|canceled_at|cancellation time|cancel time|cancellation date",
    Field.CANCELLED_BY: "取消方|取消人|发起方|取消发起方|取消发起人|cancelled by|canceled by|cancelled_by|canceled_by|initiator|cancellation initiator",
    Field.APPLIED_AT: "投递时间|投递日期|网申时间|网申日期|报名时间|报名日期|应聘时间|应聘日期|申请时间|received on|date received|applied at|applied_at|application date|applied on|date applied|apply time",
}
#: Traditional characters of headings and their words, each with the simplified one they are compared by.
_TRADITIONAL = str.maketrans(
    "聯絡電話號碼機郵畢業學應徵職務稱門單試時間開結狀態備註說預約編證來選區國歷請遞確認進階實參場發訊筆複會錄內薦員"
    "簡經動類別級長終過訪談責負專連繫際關閉當現處審評價個資顧問對饋戶啟調變執棄緣銷無離讀異總裡後從貫須與為該視溝識"
    "語體績團隊協邏輯達創領導鏈頻線遠構緒穩滿術軟綱鑒華觀議臺灣質氣製鐘擔獲報節點濟項廠屬營產師護讓醫",
    "联络电话号码机邮毕业学应征职务称门单试时间开结状态备注说预约编证来选区国历请递确认进阶实参场发讯笔复会录内荐员"
    "简经动类别级长终过访谈责负专连系际关闭当现处审评价个资顾问对馈户启调变执弃缘销无离读异总里后从贯须与为该视沟识"
    "语体绩团队协逻辑达创领导链频线远构绪稳满术软纲鉴华观议台湾质气制钟担获报节点济项厂属营产师护让医",
)
_MARKED = str.maketrans("√✓✔☑×✗✘☒", "是是是是否否否否")
_MARKS = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_LATIN, _CHINESE = re.compile("[a-z]+"), re.compile("[\u3400-\u9fff]+")
_BRACKETS = re.compile(r"[(\[【<].*?[)\]】>]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def key_of(heading: str) -> str:
    """Return a heading as it is compared: letters, digits and Chinese alone, in lower case."""
    return _MARKS.sub("", simplified(heading).casefold())


def simplified(text: str) -> str:
    """Return a text as it is compared: in narrow forms, in simplified characters, ticks and crosses as yes and no."""
    return (
        text
        if text.isascii()
        else unicodedata.normalize("NFKC", text).translate(_TRADITIONAL).translate(_MARKED)
    )


def in_both_scripts(key: str) -> tuple[str, str]:
    """Return the Latin and the Chinese letters of what is compared (`key_of`): what is said twice, once in each."""
    return "".join(_LATIN.findall(key)), "".join(_CHINESE.findall(key))


def apart(heading: str) -> str:
    """Return a heading with the words of its camel case apart: testScore is test Score."""
    return _CAMEL.sub(" ", heading)


def without_brackets(heading: str) -> str:
    """Return a heading without what stands in brackets: 手机号（必填） is 手机号."""
    return _BRACKETS.sub("", unicodedata.normalize("NFKC", heading))


#: Every known heading, compared form → (field, rank within the field, as it is written).
KNOWN: dict[str, tuple[Field, int, str]] = {}
for _field, _line in _HEADINGS.items():
    for _rank, _heading in enumerate(_line.split("|")):
        KNOWN.setdefault(key_of(_heading), (_field, _rank, _heading))
