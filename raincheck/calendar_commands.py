"""The commands about a company's calendar server: naming it, testing it, saying how it is doing."""

import sys
from argparse import Namespace
from typing import Any

from raincheck.core.terminal import say
from raincheck.shell import in_the_house, module, secret, table


@in_the_house
def set_server(args: Namespace) -> None:
    """Name a company's calendar server."""
    servers, actor = module("notifications.calendars.servers"), _actor(args)
    password = secret("RAINCHECK_CALENDAR_PASSWORD", piped=args.password_stdin)
    login = servers.Login(args.url, args.user, password)
    with module("core.scope").company_scope(actor.company_id) as now:
        servers.name_server(actor=actor, login=login, now=now)
    say("日历服务器已保存 / calendar server saved")


@in_the_house
def test_server(args: Namespace) -> int:
    """Look whether a person's calendar is there for us; what waits is then tried at once."""
    found = module("notifications.calendars.servers").try_server(actor=_actor(args), email=args.email)
    if found.ok:
        say("连接正常 / it answered")
        return 0
    say(f"测试未通过 / the test failed: {found.why}", to=sys.stderr)
    return 1


@in_the_house
def show_server(args: Namespace) -> None:
    """Print a company's calendar server, its password not."""
    actor = _actor(args)
    with module("core.scope").company_scope(actor.company_id):
        server = module("notifications.calendars.servers").get_server(actor)
    if server is None:
        table([])
        return
    table(
        [
            ("地址 / url", server.url),
            ("用户 / user", server.username),
            ("最近成功 / last answer", str(server.answered_at or "—")),
            ("最近失败 / last trouble", server.trouble or "—"),
            ("暂停至 / paused until", str(server.paused_until or "—")),
        ]
    )


def _actor(args: Namespace) -> Any:
    company = module("accounts.queries").company_named(args.company)
    return module("core.actor").Actor.system(company.id)
