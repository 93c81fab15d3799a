"""The cancellation rules: as they are in force, and changing them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from raincheck.accounts.abilities import Ability
from raincheck.cancellations.errors import RulesRefused
from raincheck.cancellations.policy import (
    FALLBACK_PLAN,
    PRESETS,
    STANDARD,
    Default,
    Outcome,
    ReviewPlan,
    Rule,
    RuleSetError,
)
from raincheck.cancellations.queries import active_policy, policy_versions
from raincheck.cancellations.rules import save_rules
from raincheck.console import vocabulary as words
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.rule_words import in_words
from raincheck.core.errors import Invalid, RaincheckError
from raincheck.insights.words import version_name
from raincheck.recruiting.queries import visible_departments
from raincheck.vendors.queries import account_names
from raincheck.web.people import Visit, staff_page
from raincheck.web.templatetags.raincheck import label

MOST_HOURS = 168
MOST_MINUTES = 1440
#: What the last clock may lead to: there is nobody left to escalate to.
FINAL = (Default.APPROVE, Default.REJECT)


class OutOfRange(Invalid):
    """A number that a rule can't hold."""

    code = "out_of_range"
    message = gettext_lazy("请填写范围内的整数")


class NoPreset(Invalid):
    """None of the ways to start from was chosen."""

    code = "no_preset"
    message = gettext_lazy("请选择一套规则")


@staff_page(Ability.VIEW_RULES)
@require_GET
def rules(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say the rules in force, in order, and which versions there were."""
    active = active_policy(visit.company.id)
    versions = list(policy_versions(visit.actor))
    context = {
        "rules": in_words(active.rules, _names(visit)),
        "version": version_name(active.version),
        "policy_name": next((_name(v.name) for v in versions if v.active), words.POLICY_NAMES["standard"]),
        "versions": [(version, _name(version.name)) for version in versions],
    }
    return shown(request, visit, "rules.html", context)


def _name(name: str) -> Any:
    return words.POLICY_NAMES.get(name, name)


def _names(visit: Visit) -> dict[str, str]:
    departments = {str(department.id): department.name for department in visible_departments(visit.actor)}
    return departments | {str(id_): name for id_, name in account_names(visit.company.id).items()}


@staff_page(Ability.EDIT_RULES, fresh=True)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose a preset, or set the threshold, the clocks and what they lead to."""
    if request.method == "GET":
        return _editor(request, visit)
    typed = request.POST
    chosen: tuple[Rule, ...] = ()
    with attempt() as tried:
        preset = typed.get("preset", "")
        chosen = custom_rules(typed) if preset == "custom" else PRESETS.get(preset, ())
        if not chosen:
            raise NoPreset(field="preset")
        saved = save_rules(name=preset, rules=chosen, actor=visit.actor, now=visit.now)
    if tried.error is not None:
        return _editor(request, visit, error=tried.error, refused=chosen)
    said = {"version": saved.version}
    messages.success(request, _("规则已保存为 v%(version)d，对新的取消申请立即生效") % said)
    return redirect("console:rules")


def custom_rules(typed: Mapping[str, str]) -> tuple[Rule, ...]:
    """Build a rule set of the presets' shape from what was typed. Raises OutOfRange."""
    hours = _whole(typed, "hours", most=MOST_HOURS)
    plan = ReviewPlan(
        first=timedelta(minutes=_whole(typed, "first", most=MOST_MINUTES)),
        then=_default(typed, "then", among=Default),
        second=timedelta(minutes=_whole(typed, "second", most=MOST_MINUTES)),
        finally_=_default(typed, "finally", among=FINAL),
    )
    changes = {
        "begun": {"review": replace(plan, then=Default.ESCALATE, finally_=Default.REJECT)},
        "ample_notice": {
            "notice_at_least": timedelta(hours=hours),
            "label_zh": f"提前{hours}小时及以上",
            "label_en": f"At least {hours} hours' notice",
            **_ending(typed, "ample", plan),
        },
        "short_notice": {
            "notice_under": timedelta(hours=hours),
            "label_zh": f"提前不足{hours}小时",
            "label_en": f"Less than {hours} hours' notice",
            **_ending(typed, "short", plan),
        },
    }
    return tuple(replace(rule, **changes.get(rule.code, {})) for rule in STANDARD)


def _ending(typed: Mapping[str, str], field: str, plan: ReviewPlan) -> dict[str, Any]:
    """Return the outcome chosen for a rule, with the review plan where it is a review."""
    outcome = typed.get(field, "")
    if outcome not in set(Outcome):
        raise OutOfRange(field=field)
    return {"outcome": Outcome(outcome), "review": plan if outcome == Outcome.REVIEW else None}


def _default(typed: Mapping[str, str], field: str, *, among: Iterable[Default]) -> Default:
    chosen = typed.get(field, "")
    if chosen not in set(among):
        raise OutOfRange(field=field)
    return Default(chosen)


def _whole(typed: Mapping[str, str], field: str, *, most: int) -> int:
    """Return a whole number from 1 to `most`."""
    text = typed.get(field, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise OutOfRange(field=field)
    return int(text)


def _editor(
    request: HttpRequest, visit: Visit, *, error: RaincheckError | None = None, refused: tuple[Rule, ...] = ()
) -> HttpResponse:
    posted = request.method == "POST"
    context = {
        "typed": request.POST if posted else _as_typed(active_policy(visit.company.id).rules),
        "error": error,
        "why": _why(error, refused) if isinstance(error, RulesRefused) else "",
        "presets": [
            (code, words.POLICY_NAMES[code], in_words(preset, {})) for code, preset in PRESETS.items()
        ],
        "outcomes": words.OUTCOMES.items(),
        "thens": words.DEFAULTS.items(),
        "finals": [(code, words.DEFAULTS[code]) for code in FINAL],
        "most_hours": MOST_HOURS,
        "most_minutes": MOST_MINUTES,
    }
    return shown(request, visit, "rules_edit.html", context, status=error.status if error else 200)


def _as_typed(rules: tuple[Rule, ...]) -> dict[str, Any]:
    """Fill the form from the rules in force, as far as they have the presets' shape."""
    by_code = {rule.code: rule for rule in rules}
    ample = by_code.get("ample_notice", STANDARD[3])
    short = by_code.get("short_notice", STANDARD[4])
    plan = short.review or ample.review or FALLBACK_PLAN
    preset = next((name for name, preset in PRESETS.items() if preset == rules), "custom")
    return {
        "preset": preset,
        "hours": int((ample.notice_at_least or timedelta()) / timedelta(hours=1)),
        "ample": ample.outcome,
        "short": short.outcome,
        "first": int(plan.first / timedelta(minutes=1)),
        "then": plan.then,
        "second": int(plan.second / timedelta(minutes=1)),
        "finally": plan.finally_,
    }


def _why(error: RulesRefused, refused: tuple[Rule, ...]) -> str:
    """Say what is wrong with a rule set, naming the rules at fault."""
    cause = error.__cause__
    if not isinstance(cause, RuleSetError):
        return error.detail
    labels = {rule.code: f"“{label(rule)}”" for rule in refused}
    named = _("与").join(labels.get(code, code) for code in cause.rules)
    said = {
        "not_monotone": _("规则%(rules)s矛盾：提前更久，反而更严。请调整其中一条") % {"rules": named},
        "hole": _("有的情况没有任何规则适用，请补全"),
        "duplicate_code": _("规则%(rules)s重复") % {"rules": named},
        "invalid_rule": _("规则%(rules)s不成立") % {"rules": named},
    }
    return said.get(cause.code, error.detail)
