"""What the words of a message may speak of: each variable by name, and which a template has and can't do without.

The facts behind them are what `fanout.py` gathers; a test lives through every event and finds them all.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Variable:
    """One variable: what it stands for, and plainly fictional facts to show it with."""

    label: Promise
    example: Any


def _both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


_TIMES = {
    "kind": "slot",
    "precision": "minute",
    "starts_at": "2030-03-11T06:30:00+00:00",
    "ends_at": "2030-03-11T07:10:00+00:00",
}

VARIABLES: dict[str, Variable] = {
    "company": Variable(_("企业名称"), _both("示例企业", "Sample Company")),
    "candidate": Variable(_("候选人姓名"), _both("示例候选人", "Sample Candidate")),
    "position": Variable(_("岗位名称"), _both("示例岗位", "Sample Position")),
    "when": Variable(_("面试时间（按收件人的时区）"), _TIMES),
    "before": Variable(
        _("改期前的时间"),
        {**_TIMES, "starts_at": "2030-03-10T06:30:00+00:00", "ends_at": "2030-03-10T07:10:00+00:00"},
    ),
    "link": Variable(_("详情页链接"), "https://raincheck.example/interviews/sample/"),
    "contact": Variable(_("联系人与电话"), _both("示例HR 010-00000000", "Sample HR 010-00000000")),
    "reason": Variable(_("取消原因"), _both("时间冲突", "Schedule conflict")),
    "initiator": Variable(_("取消的发起方"), _both("候选人", "the candidate")),
    "decision": Variable(_("审核说明"), _both("示例说明", "A sample note")),
    "due": Variable(_("处理期限"), {"instant": "2030-03-10T06:45:00+00:00"}),
    "link_note": Variable(
        _("原面试链接是否还有效的提示；没有链接时为空"),
        _both("原面试链接已作废，请勿使用。", "The interview link is no longer valid; please don't use it."),
    ),
    "pool_note": Variable(
        _("人才库告知；只对同意留存简历的候选人出现，自带空行"),
        _both(
            "\n\n您的简历已存入我司人才库，未来有合适岗位将优先推荐。",
            "\n\nYour CV is in our talent pool, as you agreed; we will think of you first when a position fits.",
        ),
    ),
    "left": Variable(_("距离面试还有多久"), _both("24小时", "24 hours")),
    "task": Variable(_("待办名称"), _both("通知未能送达", "A message reached nobody")),
    "about": Variable(_("待办所指"), _both("示例候选人 · 示例岗位", "Sample Candidate · Sample Position")),
    "count": Variable(_("场数"), 2),
    "colleague": Variable(_("离职同事的姓名"), _both("示例同事", "Sample Colleague")),
    "positions": Variable(_("接手的岗位数"), 1),
    "tasks": Variable(_("接手的待办数"), 3),
    "list": Variable(
        _("每场面试一行：候选人与时间"),
        [{"who": "示例候选人甲", **_TIMES}, {"who": "示例候选人乙", **_TIMES}],
    ),
}


@dataclass(frozen=True)
class Speech:
    """What one template may speak of, and what its mail and its SMS must."""

    may: tuple[str, ...]
    body: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()


_BOOKED = ("company", "candidate", "position", "when", "link", "contact")
_ASKED = (*_BOOKED, "reason", "initiator")
#: Nothing personal: whoever reads it by chance learns nothing.
_OWN_DATA = ("company", "link", "contact")
_CLOCKED = (*_ASKED, "due")
_ENDED = (*_ASKED, "link_note", "pool_note")

SPEECHES: dict[str, Speech] = {
    "candidate_scheduled": Speech(_BOOKED, ("when", "link"), ("when", "link")),
    "candidate_rebooked": Speech(_BOOKED, ("when", "link"), ("when", "link")),
    "candidate_rescheduled": Speech((*_BOOKED, "before"), ("when", "link"), ("when",)),
    "candidate_reminder": Speech((*_BOOKED, "left"), ("when", "link"), ("when", "link")),
    "candidate_asked": Speech(_ASKED, ("position",)),
    "candidate_in_review": Speech(_CLOCKED, ("position",)),
    "candidate_begun": Speech(_CLOCKED, ("due",), ("due",)),
    "candidate_cancelled": Speech(_ENDED, ("position", "contact", "link_note", "pool_note")),
    "candidate_cancelled_by_company": Speech(_ENDED, ("position", "contact", "link_note", "pool_note")),
    "candidate_rejected": Speech((*_ASKED, "decision"), ("when", "contact"), ("when",)),
    "candidate_submitted": Speech(_ASKED, ("position", "contact")),
    "candidate_withdrawn": Speech(_ASKED, ("position", "when")),
    "candidate_copy_ready": Speech(_OWN_DATA, ("link",), ("link",)),
    "candidate_data_declined": Speech(_OWN_DATA, ("link", "contact"), ("link",)),
    "candidate_erasing": Speech(("company", "contact"), ("company", "contact"), ("company",)),
    "candidate_erasure_put_off": Speech(_OWN_DATA, ("link", "contact"), ("link",)),
    "staff_scheduled": Speech(_BOOKED, ("candidate", "when", "link")),
    "staff_rebooked": Speech(_BOOKED, ("candidate", "when", "link")),
    "staff_rescheduled": Speech((*_BOOKED, "before"), ("candidate", "when", "link")),
    "staff_reminder": Speech((*_BOOKED, "left"), ("candidate", "when", "link")),
    "staff_review_needed": Speech(_CLOCKED, ("candidate", "due", "link")),
    "staff_begun": Speech(_CLOCKED, ("candidate", "due", "link")),
    "staff_escalated": Speech(_CLOCKED, ("candidate", "due", "link")),
    "staff_cancelled": Speech(_ASKED, ("candidate", "when")),
    "department_cancelled": Speech(_ASKED, ("candidate", "when")),
    "department_stands": Speech(_ASKED, ("candidate", "when")),
    "hr_cancelled": Speech(_ASKED, ("candidate", "link")),
    "staff_rejected": Speech((*_ASKED, "decision"), ("candidate", "when")),
    "staff_withdrawn": Speech(_ASKED, ("candidate", "when")),
    "staff_digest_cancelled": Speech(
        ("company", "position", "count", "list", "initiator", "reason", "link"), ("position", "list")
    ),
    "staff_handed_over": Speech(
        ("company", "colleague", "count", "positions", "tasks", "link"), ("colleague", "count", "link")
    ),
    "staff_task": Speech(("company", "task", "about", "link"), ("task", "link")),
}
