"""Words for the codes an auditor meets, on the page and in a file alike."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from raincheck.cancellations.models import State
from raincheck.cancellations.policy import FALLBACK, IMPORTED, Outcome, Rule
from raincheck.core.actor import ActorKind

REFUSED, ROLLED_BACK = "refused", "rolled_back"
#: How a request ended, or stands. A refused one has no row and so no state of its own; nor has one that an import
#: brought and that was rolled back with it.
OUTCOMES: dict[str, str | Promise] = {
    **dict(State.choices),
    REFUSED: gettext_lazy("未受理"),
    ROLLED_BACK: gettext_lazy("已回滚"),
}
INITIATORS: dict[str, Promise] = {
    ActorKind.CANDIDATE: gettext_lazy("候选人"),
    ActorKind.STAFF: gettext_lazy("HR"),
    ActorKind.COMPANY_RULE: gettext_lazy("企业"),
    ActorKind.INTEGRATION: gettext_lazy("系统集成"),
}
ACTORS: dict[str, Promise] = {
    ActorKind.CANDIDATE: gettext_lazy("候选人"),
    ActorKind.STAFF: gettext_lazy("员工"),
    ActorKind.COMPANY_RULE: gettext_lazy("企业规则"),
    ActorKind.VENDOR: gettext_lazy("AI面试系统"),
    ActorKind.SYSTEM: gettext_lazy("系统"),
    ActorKind.INTEGRATION: gettext_lazy("系统集成"),
}
VERDICTS: dict[str, Promise] = {
    Outcome.AUTO: gettext_lazy("自动通过"),
    Outcome.REVIEW: gettext_lazy("HR审核"),
    Outcome.REFUSE: gettext_lazy("不予受理"),
}
CHANNELS: dict[str, Promise] = {
    "portal": gettext_lazy("候选人自助页面"),
    "console": gettext_lazy("工作台"),
    "freeze": gettext_lazy("岗位冻结"),
    "api": gettext_lazy("接口"),
    "import": gettext_lazy("文件导入"),
}
RULE, SYSTEM, CANDIDATE, WAITING = "rule", "system", "candidate", "waiting"
#: Who decided where no member of staff did.
REVIEWERS: dict[str, Promise] = {
    RULE: gettext_lazy("规则直接判定"),
    SYSTEM: gettext_lazy("系统按规则（无人审核）"),
    CANDIDATE: gettext_lazy("候选人撤回"),
    WAITING: pgettext_lazy("reviewer", "等待审核"),
}
_GUARDS: dict[str, Promise] = {
    "guard_submitted": gettext_lazy("面试已提交"),
    "guard_already_cancelled": gettext_lazy("面试已取消"),
    "guard_past": gettext_lazy("面试时间已过"),
}


def label(row: Any) -> str:
    """Return a row's words in the reader's language, for rows that hold both."""
    chinese = (get_language() or "zh-hans").startswith("zh")
    return str(row.label_zh if chinese else row.label_en)


def rule_name(code: str, rules: Mapping[str, Rule]) -> str:
    """Say which rule it was, guards and fallback included; a code nobody knows any more is said as it is."""
    if code in rules:
        return label(rules[code])
    if code == IMPORTED:
        return _("在原系统中取消")
    return _("没有符合的规则，默认审核") if code == FALLBACK else str(_GUARDS.get(code, code))


def version_name(version: int) -> str:
    """Name a version of the rules; version 0 is what holds before any were saved."""
    return f"v{version}" if version else _("内置版本")
