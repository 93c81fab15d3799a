"""The commands about AI interview systems: what is installed, a company's accounts, whether both sides agree."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from raincheck import hosting
from raincheck.core.terminal import say
from raincheck.shell import in_the_house, module, secret, table, text_of


@in_the_house
def add_vendor(args: Namespace) -> None:
    """Open an account at an AI interview system."""
    opening, settings = module("vendors.opening"), import_module("django.conf").settings
    company = module("accounts.queries").company_named(args.company)
    terms = opening.Terms(
        adapter=args.adapter,
        name=args.name,
        url=args.url,
        key=secret("RAINCHECK_VENDOR_KEY", piped=args.key_stdin),
        webhook_secret=os.environ.get("RAINCHECK_VENDOR_WEBHOOK_SECRET", ""),
        credentials=_credentials(),
        options=_options(args),
        template=args.template,
    )
    with module("core.scope").company_scope(company.id) as now:
        account = opening.open_account(
            actor=module("core.actor").Actor.system(company.id), terms=terms, now=now
        )
    say(f"已添加 / added: {account.name}  {account.adapter}  {company.slug}")
    say(f"Webhook: {settings.RAINCHECK_BASE_URL}/hooks/{account.adapter}/{account.id}/")
    if not terms.webhook_secret:
        say(f"Webhook 密钥，仅显示一次 / its secret, shown this once: {account.secret('webhook_secret')}")


@in_the_house
def list_vendors(args: Namespace) -> None:
    """List a company's accounts at AI interview systems."""
    company = module("accounts.queries").company_named(args.company)
    with module("core.scope").company_scope(company.id):
        accounts = module("vendors.models").VendorAccount.objects.filter(company=company).order_by("name")
        rows = [
            (a.name, a.adapter, a.base_url, str(a.id), "" if a.active else "停用 / inactive")
            for a in accounts
        ]
    table(rows)


def list_adapters(args: Namespace) -> int:
    """List the adapters that are installed; 1 where one that was to be isn't."""
    adapters = module("vendors.adapters")
    for name, adapter in sorted(adapters.installed().items()):
        say(f"{name}\t{adapter.title}")
        for line in _abilities(adapter):
            say(f"  {line}")
    refused = adapters.plugged_in().refused
    for one in refused:
        say(f"已拒绝 / refused: {one}", to=sys.stderr)
    return int(bool(refused))


@in_the_house
def test_vendor(args: Namespace) -> int:
    """Make the call that proves address and credentials, and keep what came of it."""
    company, account = _account(args)
    actor = module("core.actor").Actor.system(company.id)
    found = module("vendors.health").test_connection(actor=actor, account_id=account.id)
    if found.ok:
        say(f"{account.name}: 连接正常 / it answered, {found.milliseconds} ms")
        return 0
    say(f"{account.name}: 测试未通过 / the test failed, {found.milliseconds} ms: {found.text}", to=sys.stderr)
    return 1


@in_the_house
def show_vendor(args: Namespace) -> None:
    """Print everything about one account but its secrets."""
    company, account = _account(args)
    actor, adapter = (
        module("core.actor").Actor.system(company.id),
        module("vendors.lines").adapter_of(account),
    )
    zone = ZoneInfo(company.timezone)
    with module("core.scope").company_scope(company.id):
        report = module("vendors.reconciliation.queries").last_reconciliations(actor).get(account.id)
        calls = module("vendors.figures").last_calls(actor, account.id, limit=10)
    say(f"{account.name}{'' if account.active else '  停用 / inactive'}")
    say(f"适配器 / adapter: {account.adapter}  {adapter.title if adapter else '未安装 / not installed'}")
    for line in _abilities(adapter) if adapter else []:
        say(f"  {line}")
    table([*_given(account), *_standing(account, zone)])
    if report is None:
        say("最近对账 / last reconciliation: 无 / none")
    else:
        words = module("vendors.reconciliation.words").in_words(_at(report.finished_at, zone), report)
        say(f"最近对账 / last reconciliation: {words}")
    say("最近调用 / last calls:")
    table(
        (_at(c.at, zone), c.operation, c.outcome, c.detail, f"{c.milliseconds} ms", f"#{c.attempt}")
        for c in calls
    )


def _account(args: Namespace) -> tuple[Any, Any]:
    """Return the company and its account of this name. Raises NotFound."""
    company = module("accounts.queries").company_named(args.company)
    with module("core.scope").company_scope(company.id):
        accounts = module("vendors.models").VendorAccount.objects.filter(company=company)
        account = accounts.filter(name=args.account).first()
    if account is None:
        raise module("core.errors").NotFound(detail=args.account)
    return company, account


def _abilities(adapter: Any) -> list[str]:
    """Return what a vendor can do and what an account there is given, a line each."""
    can = adapter.can
    fits = isinstance(adapter, module("vendors.adapters.base").Fitting)
    return [
        *(["以下随账号的设置而变 / what follows depends on an account's options"] if fits else []),
        f"取消 / cancel: {can.cancel}",
        f"列表 / lists: {_yes(can.lists)}",
        f"改期 / reschedules: {_yes(can.reschedules)}",
        f"Webhook: {can.webhook_signature}",
        f"已对照真实服务验证 / verified against the live service: {_yes(can.verified_against_live)}",
        *(f"需要 / needs: {what}" for what in _needs(can)),
    ]


