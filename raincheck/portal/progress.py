"""How far a request has come, as steps a candidate understands: 已提交 → 审核 → 系统确认 → 完成."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from raincheck.cancellations.models import LIVE, Agreement, Cancellation, State
from raincheck.cancellations.policy import Initiator, Outcome


@dataclass(frozen=True)
class Step:
    """One step. `how` is done, wait (under way), stop (came to nothing) or ahead."""

    how: str
    icon: str
    title: str
    at: datetime | None = None
    note: str = ""

    @property
    def tone(self) -> str:
        """Return the CSS class of its colour."""
        return {"done": "tone-ok", "wait": "event-wait tone-warn", "stop": "tone-danger"}.get(self.how, "")


def steps_of(cancellation: Cancellation, *, vendor: bool) -> tuple[Step, ...]:
    """Return the steps, first to last; `vendor` says whether an AI interview system is involved."""
    steps = [_asked(cancellation), *_judged(cancellation)]
    if cancellation.state in {*LIVE, State.COMPLETED}:
        steps += _vendor(cancellation) if vendor else ()
        steps.append(_finished(cancellation))
    return tuple(steps)


def _asked(cancellation: Cancellation) -> Step:
    own = cancellation.initiator == Initiator.CANDIDATE
    title = _("您提交了取消申请") if own else _("企业发起了取消")
    return Step("done", "check", title, cancellation.requested_at)


def _judged(cancellation: Cancellation) -> Iterator[Step]:
    if cancellation.outcome == Outcome.AUTO:
        if cancellation.initiator == Initiator.CANDIDATE:
            yield Step("done", "rules", _("按取消规则自动通过"), cancellation.requested_at)
    elif cancellation.state == State.IN_REVIEW:
        note = _("已转交HR经理优先处理") if cancellation.escalated_at else ""
        yield Step("wait", "state-in_review", _("等待HR审核"), note=note)
    elif cancellation.state == State.REJECTED:
        yield Step("stop", "state-rejected", _("取消申请未通过"), cancellation.decided_at)
    elif cancellation.state == State.WITHDRAWN:
        yield Step("done", "state-withdrawn", _("您撤回了申请"), cancellation.decided_at)
    else:
        title = _("审核通过") if cancellation.decided_by else _("审核时限已到，按规则通过")
        yield Step("done", "user", title, cancellation.decided_at)


def _vendor(cancellation: Cancellation) -> Iterator[Step]:
    if cancellation.state == State.IN_REVIEW:
        yield Step("ahead", "vendor", _("AI面试系统确认"))
    elif cancellation.mismatch and cancellation.state == State.PROCESSING:
        note = _("AI面试系统的记录需要核对，HR正在处理")
        yield Step("wait", "vendor", _("等待AI面试系统确认"), note=note)
    elif cancellation.state == State.PROCESSING:
        yield Step("wait", "vendor", _("等待AI面试系统确认"))
    elif cancellation.agreement == Agreement.AGREED:
        yield Step("done", "vendor", _("AI面试系统已确认，原链接失效"), cancellation.agreed_at)
    elif cancellation.agreement == Agreement.PENDING:
        yield Step("wait", "vendor", _("AI面试系统确认中"), note=_("请勿使用原面试链接"))
    elif cancellation.agreement == Agreement.PERSON:
        yield Step("wait", "vendor", _("HR正在撤销原链接"), note=_("请勿使用原面试链接"))
    elif cancellation.agreement == Agreement.CONTRADICTED:
        yield Step("wait", "vendor", _("HR正在与AI面试系统核对"), note=_("请勿使用原面试链接"))


def _finished(cancellation: Cancellation) -> Step:
    if cancellation.state == State.COMPLETED:
        return Step("done", "archive", _("面试已取消，记录已归档"), cancellation.completed_at)
    return Step("ahead", "archive", _("完成取消"))
