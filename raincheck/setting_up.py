"""The commands by which an installation gets its companies, their staff and their vendor accounts.

Secrets are never arguments, which every user of the host can read: they are typed, piped in, or set in the
environment. Runs as the run-time role, through the same actions and walls as everything else.
"""

import getpass
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from raincheck import hosting
from raincheck.core.errors import RaincheckError, in_both_languages
from raincheck.core.terminal import say
from raincheck.runtime.home import Home


def _in_the_house(does: Callable[[Namespace], int | None]) -> Callable[[Namespace], int]:
    """Run a command with the database there and up to date; a refusal is said in both languages, and ends with 1."""

    @wraps(does)
    def run(args: Namespace) -> int:
        os.environ.setdefault("RAINCHECK_LOG_LEVEL", "WARNING")
        with hosting.database(Home.open()):
            django.setup()
            import_module("raincheck.upkeep").bring_up_to_date()
            try:
                return does(args) or 0
            except RaincheckError as error:
                say(in_both_languages(error), to=sys.stderr)
                return 1

    return run


@_in_the_house
def add_company(args: Namespace) -> None:
    """Found a company."""
    founding, scope = _module("founding"), _module("core.scope")
    charter = founding.Charter(
        slug=args.slug or founding.slug_for(args.name),
        name=args.name,
        timezone=args.tz,
        contact_name=args.contact_name,
        contact_phone=args.contact_phone,
        contact_email=args.contact_email,
    )
    company_id = _module("core.ids").new_id()
    with scope.company_scope(company_id) as now:
        founding.found_company(company_id=company_id, charter=charter, now=now)
    say(f"已建立 / founded: {charter.slug}  {charter.name}")
    if not (charter.contact_phone or charter.contact_email):
        say(
            "未填联系方式，候选人遇到问题时将无人可找 / no contact given: candidates will have nobody to reach"
        )
    say(f"下一步 / next: raincheck staff add --company {charter.slug} --role hr_manager --email … --name …")


@_in_the_house
def list_companies(args: Namespace) -> None:
    """List the companies."""
    scope, models = _module("core.scope"), _module("accounts.models")
    with scope.system_scope(scope.Purpose.OPERATIONS):
        found = list(models.Company.objects.order_by("slug").values_list("slug", "name", "timezone"))
    _table(found)


@_in_the_house
def add_staff(args: Namespace) -> None:
    """Add a member of staff."""
    founding, roles = _module("founding"), _module("core.actor").Role
    company = _module("accounts.queries").company_named(args.company)
    person = founding.Hire(
        email=args.email,
        name=args.name,
        roles=[roles(role) for role in args.role],
        password=_secret("RAINCHECK_STAFF_PASSWORD", piped=args.password_stdin, twice=True),
        department=args.department,
        language=args.language,
    )
    with _module("core.scope").company_scope(company.id) as now:
        founding.hire(company=company, person=person, now=now)
    say(f"已添加 / added: {person.name}  {', '.join(person.roles)}  {company.slug}")


@_in_the_house
def list_staff(args: Namespace) -> None:
    """List a company's staff with their roles."""
    models = _module("accounts.models")
    company = _module("accounts.queries").company_named(args.company)
    with _module("core.scope").company_scope(company.id):
        found = models.Staff.objects.filter(company=company).prefetch_related("grants").order_by("email")
        rows = [
            (
                staff.email,
                staff.name,
                ", ".join(sorted(grant.role for grant in staff.grants.all())),
                "" if staff.is_active else "停用 / inactive",
            )
            for staff in found
        ]
    _table(rows)


