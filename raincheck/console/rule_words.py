"""A rule in a sentence: if this, then that, and what happens when nobody decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from raincheck.cancellations.policy import ReviewPlan, Rule
from raincheck.console import vocabulary as words
from raincheck.web.templatetags.raincheck import label


@dataclass(frozen=True)
class RuleInWords:
    """One rule as people read it; `kind` is its outcome's code, `steps` what a review leads to, in order."""

    number: int
    code: str
    kind: str
    label: str
    conditions: tuple[str, ...]
    outcome: str
    tone: str
    icon: str
    steps: tuple[str, ...]


def in_words(rules: Sequence[Rule], names: Mapping[str, str]) -> list[RuleInWords]:
    """Say every rule in order; `names` gives the names of the departments and vendors they mention, by id."""
    return [
        RuleInWords(
            number=number,
            code=rule.code,
            kind=rule.outcome.value,
            label=label(rule),
            conditions=tuple(conditions(rule, names)),
            outcome=str(words.OUTCOMES[rule.outcome]),
            tone=words.OUTCOME_TONES[rule.outcome],
            icon=words.OUTCOME_ICONS[rule.outcome],
            steps=tuple(steps(rule.review)) if rule.review else (),
        )
        for number, rule in enumerate(rules, start=1)
    ]


def conditions(rule: Rule, names: Mapping[str, str]) -> Iterable[str]:
    """Yield each condition a rule sets; a rule without any holds for everything."""
    if rule.initiators is not None:
        yield _("由%(who)s发起") % {"who": _either(rule.initiators, words.INITIATORS)}
    if rule.progress is not None:
        yield _("作答进度为%(progress)s") % {"progress": _either(rule.progress, words.PROGRESS)}
    if rule.position_states is not None:
        yield _("岗位%(state)s") % {"state": _either(rule.position_states, words.POSITION_STATES)}
    if rule.departments is not None:
        yield _("部门为%(names)s") % {"names": _either(rule.departments, names)}
    if rule.vendors is not None:
        yield _("AI面试系统为%(names)s") % {"names": _either(rule.vendors, names)}
    if rule.cancellations_at_least is not None and rule.cancellations_within_days is not None:
        counts = {"days": rule.cancellations_within_days, "count": rule.cancellations_at_least}
        yield _("%(days)d天内已取消%(count)d次或以上") % counts
    if rule.notice_at_least is not None:
        yield _("提前%(length)s或以上") % {"length": length(rule.notice_at_least)}
    if rule.notice_under is not None:
        yield _("提前不足%(length)s") % {"length": length(rule.notice_under)}


def steps(plan: ReviewPlan) -> Iterable[str]:
    """Yield what a review leads to if nobody decides, clock by clock."""
    then = words.DEFAULTS[plan.then]
    yield _("%(length)s内未决定则%(then)s") % {"length": length(plan.first), "then": then}
    if plan.then_outside_hours is not None:
        yield _("非工作时间则%(then)s") % {"then": words.DEFAULTS[plan.then_outside_hours]}
    if "escalate" in {plan.then, plan.then_outside_hours}:
        finally_ = words.DEFAULTS[plan.finally_]
        yield _("再过%(length)s仍未决定则%(then)s") % {"length": length(plan.second), "then": finally_}


def length(time: timedelta) -> str:
    """Say a length of time exactly, in hours, minutes and seconds: 36小时, 1小时30分钟."""
    seconds = int(time.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = []
    if hours:
        parts.append(ngettext("%(n)d小时", "%(n)d小时", hours) % {"n": hours})
    if minutes:
        parts.append(ngettext("%(n)d分钟", "%(n)d分钟", minutes) % {"n": minutes})
    if rest or not seconds:
        parts.append(ngettext("%(n)d秒", "%(n)d秒", rest) % {"n": rest})
    return (" " if get_language() == "en" else "").join(parts)


def _either(codes: Iterable[str], said: Mapping[str, str | Promise]) -> str:
    return _("或").join(str(said.get(code, code)) for code in sorted(codes))
