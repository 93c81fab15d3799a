"""What the demo says when it is ready: where to go, as whom, and what to click."""

import unicodedata
from collections.abc import Iterable, Mapping

from raincheck.core.actor import Role
from raincheck.demo.companies import COMPANIES, PASSWORD, Company

_ROLES = {
    Role.COMPANY_ADMIN: "企业管理员 company admin",
    Role.HR_MANAGER: "HR经理 HR manager",
    Role.RECRUITER: "招聘专员 recruiter",
    Role.DEPARTMENT_VIEWER: "用人部门 department viewer",
    Role.AUDITOR: "审计员 auditor",
    Role.INTERVIEWER: "面试官 interviewer",
}
_WIDTH = 34
_CLICKS = (
    "打开候选人页面，用上面的手机号登录；验证码在“演示手机”里。",
    "Open the candidate page, sign in with the phone number above; the code is on the demo phone.",
    "选4天后的面试 → 取消这场面试 → 选原因 → 提交：几秒内变为“已取消”，短信与邮件随即送达。",
    "Choose the interview in 4 days, cancel it in three steps: it is off within seconds, everyone is told.",
    "再取消7小时后的那场：不足12小时，需HR审核。用HR经理登录控制台，在“待审核”里处理。",
    "Then the one in 7 hours: under 12 hours HR decides. Sign in to the console as HR manager.",
    "在AI面试系统页面可打开故障开关（慢、500、断连），再取消一次看看。",
    "On the AI interview system's page switch a fault on, cancel again, and watch.",
    "命令行走一遍：raincheck walkthrough / the same over plain HTTP: raincheck walkthrough",
)


def welcome(addresses: Mapping[str, str]) -> str:
    """Return the text, in both languages, ending in a line break. `addresses` is what the demo published."""
    lines = ["", "Raincheck 演示已就绪，按 Ctrl-C 停止。 / The demo is ready; Ctrl-C stops it.", ""]
    lines += _rows(_places(addresses))
    for company in COMPANIES:
        lines += ["", f"{company.name}"]
        lines += _rows(_sign_ins(company))
    lines += ["", f"员工密码 / staff password: {PASSWORD}", "", "试一试 / try this"]
    lines += [f"  {line}" for line in _CLICKS]
    return "\n".join([*lines, "", ""])


def _places(addresses: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for company in COMPANIES:
        yield f"候选人 candidates · {company.slug}", addresses[f"portal-{company.slug}"]
    yield "控制台 console", addresses["console"]
    yield "演示手机 demo phones", addresses["phone"]
    yield "演示邮箱 demo mailbox", addresses["mail"]
    for company in COMPANIES:
        yield f"AI面试系统 vendor · {company.slug}", addresses[f"vendor-{company.slug}"]


def _sign_ins(company: Company) -> Iterable[tuple[str, str]]:
    yield "候选人 candidate", _spaced(company.phone(0))
    first = {person.role: person for person in reversed(company.staff)}
    for role, label in _ROLES.items():
        yield label, company.email(first[role])


def _spaced(phone: str) -> str:
    return f"{phone[:3]} {phone[3:6]} {phone[6:10]} {phone[10:]}"


def _rows(pairs: Iterable[tuple[str, str]]) -> Iterable[str]:
    for label, value in pairs:
        # A Chinese character takes two columns.
        columns = sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in label)
        yield f"  {label}{' ' * max(1, _WIDTH - columns)}{value}"