def _needs(can: Any) -> Iterator[str]:
    yield "RAINCHECK_VENDOR_KEY"
    for kind, settings in (("credentials", can.credentials), ("options", can.options)):
        for setting in settings:
            optional = "" if setting.needed else "（可选 / optional）"
            yield f"{kind}.{setting.name}{optional} {setting.zh} / {setting.en}"
    if can.template:
        yield f"template {can.template.zh} / {can.template.en}"
    if can.needs_contacts:
        yield "候选人的邮箱或手机 / the candidate's e-mail or phone"


def _given(account: Any) -> Iterator[tuple[str, str]]:
    """Yield what an account was given; of secrets, which there are."""
    base = import_module("django.conf").settings.RAINCHECK_BASE_URL
    yield "地址 / address", account.base_url
    yield "Webhook", f"{base}/hooks/{account.adapter}/{account.id}/"
    secrets = [name for name in ("api_key", "webhook_secret") if account.secret(name)]
    yield "密钥 / secrets", ", ".join([*secrets, *json.loads(account.secret("credentials") or "{}")])
    if account.template:
        yield "template", account.template
    for name, value in sorted(account.options.items()):
        lines = str(value).splitlines()
        yield f"options.{name}", value if len(lines) == 1 else f"{len(lines)} 行 / lines"


def _standing(account: Any, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Yield whether the vendor is called at present, and why not."""
    yield "最近测试正常 / last test that went well", _at(account.answered_at, zone)
    yield "连续未应答 / calls in a row without an answer", str(account.failures)
    yield "暂停至 / left alone until", _at(account.paused_until, zone)
    yield "问题 / trouble", account.trouble or "-"


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat(sep=" ", timespec="seconds") if instant else "-"


def _yes(so: bool) -> str:
    return "是 yes" if so else "否 no"


@in_the_house
def reconcile_vendors(args: Namespace) -> int:
    """Reconcile a company's accounts and print the reports: 0 all agree, 3 there are differences, 1 one failed."""
    scope, actor = module("core.scope"), module("core.actor").Actor
    company = module("accounts.queries").company_named(args.company)
    with scope.company_scope(company.id):
        accounts = module("vendors.models").VendorAccount.objects.filter(company=company, active=True)
        chosen = list(accounts.filter(name=args.account) if args.account else accounts.order_by("name"))
    if not chosen:
        raise module("core.errors").NotFound(detail=args.account)
    outcomes = set()
    for account in chosen:
        with scope.company_scope(company.id) as now:
            row = module("vendors.reconciliation.actions").begin(
                actor=actor.system(company.id), account_id=account.id, trigger="command", now=now
            )
        run = module("vendors.reconciliation.run")
        done = run.reconcile(company_id=company.id, reconciliation_id=row.id)
        say(module("vendors.reconciliation.words").in_words(account.name, done))
        outcomes.add(done.outcome)
    return 1 if "failed" in outcomes else (0 if outcomes == {"ok"} else 3)


def print_preset(args: Namespace) -> int:
    """Print a declaration to begin with."""
    presets = module("vendors.adapters.configured.presets")
    if args.name not in presets.names():
        msg = f"没有这个预设 / no such preset: {args.name}; {', '.join(presets.names())}"
        raise hosting.BadSetting(msg)
    sys.stdout.write(presets.text(args.name))
    return 0


def check_declaration(args: Namespace) -> int:
    """Say what is wrong in a declaration, and what is still to be filled in."""
    shape, declaration = (module(f"vendors.adapters.configured.{name}") for name in ("shape", "declaration"))
    try:
        declared = declaration.parse(text_of(args.file))
    except shape.BadDeclaration as error:
        for problem in error.problems:
            say(f"{problem.path or args.file}: {problem.zh} / {problem.en}", to=sys.stderr)
        for path in error.open_keys:
            say(f"{path}: 待填写 / still to be filled in", to=sys.stderr)
        say("declaration_wrong", to=sys.stderr)
        return 1
    can = declared.can
    say(f"声明可用 / this will do: {declared.title}")
    say(f"取消 / cancel: {can.cancel}; Webhook: {can.webhook_signature}")
    say(f"密钥 / credentials: {', '.join(s.name for s in can.credentials) or '-'}")
    say(f"选项 / options: {', '.join(s.name for s in can.options[1:]) or '-'}")
    return 0


def _credentials() -> dict[str, str]:
    """Return further credentials from the environment. Raises BadSetting."""
    try:
        found = json.loads(os.environ.get("RAINCHECK_VENDOR_CREDENTIALS") or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        msg = "RAINCHECK_VENDOR_CREDENTIALS 应为文本组成的 JSON 对象 / must be a JSON object of texts"
        raise hosting.BadSetting(msg)
    return found


def _options(args: Namespace) -> dict[str, str]:
    """Return an account's options as given: `--option NAME=VALUE`, and the declaration's text. Raises BadSetting."""
    options = {}
    for given in args.option:
        name, equals, value = given.partition("=")
        if not (name and equals):
            msg = f"--option 应为 NAME=VALUE / must be NAME=VALUE: {given}"
            raise hosting.BadSetting(msg)
        options[name] = value
    return {**options, "declaration": text_of(args.declaration)} if args.declaration else options
