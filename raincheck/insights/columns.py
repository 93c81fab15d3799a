"""The columns of an export: what stands over them, where it comes from, and of what kind it is."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from raincheck.accounts.abilities import Ability, reach
from raincheck.core.actor import Actor


class Kind(StrEnum):
    """What a column holds. An instant is said in the reader's zone, UTC as text to the microsecond."""

    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"
    UTC = "utc"


@dataclass(frozen=True)
class Column:
    """One column; `field` is the row's attribute, `width` in characters."""

    heading: str
    field: str
    kind: Kind = Kind.TEXT
    width: int = 16


def request_columns(actor: Actor, *, zone: str) -> list[Column]:
    """Return the columns of the cancellations, headed in the active language; notes for those alone who may."""
    reads_notes = reach(actor, Ability.VIEW_REVIEWS) is not None
    columns = [
        Column(_at(_("申请时间"), zone), "at", Kind.INSTANT, 20),
        Column(_at(_("面试开始"), zone), "starts_at", Kind.INSTANT, 20),
        Column(_at(_("面试结束或截止"), zone), "ends_at", Kind.INSTANT, 20),
        Column(_("面试形式"), "kind_name", width=10),
        Column(_("候选人"), "candidate"),
        Column(_("岗位"), "position", width=22),
        Column(_("部门"), "department", width=18),
        Column(_("学校"), "school", width=20),
        Column(_("渠道"), "source", width=14),
        Column(_("发起方"), "initiator", width=10),
        Column(_("发起人"), "asked_by"),
        Column(_("申请途径"), "channel", width=16),
        Column(_("取消原因"), "reason", width=20),
        Column(_("原因代码"), "reason_code", width=18),
        Column(_("归类前的原因"), "recorded_reason", width=20),
        Column(_("补充说明"), "note", width=30),
        Column(_("判定"), "verdict", width=12),
        Column(_("判定规则"), "rule", width=22),
        Column(_("规则版本"), "version", width=10),
        Column(_("审核人"), "reviewer", width=22),
        Column(_at(_("审核时间"), zone), "reviewed_at", Kind.INSTANT, 20),
        Column(_("审核说明"), "review_note", width=30),
        Column(_("结果"), "outcome", width=10),
        Column(_("AI面试系统"), "agreement", width=18),
        Column(_at(_("办结时间"), zone), "ended_at", Kind.INSTANT, 20),
        Column(_("用时（秒）"), "took", Kind.NUMBER, 12),
        Column(_("申请时间（UTC）"), "at", Kind.UTC, 28),
        Column(_("取消申请编号"), "cancellation_id", width=38),
        Column(_("面试编号"), "interview_id", width=38),
    ]
    return [column for column in columns if reads_notes or column.field not in {"note", "review_note"}]


def trail_columns(actor: Actor, *, zone: str) -> list[Column]:
    """Return the columns of the raw trail, headed in the active language."""
    return [
        Column(_at(_("时间"), zone), "at", Kind.INSTANT, 20),
        Column(_("操作"), "action", width=22),
        Column(_("操作代码"), "action_code", width=26),
        Column(_("操作者类型"), "actor_kind", width=14),
        Column(_("操作者"), "actor"),
        Column(_("对象类型"), "subject_type", width=14),
        Column(_("对象编号"), "subject_id", width=38),
        Column(_("面试编号"), "interview_id", width=38),
        Column(_("取消申请编号"), "cancellation_id", width=38),
        Column(_("请求编号"), "request_id", width=36),
        Column(_("记录内容"), "facts", width=60),
        Column(_("时间（UTC）"), "at", Kind.UTC, 28),
        Column(_("记录编号"), "id", width=38),
    ]


def sight_columns(actor: Actor, *, zone: str) -> list[Column]:
    """Return the columns of who saw what, headed in the active language."""
    return [
        Column(_at(_("时间"), zone), "at", Kind.INSTANT, 20),
        Column(_("操作者"), "actor"),
        Column(_("操作者类型"), "actor_kind", width=14),
        Column(_("操作"), "action", width=22),
        Column(_("候选人"), "candidate"),
        Column(_("看到的内容"), "what", width=30),
        Column(_("候选人编号"), "candidate_id", width=38),
        Column(_("请求编号"), "request_id", width=36),
        Column(_("时间（UTC）"), "at", Kind.UTC, 28),
        Column(_("记录编号"), "id", width=38),
    ]


def _at(heading: str, zone: str) -> str:
    """Name the zone a column's times are said in."""
    return f"{heading} ({zone})"
