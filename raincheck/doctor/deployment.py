"""`raincheck check --deploy`: whether these settings are right for people's real data, on a real network.

Looks at settings alone and calls nobody: fit to be run before the first start, and by whatever rolls a release out.
"""

import ipaddress
import os
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from raincheck.core.actor import Role
from raincheck.core.weakness import why_guessable, why_weak, why_weak_key
from raincheck.doctor.finding import Check, Finding, Grade, Said, tried

_KEYS = Said("用 raincheck secrets 生成新的", "make new ones with raincheck secrets")
_LOCAL = {"127.0.0.1", "::1", "localhost", ""}
_VERIFIED = {"verify-full"}
_ENCRYPTED = {"require", "verify-ca", *_VERIFIED}
#: Where a cloud tells whoever asks the secrets of the machine.
_METADATA = ipaddress.ip_address("169.254.169.254")


def examine() -> Iterator[Finding]:
    """Yield every finding."""
    for name, check in _CHECKS.items():
        yield from tried(name, check)


def _finding(name: str, grade: Grade, seen: tuple[str, str], todo: Said = Said()) -> Finding:  # noqa: B008 (frozen)
    return Finding(name, grade, Said(*seen), todo if grade else Said())


def keys() -> Iterable[Finding]:
    """See that no secret is an example, a word or another one again."""
    trouble = {"RAINCHECK_SECRET_KEY": why_weak(settings.SECRET_KEY)}
    trouble["RAINCHECK_MASTER_KEY"] = next(
        filter(None, map(why_weak_key, settings.RAINCHECK_MASTER_KEYS)), ""
    )
    trouble["RAINCHECK_AUDIT_KEY"] = why_weak_key(settings.RAINCHECK_AUDIT_KEY)
    tokens = ("RAINCHECK_BOUNCE_TOKEN", "RAINCHECK_METRICS_TOKEN")
    trouble |= {name: why_weak(getattr(settings, name)) for name in tokens if getattr(settings, name)}
    if settings.RAINCHECK_AUDIT_KEY in settings.RAINCHECK_MASTER_KEYS:
        trouble["RAINCHECK_AUDIT_KEY"] = "the same as RAINCHECK_MASTER_KEY"
    wrong = [f"{name}: {why}" for name, why in trouble.items() if why]
    if not wrong:
        return [_finding("keys", Grade.OK, ("密钥像是随机生成的", "they look made by a machine"))]
    return [_finding("keys", Grade.FAIL, ("；".join(wrong), "; ".join(wrong)), _KEYS)]


def address() -> Iterable[Finding]:
    """See that people come over TLS, to a name of ours alone."""
    base, hosts = urlsplit(settings.RAINCHECK_BASE_URL), settings.ALLOWED_HOSTS
    grade = Grade.OK if base.scheme == "https" and base.hostname not in _LOCAL else Grade.FAIL
    todo = Said("RAINCHECK_BASE_URL 应为 https://…", "RAINCHECK_BASE_URL has to be https://…")
    shown = settings.RAINCHECK_BASE_URL
    yield _finding("address", grade, (shown, shown), todo)
    wide = [host for host in hosts if host.startswith((".", "*"))]
    grade = Grade.FAIL if wide else Grade.OK
    todo = Said("请在 RAINCHECK_ALLOWED_HOSTS 中写出全名", "spell the names out in RAINCHECK_ALLOWED_HOSTS")
    shown = ", ".join(wide or hosts)
    yield _finding("hosts", grade, (shown, shown), todo)


def demo() -> Iterable[Finding]:
    """See that nothing of the demo's is on."""
    grade = Grade.FAIL if settings.RAINCHECK_DEMO or settings.DEBUG else Grade.OK
    seen = ("演示已开启", "the demo is on") if grade else ("演示已关闭", "it is off")
    return [_finding("demo", grade, seen, Said("请去掉 RAINCHECK_DEMO", "take RAINCHECK_DEMO away"))]


def database() -> Iterable[Finding]:
    """See that its password isn't guessed and its connection isn't read."""
    for alias, one in settings.DATABASES.items():
        yield _password(alias, one)
        if str(one["HOST"]) not in _LOCAL and not str(one["HOST"]).startswith("/"):
            yield _transport(alias, str(one["OPTIONS"].get("sslmode", "prefer")))
    roles = {alias: one["USER"] for alias, one in settings.DATABASES.items()}
    if "owner" in roles:
        same = roles["owner"] == roles["default"]
        seen = (
            ("所有者与运行角色相同", "the owner is the run-time role, too")
            if same
            else ("运行环境里有所有者的密码", "the owner's password is here as well")
        )
        todo = Said(
            "只在 raincheck migrate 时给出 DATABASE_OWNER_URL",
            "give DATABASE_OWNER_URL to raincheck migrate alone, and a role of its own",
        )
        yield _finding("database_roles", Grade.FAIL if same else Grade.WARN, seen, todo)


