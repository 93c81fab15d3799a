"""Words for codes that only the console says out loud."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from raincheck.cancellations.models import Agreement
from raincheck.cancellations.policy import Default, Initiator, Outcome
from raincheck.core.actor import ActorKind
from raincheck.insights import words as audit_words
from raincheck.notifications.sayings import in_words
from raincheck.recruiting.models import PositionState, Progress

INITIATORS: dict[str, Promise] = {
    Initiator.CANDIDATE: audit_words.INITIATORS[ActorKind.CANDIDATE],
    Initiator.HR: audit_words.INITIATORS[ActorKind.STAFF],
    Initiator.COMPANY: audit_words.INITIATORS[ActorKind.COMPANY_RULE],
}
ACTORS = audit_words.ACTORS
OUTCOMES = audit_words.VERDICTS
OUTCOME_TONES = {Outcome.AUTO: "ok", Outcome.REVIEW: "info", Outcome.REFUSE: "danger"}
OUTCOME_ICONS = {Outcome.AUTO: "check", Outcome.REVIEW: "state-in_review", Outcome.REFUSE: "ban"}
DEFAULTS: dict[str, Promise] = {
    Default.ESCALATE: _("升级给HR经理"),
    Default.APPROVE: _("自动通过"),
    Default.REJECT: _("自动驳回"),
}
CHANNELS_ASKED_BY = audit_words.CHANNELS
CHANNELS: dict[str, Promise] = {
    "email": _("邮件"),
    "sms": _("短信"),
    "in_app": _("站内消息"),
    "web_push": _("浏览器推送"),
    "app_push": _("App推送"),
    "chat": _("企业聊天工具"),
}
#: Why a channel was passed by, as deliveries note it.
SKIPPED: dict[str, Promise] = {
    "no email": _("未使用：没有邮箱"),
    "no phone": _("未使用：没有手机号"),
    "no point": _("未使用：未绑定设备或账号"),
    "no carrier": _("未使用：企业未开通此渠道"),
    "opted out": _("未使用：本人已退订"),
}
OPERATIONS: dict[str, Promise] = {
    "invite": _("发出邀请"),
    "read": _("查询状态"),
    "cancel": _("取消面试"),
    "reschedule": _("更改时间"),
    "list": _("对账列表"),
    "health": _("测试连接"),
}
CALL_OUTCOMES: dict[str, Promise] = {
    "ok": pgettext_lazy("call", "成功"),
    "already_gone": _("已不存在"),
    "refused": _("被拒绝"),
    "unreachable": _("无响应"),
}
MISMATCHES: dict[str, Promise] = {
    "unknown": _("AI面试系统中没有这场面试"),
    "other_time": _("AI面试系统中的时间与本平台不同"),
    "cancelled_there": _("AI面试系统中已被取消，本平台仍为待面试"),
    "alive_there": _("本平台已取消，AI面试系统中仍然有效"),
    "other_state": _("AI面试系统中的状态与本平台不同"),
    "missing_there": _("AI面试系统中没有这场面试"),
    "missing_here": _("AI面试系统中有本平台没有的面试"),
    "suspicious": _("AI面试系统的面试列表明显不完整；除撤回仍有效的链接外，未作修复"),
}
CANCELS: dict[str, Promise] = {
    "revoke": _("可撤回候选人链接"),
    "archive": _("只能归档，链接是否失效需人工确认"),
    "delete": _("删除面试"),
    "none": _("不能取消，需人工处理"),
}
REFUSALS: dict[str, Promise] = {
    "submitted": _("面试已提交"),
    "already_cancelled": _("面试已取消"),
    "past": _("面试时间已过"),
    "rule": _("规则不允许"),
}
AGREEMENT_TONES = {
    Agreement.NOT_NEEDED: "neutral",
    Agreement.PENDING: "info",
    Agreement.AGREED: "ok",
    Agreement.PERSON: "warn",
    Agreement.CONTRADICTED: "danger",
}
POLICY_NAMES: dict[str, Promise] = {
    "standard": _("标准规则"),
    "strict": _("严格规则"),
    "custom": _("自定义规则"),
}
#: What AI interview systems score, by their codes for it.
DIMENSIONS: dict[str, Promise] = {
    "communication": _("沟通表达"),
    "expertise": _("专业能力"),
    "logic": _("逻辑思维"),
    "fit": _("岗位匹配"),
    "stability": _("稳定性"),
}
PROGRESS: dict[str, str | Promise] = dict(Progress.choices)
POSITION_STATES: dict[str, str | Promise] = dict(PositionState.choices)
#: Reasons the product itself gives for a change of an application.
OWN_REASONS: dict[str, Promise] = {
    "interview_scheduled": _("已安排面试"),
    "interview_submitted": _("面试已提交"),
    "by_hand": _("人工变更"),
    "contradicted_accepted": _("已采纳取消后的作答"),
}


def undelivered(error: str) -> str:
    """Say what a delivery noted, in the reader's language; a carrier's own code stays as it is."""
    return str(SKIPPED[error]) if error in SKIPPED else in_words(error)


def dimension(code: str) -> str:
    """Return what was scored in words where its code is known, else as the AI interview system calls it."""
    return str(DIMENSIONS.get(code.strip().lower(), code))