@_in_the_house
def add_vendor(args: Namespace) -> None:
    """Open an account at an AI interview system."""
    opening, settings = _module("vendors.opening"), import_module("django.conf").settings
    company = _module("accounts.queries").company_named(args.company)
    terms = opening.Terms(
        adapter=args.adapter,
        name=args.name,
        url=args.url,
        key=_secret("RAINCHECK_VENDOR_KEY", piped=args.key_stdin),
        webhook_secret=os.environ.get("RAINCHECK_VENDOR_WEBHOOK_SECRET", ""),
        credentials=_credentials(),
        options=_options(args),
        template=args.template,
    )
    with _module("core.scope").company_scope(company.id) as now:
        account = opening.open_account(
            actor=_module("core.actor").Actor.system(company.id), terms=terms, now=now
        )
    say(f"已添加 / added: {account.name}  {account.adapter}  {company.slug}")
    say(f"Webhook: {settings.RAINCHECK_BASE_URL}/hooks/{account.adapter}/{account.id}/")
    if not terms.webhook_secret:
        say(f"Webhook 密钥，仅显示一次 / its secret, shown this once: {account.secret('webhook_secret')}")


@_in_the_house
def list_vendors(args: Namespace) -> None:
    """List a company's accounts at AI interview systems."""
    company = _module("accounts.queries").company_named(args.company)
    with _module("core.scope").company_scope(company.id):
        accounts = _module("vendors.models").VendorAccount.objects.filter(company=company).order_by("name")
        rows = [
            (a.name, a.adapter, a.base_url, str(a.id), "" if a.active else "停用 / inactive")
            for a in accounts
        ]
    _table(rows)


@_in_the_house
def reconcile_vendors(args: Namespace) -> int:
    """Reconcile a company's accounts and print the reports: 0 all agree, 3 there are differences, 1 one failed."""
    scope, actor = _module("core.scope"), _module("core.actor").Actor
    company = _module("accounts.queries").company_named(args.company)
    with scope.company_scope(company.id):
        accounts = _module("vendors.models").VendorAccount.objects.filter(company=company, active=True)
        chosen = list(accounts.filter(name=args.account) if args.account else accounts.order_by("name"))
    if not chosen:
        raise _module("core.errors").NotFound(detail=args.account)
    outcomes = set()
    for account in chosen:
        with scope.company_scope(company.id) as now:
            row = _module("vendors.reconciliation.actions").begin(
                actor=actor.system(company.id), account_id=account.id, trigger="command", now=now
            )
        run = _module("vendors.reconciliation.run")
        done = run.reconcile(company_id=company.id, reconciliation_id=row.id)
        say(_module("vendors.reconciliation.words").in_words(account.name, done))
        outcomes.add(done.outcome)
    return 1 if "failed" in outcomes else (0 if outcomes == {"ok"} else 3)


def print_preset(args: Namespace) -> int:
    """Print a declaration to begin with."""
    presets = _module("vendors.adapters.configured.presets")
    if args.name not in presets.names():
        msg = f"没有这个预设 / no such preset: {args.name}; {', '.join(presets.names())}"
        raise hosting.BadSetting(msg)
    sys.stdout.write(presets.text(args.name))
    return 0


def check_declaration(args: Namespace) -> int:
    """Say what is wrong in a declaration, and what is still to be filled in."""
    shape, declaration = (_module(f"vendors.adapters.configured.{name}") for name in ("shape", "declaration"))
    try:
        declared = declaration.parse(_text_of(args.file))
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
    return {**options, "declaration": _text_of(args.declaration)} if args.declaration else options


def _text_of(path: str) -> str:
    """Return a file's text. Raises BadSetting."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"无法读取 / can't be read: {path}"
        raise hosting.BadSetting(msg) from error


def _module(name: str) -> Any:
    # Imported late: models need Django's settings, which needed the database's address.
    return import_module(f"raincheck.{name}")


def _secret(variable: str, *, piped: bool, twice: bool = False) -> str:
    """Return a secret from standard input, the environment, or the terminal. Raises BadSetting."""
    if piped:
        return sys.stdin.readline().rstrip("\r\n")
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        msg = f"{variable} 未设置，且没有终端可输入 / isn't set, and there is no terminal to ask at"
        raise hosting.BadSetting(msg)
    typed = getpass.getpass("密码或密钥 / password or key: ")
    if twice and getpass.getpass("再输一次 / once more: ") != typed:
        msg = "两次输入不一致 / the two differ"
        raise hosting.BadSetting(msg)
    return typed


def _table(rows: Iterable[tuple[str, ...]]) -> None:
    found = list(rows)
    for row in found or [("（无 / none）",)]:
        say("\t".join(row).rstrip())
