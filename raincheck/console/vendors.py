"""AI interview systems: the company's accounts there, how each is doing, and changing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console import vocabulary as words
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.task_words import LOOKS
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.vendors import adapters, figures, keeping
from raincheck.vendors.adapters.base import Capabilities, Setting
from raincheck.vendors.gates import FAILURES
from raincheck.vendors.health import test_connection
from raincheck.vendors.lines import adapter_of
from raincheck.vendors.models import Outcome as ReconciliationOutcome
from raincheck.vendors.models import Reconciliation, VendorAccount, VendorCall
from raincheck.vendors.opening import Terms, open_account
from raincheck.vendors.reconciliation import queries as reconciliations
from raincheck.vendors.reconciliation.actions import request_reconciliation
from raincheck.vendors.sayings import in_words
from raincheck.web.people import Visit, staff_page
from raincheck.worklist.models import Kind

REPORTS_SHOWN = 5
NO_FIGURES = figures.Figures()
OUTCOME_TONES = {
    ReconciliationOutcome.OK: "ok",
    ReconciliationOutcome.DIFFERENCES: "warn",
    ReconciliationOutcome.SUSPICIOUS: "danger",
    ReconciliationOutcome.FAILED: "danger",
}


@dataclass(frozen=True)
class State:
    """How an account is, in a word."""

    tone: str
    icon: str
    text: str | Promise


@dataclass(frozen=True)
class Field:
    """One credential or option as a form asks for it; a credential's value is never shown."""

    name: str
    label: str
    value: str
    needed: bool
    long: bool


@dataclass(frozen=True)
class Row:
    """An account as the list shows it."""

    account: VendorAccount
    title: str
    state: State
    figures: figures.Figures
    report: Reconciliation | None
    report_tone: str


@dataclass(frozen=True)
class Call:
    """One call of the ledger in words."""

    call: VendorCall
    operation: str | Promise
    outcome: str | Promise
    tone: str


