"""The two companies of the demo, as plain facts. Everybody in here is made up, and says so."""

import uuid
from dataclasses import dataclass

from raincheck.core.actor import Role

#: The one password of every member of staff in the demo; printed at every start.
PASSWORD = "raincheck-demo"  # noqa: S105 (meant to be known)
_FIRST_PHONE = 13_800_000_000
_NAMESPACE = uuid.UUID("6f1e2a1c-6d0a-4f0e-9d6e-7a1f6a0c7d11")


@dataclass(frozen=True)
class Department:
    """用人部门 and its positions, as (title, state)."""

    name: str
    positions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Person:
    """One member of staff; a department viewer looks at the first department."""

    login: str
    name: str
    role: Role


@dataclass(frozen=True)
class Company:
    """One 示例企业. Its candidates have the phone numbers from `first_number` on."""

    slug: str
    name: str
    contact_phone: str
    departments: tuple[Department, ...]
    staff: tuple[Person, ...]
    candidates: int
    english: int
    interviews: int
    first_number: int
    seed: int

    @property
    def id(self) -> uuid.UUID:
        """Always the same, so that the AI interview system's webhooks have an address before anything is loaded."""
        return uuid.uuid5(_NAMESPACE, self.slug)

    @property
    def account_id(self) -> uuid.UUID:
        """The company's account at its AI interview system; likewise."""
        return uuid.uuid5(self.id, "vendor")

    def phone(self, place: int) -> str:
        """Return a candidate's number by their place in the company, from 0: +86 138 0000 0001 and up."""
        return f"+86{_FIRST_PHONE + self.first_number + place}"

    def email(self, person: Person) -> str:
        """Return the address a member of staff signs in with."""
        return f"{person.login}@{self.slug}.example.com"


def _staff(interviewers: int) -> tuple[Person, ...]:
    panel = "甲乙丙丁戊己庚辛"[:interviewers]
    return (
        Person("admin", "示例管理员", Role.COMPANY_ADMIN),
        Person("hr", "示例HR经理", Role.HR_MANAGER),
        Person("recruiter", "示例招聘专员", Role.RECRUITER),
        Person("department", "示例部门负责人", Role.DEPARTMENT_VIEWER),
        Person("auditor", "示例审计员", Role.AUDITOR),
        *(
            Person(f"interviewer{place}", f"示例面试官{mark}", Role.INTERVIEWER)
            for place, mark in enumerate(panel, 1)
        ),
    )


YUNFAN = Company(
    slug="yunfan",
    name="云帆科技（示例企业）",
    contact_phone="010-0000-0000",
    departments=(
        Department(
            "数据平台部",
            (
                ("数据分析师", "open"),
                ("数据工程师", "open"),
                ("算法工程师", "open"),
                ("数据治理专员", "frozen"),
            ),
        ),
        Department(
            "研发中心",
            (
                ("后端工程师", "open"),
                ("前端工程师", "open"),
                ("测试开发工程师", "open"),
                ("客户端工程师", "closed"),
            ),
        ),
        Department("产品设计部", (("产品经理", "open"), ("交互设计师", "open"), ("用户研究员", "frozen"))),
        Department("市场增长部", (("市场运营", "open"), ("内容策划", "open"))),
    ),
    staff=_staff(interviewers=6),
    candidates=120,
    english=0,
    interviews=180,
    first_number=1,
    seed=20,
)
QINGSHAN = Company(
    slug="qingshan",
    name="青山制造（示例企业）",
    contact_phone="021-0000-0000",
    departments=(
        Department(
            "智能制造部", (("工艺工程师", "open"), ("自动化工程师", "open"), ("设备工程师", "frozen"))
        ),
        Department("供应链部", (("供应链管培生", "open"), ("采购专员", "open"), ("仓储主管", "closed"))),
        Department("海外业务部", (("海外销售", "open"), ("Customer Success Manager", "open"))),
    ),
    staff=_staff(interviewers=4),
    candidates=80,
    english=24,
    interviews=120,
    first_number=121,
    seed=40,
)
COMPANIES = (YUNFAN, QINGSHAN)
