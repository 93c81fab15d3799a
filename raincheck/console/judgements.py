"""How a request was judged, in words: the rule that decided and what it looked at."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from raincheck.cancellations.models import Cancellation
from raincheck.cancellations.policy import Facts, Rule
from raincheck.cancellations.queries import rules_as_of
from raincheck.console import vocabulary as words
from raincheck.console.rule_words import length
from raincheck.insights.words import rule_name, version_name
from raincheck.web.templatetags.raincheck import label


@dataclass(frozen=True)
class CheckInWords:
    """One thing that was looked at."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Judged:
    """A verdict as frozen at the request: `decisive` led to it, `passed_over` are the rules that didn't match."""

    rule: str
    number: int
    version: str
    outcome: str
    notice: str
    decisive: tuple[CheckInWords, ...]
    passed_over: tuple[CheckInWords, ...]


def judged(cancellation: Cancellation) -> Judged:
    """Say how a request was judged, by the rules and facts as they were then."""
    rules = rules_as_of(cancellation.company_id, cancellation.policy_version)
    facts = Facts.from_json(cancellation.facts)
    by_code = {rule.code: rule for rule in rules}
    decisive, passed_over = [], []
    for check in cancellation.checks:
        code, _dot, condition = check["name"].rpartition(".")
        if not code:
            decisive.append(CheckInWords(check["ok"], _guard(check["name"], ok=check["ok"])))
        elif code == cancellation.rule:
            decisive.append(CheckInWords(check["ok"], _condition(condition, by_code[code], facts)))
        elif not check["ok"]:
            said = {"rule": label(by_code[code]), "seen": _condition(condition, by_code[code], facts)}
            passed_over.append(CheckInWords(False, _("%(rule)s：%(seen)s") % said))
    return Judged(
        rule=rule_name(cancellation.rule, by_code),
        number=next((n for n, rule in enumerate(rules, start=1) if rule.code == cancellation.rule), 0),
        version=version_name(cancellation.policy_version),
        outcome=str(words.OUTCOMES[cancellation.outcome]),
        notice=notice_in_words(facts.notice()),
        decisive=tuple(decisive),
        passed_over=tuple(passed_over),
    )


def notice_in_words(notice: timedelta) -> str:
    """Say how much notice was given, to the minute."""
    if notice < timedelta():
        return _("时间已过")
    minute = timedelta(minutes=1)
    return length(notice - notice % minute if notice >= minute else notice)


def _guard(name: str, *, ok: bool) -> str:
    said = {
        "guard_submitted": (_("面试未提交"), _("面试已提交")),
        "guard_already_cancelled": (_("面试未取消"), _("面试已取消")),
        "guard_past": (_("面试时间未过"), _("面试时间已过")),
    }
    return said[name][0 if ok else 1]


def _condition(condition: str, rule: Rule, facts: Facts) -> str:
    """Say what a condition saw."""
    days = rule.cancellations_within_days or 0
    counts = {"days": days, "count": facts.cancellations_within(days)}
    said = {
        "initiator": _("由%(who)s发起") % {"who": words.INITIATORS[facts.initiator]},
        "progress": _("作答进度为%(progress)s") % {"progress": words.PROGRESS[facts.progress_for_rules]},
        "position_state": _("岗位%(state)s") % {"state": words.POSITION_STATES[facts.position_state]},
        "cancellations": _("%(days)d天内已取消%(count)d次") % counts,
        "notice": _("提前%(length)s") % {"length": notice_in_words(facts.notice())},
        "department": _("用人部门"),
        "vendor": _("AI面试系统"),
    }
    return said[condition]