def _password(alias: str, one: dict[str, Any]) -> Finding:
    password = str(one["PASSWORD"])
    by_socket = str(one["HOST"]).startswith("/") and not password
    why = "" if by_socket else why_guessable(password, beside=(one["USER"], one["NAME"], str(one["HOST"])))
    seen = (
        (f"{alias} 的密码：{why}", f"{alias}'s password: {why}")
        if why
        else (f"{alias}：密码够强", f"{alias}'s is strong")
    )
    grade = Grade.FAIL if why else Grade.OK
    return _finding("database_password", grade, seen, Said("请换一个长的随机密码", "set a long random one"))


def _transport(alias: str, mode: str) -> Finding:
    grade = Grade.OK if mode in _VERIFIED else Grade.WARN if mode in _ENCRYPTED else Grade.FAIL
    seen = (f"{alias}：sslmode={mode}", f"{alias}: sslmode={mode}")
    todo = Said(
        "请在地址后加 ?sslmode=verify-full&sslrootcert=…",
        "end the address with ?sslmode=verify-full&sslrootcert=…",
    )
    return _finding("database_transport", grade, seen, todo)


def proxies() -> Iterable[Finding]:
    """See that callers can be told from one another behind the proxy that ends TLS."""
    known = settings.RAINCHECK_PROXIES
    todo = Said(
        "请用 RAINCHECK_PROXIES 写明反向代理的地址", "name your reverse proxy's address in RAINCHECK_PROXIES"
    )
    if any(network.prefixlen == 0 for network in known):
        seen = ("任何人都可自称任何地址", "everybody is believed about where they come from")
        return [_finding("proxies", Grade.FAIL, seen, todo)]
    if not known:
        seen = ("未设置：按来源地址的限流不起作用", "none: limits by address hold nobody")
        return [_finding("proxies", Grade.WARN, seen, todo)]
    shown = ", ".join(map(str, known))
    return [_finding("proxies", Grade.OK, (shown, shown))]


def networks() -> Iterable[Finding]:
    """See that what companies type can't lead to this host or to a cloud's metadata."""
    inside = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"), _METADATA)
    wide = [str(net) for net in settings.RAINCHECK_PRIVATE_NETWORKS if any(one in net for one in inside)]
    grade = Grade.FAIL if wide else Grade.OK
    shown = ", ".join(wide or map(str, settings.RAINCHECK_PRIVATE_NETWORKS)) or "–"
    todo = Said(
        "RAINCHECK_PRIVATE_NETWORKS 只应包含面试系统所在网段",
        "let RAINCHECK_PRIVATE_NETWORKS have nothing but the AI interview system's network",
    )
    return [_finding("networks", grade, (shown, shown), todo)]


def mail() -> Iterable[Finding]:
    """See that mail leaves encrypted."""
    plain = settings.EMAIL_HOST not in _LOCAL and not settings.EMAIL_USE_TLS
    seen = (
        ("邮件明文离开本机", "mail leaves this host in the clear")
        if plain
        else ("加密或在本机", "encrypted, or on this host")
    )
    todo = Said("请设置 RAINCHECK_SMTP_STARTTLS=on", "set RAINCHECK_SMTP_STARTTLS=on")
    return [_finding("mail_transport", Grade.WARN if plain else Grade.OK, seen, todo)]


def passwords() -> Iterable[Finding]:
    """See that staff can't take a password that is known from a breach."""
    path = settings.RAINCHECK_BREACHED_PASSWORDS
    seen = (path, path) if path else ("只拒绝最常见的两万个密码", "only the 20,000 commonest are refused")
    todo = Said(
        "下载泄露密码列表，设置 RAINCHECK_BREACHED_PASSWORDS，见 docs/howto/staff.md",
        "download a list of breached ones for RAINCHECK_BREACHED_PASSWORDS: docs/howto/staff.md",
    )
    return [_finding("passwords", Grade.OK if path else Grade.WARN, seen, todo)]


def second_factor() -> Iterable[Finding]:
    """See that whoever may change everything, or see everybody, needs more than a password."""
    without = sorted({Role.COMPANY_ADMIN, Role.HR_MANAGER} - settings.RAINCHECK_MFA_ROLES)
    grade = Grade.FAIL if Role.COMPANY_ADMIN in without else Grade.WARN if without else Grade.OK
    shown = ", ".join(without or sorted(settings.RAINCHECK_MFA_ROLES))
    seen = (f"不要求：{shown}", f"not asked of {shown}") if without else (shown, shown)
    todo = Said("请把它们写进 RAINCHECK_MFA_ROLES", "name them in RAINCHECK_MFA_ROLES")
    return [_finding("second_factor", grade, seen, todo)]


def host() -> Iterable[Finding]:
    """See that the processes run as somebody with few rights."""
    root = os.geteuid() == 0
    seen = ("以 root 运行", "this runs as root") if root else ("不是 root", "not as root")
    todo = Said("请用专门的系统用户，见 deploy/systemd", "run it as a user of its own; see deploy/systemd")
    return [_finding("user", Grade.WARN if root else Grade.OK, seen, todo)]


_CHECKS: dict[str, Check] = {
    "keys": keys,
    "address": address,
    "demo": demo,
    "database": database,
    "proxies": proxies,
    "networks": networks,
    "mail_transport": mail,
    "passwords": passwords,
    "second_factor": second_factor,
    "user": host,
}