@staff_page(Ability.VIEW_VENDORS)
@require_GET
def accounts(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the accounts, and how each is doing."""
    doing, reports = (
        figures.figures(visit.actor, visit.now),
        reconciliations.last_reconciliations(visit.actor),
    )
    rows = [
        Row(
            account=account,
            title=_title(account),
            state=_state(account, visit.now),
            figures=doing.get(account.id, NO_FIGURES),
            report=reports.get(account.id),
            report_tone=_tone(reports.get(account.id)),
        )
        for account in figures.accounts(visit.actor)
    ]
    return shown(request, visit, "vendors.html", {"rows": rows})


@staff_page(Ability.VIEW_VENDORS)
@require_GET
def account(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """Show one account."""
    return _page(request, visit, account_id)


@staff_page(Ability.EDIT_VENDORS, fresh=True)
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def new(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose an adapter, then open an account with what it needs."""
    typed = request.POST if request.method == "POST" else request.GET
    adapter = adapters.installed().get(typed.get("adapter", ""))
    if request.method == "POST":
        with attempt() as tried:
            made = open_account(actor=visit.actor, terms=_terms(request.POST), now=visit.now)
        if tried.error is None:
            messages.success(request, _("账号已添加。请先测试连接，再把Webhook地址和密钥填到对方后台。"))
            return _page(request, visit, made.id, secret=made.secret("webhook_secret"))
        error: RaincheckError | None = tried.error
    else:
        error = None
    context = {
        "offered": sorted(adapters.installed().values(), key=lambda one: one.title),
        "adapter": adapter,
        "form": _form(adapter.can, typed) if adapter else None,
        "typed": typed,
        "error": error,
    }
    return shown(request, visit, "vendor_new.html", context, status=error.status if error else 200)


@staff_page(Ability.EDIT_VENDORS, fresh=True)
@require_POST
@sensitive_post_parameters()
def change(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """Change where an account is and what it is known by there."""
    changes = keeping.Changes(
        name=request.POST.get("name", ""),
        url=request.POST.get("url", "").strip(),
        template=request.POST.get("template", ""),
        options=_named(request.POST, "options"),
        key=request.POST.get("key", "").strip(),
        credentials=_named(request.POST, "credentials"),
    )
    with attempt() as tried:
        keeping.change(actor=visit.actor, account_id=account_id, changes=changes, now=visit.now)
    if tried.error is not None:
        return _page(request, visit, account_id, error=tried.error)
    messages.success(request, _("账号已保存"))
    return redirect("console:vendor", account_id)


@staff_page(Ability.EDIT_VENDORS, calls_out=True)
@require_POST
def test(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """Make the cheapest call that proves address and credentials."""
    health = test_connection(actor=visit.actor, account_id=account_id)
    if health.ok:
        said = _("连接正常，用时%(ms)d毫秒") % {"ms": health.milliseconds}
        messages.success(request, said)
    else:
        messages.error(request, _("连接未成功：%(why)s") % {"why": in_words(health.text)})
    return redirect("console:vendor", account_id)


@staff_page(Ability.EDIT_VENDORS)
@require_POST
def reconcile(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """Have the account reconciled soon."""
    request_reconciliation(actor=visit.actor, account_id=account_id, now=visit.now)
    messages.success(request, _("已开始对账，结果稍后显示在此页"))
    return redirect("console:vendor", account_id)


@staff_page(Ability.EDIT_VENDORS, fresh=True)
@require_POST
@sensitive_post_parameters()
def secret(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """Make a new webhook secret, or take the vendor's; it is shown this once."""
    with attempt() as tried:
        new_one = keeping.rotate_webhook_secret(
            actor=visit.actor, account_id=account_id, secret=request.POST.get("secret", ""), now=visit.now
        )
    if tried.error is not None:
        return _page(request, visit, account_id, error=tried.error)
    return _page(request, visit, account_id, secret=new_one)


@staff_page(Ability.EDIT_VENDORS, fresh=True)
@require_POST
def retire(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """Let only the newest webhook secret count."""
    keeping.retire_old_secrets(actor=visit.actor, account_id=account_id, now=visit.now)
    messages.success(request, _("旧密钥已停用"))
    return redirect("console:vendor", account_id)


@staff_page(Ability.EDIT_VENDORS, fresh=True)
@require_POST
def active(request: HttpRequest, visit: Visit, account_id: UUID) -> HttpResponse:
    """End an account, or take it up again."""
    resumed = request.POST.get("active") == "yes"
    keeping.set_active(actor=visit.actor, account_id=account_id, active=resumed, now=visit.now)
    messages.success(request, _("账号已恢复使用") if resumed else _("账号已停用"))
    return redirect("console:vendor", account_id)


def _page(
    request: HttpRequest,
    visit: Visit,
    account_id: UUID,
    *,
    error: RaincheckError | None = None,
    secret: str = "",
) -> HttpResponse:
    found = figures.accounts(visit.actor).filter(id=account_id).first()
    if found is None:
        raise NotFound
    adapter = adapter_of(found)
    reports = list(reconciliations.reconciliations(visit.actor, account_id)[:REPORTS_SHOWN])
    doing = figures.figures(visit.actor, visit.now).get(account_id, NO_FIGURES)
    typed: Mapping[str, str] = request.POST if error else _as_typed(found)
    context = {
        "account": found,
        "title": _title(found),
        "state": _state(found, visit.now),
        "trouble": in_words(found.trouble),
        "can": adapter.can if adapter else None,
        "cancels": words.CANCELS.get(adapter.can.cancel, "") if adapter else "",
        "figures": doing,
        "tasks": [(task, Kind(task.kind).label, LOOKS[Kind(task.kind)]) for task in doing.tasks],
        "reports": [(report, _tone(report), in_words(report.reason)) for report in reports],
        "running": bool(reports) and reports[0].finished_at is None,
        "calls": [_call(call) for call in figures.last_calls(visit.actor, account_id)],
        "hook": f"{settings.RAINCHECK_BASE_URL}/hooks/{found.adapter}/{found.id}/",
        "secrets": len(found.secret("webhook_secret").split()),
        "new_secret": secret,
        "form": _form(adapter.can, typed) if adapter else None,
        "typed": typed,
        "error": error,
    }
    return shown(request, visit, "vendor.html", context, status=error.status if error else 200)


def _terms(typed: Mapping[str, str]) -> Terms:
    return Terms(
        adapter=typed.get("adapter", ""),
        name=typed.get("name", ""),
        url=typed.get("url", "").strip(),
        key=typed.get("key", "").strip(),
        webhook_secret=typed.get("webhook_secret", "").strip(),
        credentials=_named(typed, "credentials"),
        options=_named(typed, "options"),
        template=typed.get("template", ""),
    )


def _named(typed: Mapping[str, str], group: str) -> dict[str, str]:
    """Return the fields of one group that were filled in, by the names the adapter declares."""
    prefix = f"{group}."
    given = ((name.removeprefix(prefix), typed[name]) for name in typed if name.startswith(prefix))
    return {name: value.strip() for name, value in given if value.strip()}


def _as_typed(account: VendorAccount) -> dict[str, str]:
    """Return what a form shows of an account: nothing of its secrets."""
    plain = {"name": account.name, "url": account.base_url, "template": account.template}
    return plain | {f"options.{name}": value for name, value in account.options.items()}


def _form(can: Capabilities, typed: Mapping[str, str]) -> dict[str, Sequence[Field]]:
    return {
        "templates": [_field("account", can.template, "")] if can.template else [],
        "credentials": [_field("credentials", setting, "") for setting in can.credentials],
        "options": [
            _field("options", setting, typed.get(f"options.{setting.name}", "")) for setting in can.options
        ],
    }


def _field(group: str, setting: Setting, value: str) -> Field:
    label = setting.zh if (get_language() or "").startswith("zh") else setting.en
    return Field(f"{group}.{setting.name}", label, value, setting.needed, long=setting.name == "declaration")


def _title(account: VendorAccount) -> str:
    adapter = adapter_of(account)
    return adapter.title if adapter else account.adapter


def _state(account: VendorAccount, now: datetime) -> State:
    if not account.active:
        return State("neutral", "ban", gettext_lazy("已停用"))
    if account.failures >= FAILURES:
        return State("danger", "alert", gettext_lazy("无响应，已暂停调用"))
    if account.paused_until and account.paused_until > now:
        return State("warn", "clock", gettext_lazy("按对方要求稍候"))
    if account.failures or account.trouble:
        return State("warn", "alert", gettext_lazy("最近出错"))
    if account.answered_at:
        return State("ok", "check", gettext_lazy("正常"))
    return State("neutral", "info", gettext_lazy("尚未测试"))


def _tone(report: Reconciliation | None) -> str:
    known = report is not None and report.outcome
    return OUTCOME_TONES[ReconciliationOutcome(report.outcome)] if report and known else "info"


def _call(call: VendorCall) -> Call:
    tone = {"ok": "ok", "already_gone": "ok", "refused": "warn"}.get(call.outcome, "danger")
    return Call(
        call,
        words.OPERATIONS.get(call.operation, call.operation),
        words.CALL_OUTCOMES.get(call.outcome, call.outcome),
        tone,
    )
