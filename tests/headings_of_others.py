"""Lists as other people head them: a second hand's, written without a look at the words the product knows headings by.

Recruiters' English, a database's columns, camel case, two languages in a heading, forms, traditional Chinese, Spanish.
They are kept in the order they were written in and shuffled when they are measured. Everybody in here is made up.
"""

import random

from tests.headings import VALUES, Maker, moment, name, phone

#: Each list: heading, and the field that it truly is, or whose it is instead.
LISTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("Talent Name", "name"),
        ("Mobile #", "phone"),
        ("Mail ID", "email"),
        ("Alma mater", "school"),
        ("BU", "department"),
        ("JD title", "position"),
        ("Slot (start)", "start"),
        ("Slot (finish)", "end"),
        ("Outcome", "status"),
        ("Panelist", "interviewers"),
        ("Panelist mobile", "their phone"),
        ("Remarks", "remark"),
    ),
    (
        ("求职者", "name"),
        ("联系手机", "phone"),
        ("电子邮件地址", "email"),
        ("最高学历院校", "school"),
        ("归属部门", "department"),
        ("意向岗位", "position"),
        ("简历来源渠道", "source"),
        ("AI面试开始", "start"),
        ("AI面试结束", "end"),
        ("当前状态", "status"),
        ("取消缘由", "reason"),
        ("录入人", "their name"),
        ("录入时间", "their time"),
    ),
    (
        ("应聘者Name", "name"),
        ("Tel电话", "phone"),
        ("邮箱Email", "email"),
        ("Univ. 学校", "school"),
        ("Dept 部门", "department"),
        ("Job 职位", "position"),
        ("Interview 时间", "start"),
        ("Status状态", "status"),
        ("Cancel reason 原因", "reason"),
        ("Interviewer 面试官", "interviewers"),
        ("Note 备注", "remark"),
    ),
    (
        ("cand_nm", "name"),
        ("cand_mob", "phone"),
        ("cand_eml", "email"),
        ("req_title", "position"),
        ("org_unit", "department"),
        ("intv_start_dttm", "start"),
        ("intv_end_dttm", "end"),
        ("intv_sts", "status"),
        ("crt_dttm", "their time"),
        ("upd_by", "their name"),
    ),
    (
        ("Nombre", "name"),
        ("Teléfono", "phone"),
        ("Correo", "email"),
        ("Puesto", "position"),
        ("Fecha de entrevista", "start"),
        ("Estado", "status"),
    ),
    (
        ("候选人姓名（中文）", "name"),
        ("手机（必填）", "phone"),
        ("常用邮箱", "email"),
        ("毕业学校全称", "school"),
        ("拟入职部门", "department"),
        ("应聘职务", "position"),
        ("预约面试日期时间", "start"),
        ("时长(分钟)", "duration"),
        ("是否取消", "remark"),
        ("取消操作时间", "cancelled_at"),
        ("谁取消的", "cancelled_by"),
        ("HR电话", "their phone"),
        ("会议链接", "link"),
        ("测评得分", "number"),
    ),
    (
        ("Full legal name", "name"),
        ("Primary phone", "phone"),
        ("Personal email", "email"),
        ("Applied role", "position"),
        ("Hiring team", "department"),
        ("Interview scheduled for", "start"),
        ("Ends", "end"),
        ("Stage status", "status"),
        ("Sourced via", "source"),
        ("Application date", "applied_at"),
        ("Recruiter", "their name"),
        ("Recruiter email", "their mail"),
        ("Zoom link", "link"),
        ("Score", "score_100"),
    ),
    (
        ("姓 名", "name"),
        ("移动电话", "phone"),
        ("E-Mail", "email"),
        ("报考岗位", "position"),
        ("用工部门", "department"),
        ("面谈时间", "start"),
        ("到场情况", "attended"),
        ("放弃原因", "reason"),
        ("推荐人", "their name"),
        ("推荐人电话", "their phone"),
        ("登记日期", "their time"),
    ),
    (
        ("candidateFullName", "name"),
        ("candidatePhoneNumber", "phone"),
        ("candidateEmailAddress", "email"),
        ("jobOpeningTitle", "position"),
        ("departmentName", "department"),
        ("interviewStartDateTime", "start"),
        ("interviewEndDateTime", "end"),
        ("interviewStatus", "status"),
        ("cancellationReason", "reason"),
        ("cancelledAt", "cancelled_at"),
        ("cancelledBy", "cancelled_by"),
        ("createdAt", "their time"),
        ("interviewerFullName", "interviewers"),
    ),
    (
        ("人选", "name"),
        ("手机号码/微信", "phone"),
        ("投递职位", "position"),
        ("一面时间", "start"),
        ("进展", "status"),
        ("顾问", "their name"),
        ("客户公司", "remark"),
    ),
    (
        ("Applicant", "name"),
        ("Contact no", "phone"),
        ("Email addr.", "email"),
        ("College/University", "school"),
        ("Vacancy", "position"),
        ("Interview on", "start"),
        ("Result", "status"),
        ("Ref. source", "source"),
        ("HR SPOC", "their name"),
        ("HR SPOC contact", "their phone"),
    ),
    (
        ("候選人", "name"),
        ("手機號碼", "phone"),
        ("電子郵件", "email"),
        ("畢業學校", "school"),
        ("應徵職位", "position"),
        ("面試時間", "start"),
        ("狀態", "status"),
        ("取消原因", "reason"),
        ("面試官", "interviewers"),
    ),
)
_MORE: dict[str, Maker] = {
    "attended": lambda dice: dice.choice(("是", "否")),
    "cancelled_at": moment,
    "cancelled_by": lambda dice: dice.choice(("候选人", "HR", "公司")),
    "applied_at": moment,
    "interviewers": name,
    "link": lambda dice: f"https://meet.example.com/{dice.randrange(10**6)}",
    "score_100": lambda dice: str(dice.randrange(40, 100)),
}
_NOBODYS: dict[str, Maker] = {
    "their name": name,
    "their phone": phone,
    "their time": moment,
    "their mail": VALUES["email"],
    "remark": lambda dice: dice.choice(["需二面", "ok", ""]),
    "number": lambda dice: str(dice.randrange(40, 100)),
}


def others(seed: int, *, rows: int = 60) -> list[tuple[list[list[str]], list[str | None]]]:
    """Return (table with its heading row, true field of each column or None), the columns of each list shuffled."""
    dice = random.Random(seed)
    return [table_of(dice, dice.sample(columns, len(columns)), rows, {}) for columns in LISTS]


def table_of(
    dice: random.Random, columns: list[tuple[str, str]], rows: int, more: dict[str, Maker]
) -> tuple[list[list[str]], list[str | None]]:
    """Return one list with so many made-up rows; `more` makes values of what only it has."""
    made = {**VALUES, **_MORE, **_NOBODYS, **more}
    table = [[heading for heading, _ in columns]]
    table += [[made[what](dice) for _, what in columns] for _ in range(rows)]
    nobodys = {*_NOBODYS, *(what for what in more if what.startswith("their"))}
    return table, [None if what in nobodys else what for _, what in columns]
