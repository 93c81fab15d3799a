"""What the commands share that an operator types at a shell: the database there, secrets asked for, tables printed.

Secrets are never arguments, which every user of the host can read: they are typed, piped in, or set in the
environment. Runs as the run-time role, through the same actions and walls as everything else.
"""

import getpass
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from raincheck import hosting
from raincheck.core.errors import RaincheckError, in_both_languages
from raincheck.core.terminal import say
from raincheck.runtime.home import Home


def in_the_house(does: Callable[[Namespace], int | None]) -> Callable[[Namespace], int]:
    """Run a command with the database there and up to date; a refusal is said, with its code, and ends with 1."""

    @wraps(does)
    def run(args: Namespace) -> int:
        os.environ.setdefault("RAINCHECK_LOG_LEVEL", "WARNING")
        with hosting.database(Home.open()):
            django.setup()
            import_module("raincheck.upkeep").bring_up_to_date()
            try:
                return does(args) or 0
            except RaincheckError as error:
                say(f"{in_both_languages(error)} [{error.code}]", to=sys.stderr)
                return 1

    return run


def module(name: str) -> Any:
    """Import one of our modules late: models need Django's settings, which needed the database's address."""
    return import_module(f"raincheck.{name}")


@contextmanager
def acting(args: Namespace) -> Iterator[tuple[Any, Any]]:
    """Open the transaction of the `--company` that is named, with the system acting in it; yields (actor, now)."""
    company = module("accounts.queries").company_named(args.company)
    with module("core.scope").company_scope(company.id) as now:
        yield module("core.actor").Actor.system(company.id), now


def secret(variable: str, *, piped: bool, twice: bool = False) -> str:
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


def table(rows: Iterable[tuple[str, ...]]) -> None:
    """Print a line a row."""
    found = list(rows)
    for row in found or [("（无 / none）",)]:
        say("\t".join(row).rstrip())


def text_of(path: str) -> str:
    """Return a file's text. Raises BadSetting."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"无法读取 / can't be read: {path}"
        raise hosting.BadSetting(msg) from error
