"""How a request was judged, in words: the rule, what it looked at, and what follows if nobody decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from raincheck.cancellations.clocks import foreseen_step
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.policy import FALLBACK, Default, Facts, Rule
from raincheck.cancellations.queries import rules_as_of
from raincheck.cancellations.settling import MISMATCH_LIMIT
from raincheck.console import vocabulary as words
from raincheck.console.rule_words import length
from raincheck.recruiting.models import Interview
from raincheck.web.templatetags.raincheck import clock, day, label

#: With this little time left a clock is shown as pressing.
PRESSING = timedelta(minutes=3)


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
    version: int
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
            text = f"{label(by_code[code])}: {_condition(condition, by_code[code], facts)}"
            passed_over.append(CheckInWords(False, text))
    return Judged(
        rule=rule_name(cancellation.rule, by_code),
        number=next((n for n, rule in enumerate(rules, start=1) if rule.code == cancellation.rule), 0),
        version=cancellation.policy_version,
        outcome=str(words.OUTCOMES[cancellation.outcome]),
        notice=notice_in_words(facts.notice()),
        decisive=tuple(decisive),
        passed_over=tuple(passed_over),
    )


def rule_name(code: str, rules: Mapping[str, Rule]) -> str:
    """Say which rule it was, guards and fallback included."""
    if code in rules:
        return label(rules[code])
    return _("没有符合的规则，默认审核") if code == FALLBACK else _guard(code, ok=False)


def notice_in_words(notice: timedelta) -> str:
    """Say how much notice was given, to the minute."""
    if notice < timedelta():
        return _("时间已过")
    return length(notice - notice % timedelta(minutes=1)) if notice >= timedelta(minutes=1) else length(notice)


def _guard(name: str, *, ok: bool) -> str:
    said = {
        "guard_submitted": (_("面试未提交"), _("面试已提交")),
        "guard_already_cancelled": (_("面试未取消"), _("面试已取消")),
        "guard_past": (_("面试时间未过"), _("面试时间已过")),
    }
    return said[name][0 if ok else 1]


def _condition(condition: str, rule: Rule, facts: Facts) -> str:
    match condition:
        case "initiator":
            return _("由%(who)s发起") % {"who": words.INITIATORS[facts.initiator]}
        case "progress":
            return _("作答进度为%(progress)s") % {"progress": words.PROGRESS[facts.progress_for_rules]}
        case "position_state":
            return _("岗位%(state)s") % {"state": words.POSITION_STATES[facts.position_state]}
        case "cancellations":
            days = rule.cancellations_within_days or 0
            return _("%(days)d天内已取消%(count)d次") % {"days": days, "count": facts.cancellations_within(days)}
        case "notice":
            return _("提前%(length)s") % {"length": notice_in_words(facts.notice())}
        case "department":
            return _("用人部门")
        case _:
            return _("AI面试系统")


@dataclass(frozen=True)
class Clock:
    """A clock a reviewer watches: `percent` is what is left of it, `outlook` what follows if nobody decides."""

    due_at: datetime
    percent: int
    left: str
    left_in_words: str
    urgent: bool
    outlook: str


def clock_of(cancellation: Cancellation, interview: Interview, now: datetime) -> Clock | None:
    """Return the clock of what waits for a person; None where nothing does."""
    waits = cancellation.state == State.IN_REVIEW or cancellation.mismatch
    if cancellation.due_at is None or not waits:
        return None
    began = _began(cancellation, cancellation.due_at)
    left = max(cancellation.due_at - now, timedelta())
    whole = max(cancellation.due_at - began, timedelta(seconds=1))
    return Clock(
        due_at=cancellation.due_at,
        percent=min(100, round(100 * (left / whole))),
        left=_short(left),
        left_in_words=length(left - left % timedelta(seconds=1)),
        urgent=left <= PRESSING,
        outlook=_outlook(cancellation, interview, now),
    )


def _began(cancellation: Cancellation, due_at: datetime) -> datetime:
    if cancellation.mismatch:
        return due_at - MISMATCH_LIMIT
    return cancellation.escalated_at or cancellation.requested_at


def _short(left: timedelta) -> str:
    """Say what is left, short enough to stand within a ring: 14分."""
    seconds = int(left.total_seconds())
    for size, said in (
        (86400, pgettext("ring", "%(n)d天")),
        (3600, pgettext("ring", "%(n)d时")),
        (60, pgettext("ring", "%(n)d分")),
    ):
        if seconds >= size:
            return said % {"n": seconds // size}
    return pgettext("ring", "%(n)d秒") % {"n": seconds}


def _outlook(cancellation: Cancellation, interview: Interview, now: datetime) -> str:
    """Say what happens if nobody decides, and when."""
    due = said_at(cancellation.due_at or now, now)
    step = foreseen_step(cancellation, interview)
    if step is None:
        return _("%(time)s前未决定则取消照常完成") % {"time": due}
    if step != Default.ESCALATE or cancellation.review is None or cancellation.final_due_at is None:
        return _("%(time)s前未决定则%(then)s") % {"time": due, "then": words.DEFAULTS[step]}
    said = {
        "time": due,
        "final": said_at(cancellation.final_due_at, now),
        "then": words.DEFAULTS[cancellation.review["finally_"]],
    }
    return _("%(time)s前未决定则升级给HR经理；%(final)s仍未决定则%(then)s") % said


def said_at(instant: datetime, now: datetime) -> str:
    """Say an instant in the viewer's zone, with its day unless that is today."""
    today = localtime(instant).date() == localtime(now).date()
    return clock(instant) if today else f"{day(instant)} {clock(instant)}"
