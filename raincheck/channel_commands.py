"""The commands about channels: who carries a company's messages, choosing a carrier, a test, a mail that came back."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from raincheck import hosting
from raincheck.core.terminal import say
from raincheck.shell import in_the_house, module, secret, table, text_of


@in_the_house
def list_channels(args: Namespace) -> None:
    """List who carries a company's messages, and what each carrier needs."""
    company = module("accounts.queries").company_named(args.company)
    carriers = module("notifications.channels").CARRIERS
    with module("core.scope").company_scope(company.id):
        carried = module("notifications.carriage").carriages(company.id)
        table(
            (
                channel.value,
                one.carrier.name,
                "企业账号 / own" if one.account.options else "",
                one.account.receipts,
            )
            for channel, one in carried.items()
        )
    for name in carriers:
        carrier = carriers[name]
        say(f"{name}\t{carrier.channel}\t{carrier.title}")
        for line in _abilities(carrier):
            say(f"  {line}")


@in_the_house
def set_channel(args: Namespace) -> int:
    """Have a carrier take a company's messages from now on; secrets are asked for."""
    choosing = module("notifications.choosing")
    company = module("accounts.queries").company_named(args.company)
    offered = {one.name: one for one in choosing.offered()}
    carrier = offered.get(args.carrier)
    if carrier is None:
        raise choosing.UnknownCarrier(detail=", ".join(offered))
    secrets = {
        one.name: secret(f"RAINCHECK_CHANNEL_{one.name.upper()}", piped=False)
        for one in carrier.settings
        if one.secret
    }
    terms = choosing.Terms(carrier.name, _options(args), secrets)
    with module("core.scope").company_scope(company.id) as now:
        actor = module("core.actor").Actor.system(company.id)
        row = choosing.choose(actor=actor, terms=terms, now=now)
        receipts = module("notifications.carriage").carriages(company.id)
    say(f"已保存 / saved: {row.channel}  {row.carrier}  {company.slug}")
    url = receipts[module("notifications.channels.base").Channel(row.channel)].account.receipts
    if url:
        say(f"回执地址 / receipts: {url}")
    return 0


@in_the_house
def test_channel(args: Namespace) -> int:
    """Send a test on one channel, and say what the carrier made of it."""
    company = module("accounts.queries").company_named(args.company)
    actor = module("core.actor").Actor.system(company.id)
    channel = module("notifications.channels.base").Channel(args.channel)
    tried = module("notifications.trying").try_out(actor=actor, channel=channel, to=args.to)
    if tried.ok:
        say(f"已交给供应商 / handed over: {tried.text}")
        return 0
    say(f"试发未成功 / the test failed: {tried.text}", to=sys.stderr)
    return 1


@in_the_house
def take_bounce(args: Namespace) -> int:
    """Take in a mail that came back, from standard input; ends with 1 where it isn't one of ours."""
    bounces = module("notifications.bounces")
    try:
        new = bounces.take(sys.stdin.buffer.read(bounces.LONGEST_BYTES))
    except bounces.NotABounce as error:
        say(f"不是本平台邮件的退信 / no bounce of ours: {error}", to=sys.stderr)
        return 1
    say("已记录 / noted" if new else "没有新内容 / nothing new")
    return 0


def _abilities(carrier: Any) -> Iterator[str]:
    yield f"回执 / tells what became of a message: {_yes(carrier.confirms)}"
    yield f"应答丢失时 / where its answer was lost: {carrier.repeats}"
    yield f"已对照真实服务验证 / verified against the live service: {_yes(carrier.verified_against_live)}"
    for one in carrier.settings:
        where = f"$RAINCHECK_CHANNEL_{one.name.upper()}" if one.secret else f"--option {one.name}=…"
        optional = "" if one.needed else f"（可选 / optional{f', {one.default}' if one.default else ''}）"
        yield f"{where}{optional} {one.zh} / {one.en}"


def _options(args: Namespace) -> dict[str, str]:
    """Return options as given: `--option NAME=VALUE`, and the templates' file. Raises BadSetting."""
    options = {}
    for given in args.option:
        name, equals, value = given.partition("=")
        if not (name and equals):
            msg = f"--option 应为 NAME=VALUE / must be NAME=VALUE: {given}"
            raise hosting.BadSetting(msg)
        options[name] = value
    return {**options, "templates": text_of(args.templates)} if args.templates else options


def _yes(so: bool) -> str:
    return "是 yes" if so else "否 no"
