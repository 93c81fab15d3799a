"""`raincheck retention show | run`: a company's rules, what they would do, and doing it. Imports no model."""

from argparse import Namespace
from typing import Any

from raincheck.core.terminal import say
from raincheck.shell import in_the_house, module, table

_HERE = "migration.retention."


def add_arguments(rooms: Any) -> None:
    """Declare the commands."""
    for name, what in (
        ("show", "say how long what is kept, and what a run would delete now"),
        ("run", "delete what is past its days; without --yes the same as show"),
    ):
        command = rooms.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        command.set_defaults(does=f"raincheck.migration.retention.command:{name}")
        command.add_argument("--company", required=True, help="its address or its exact name")
    command.add_argument("--yes", action="store_true", help="do it; what is deleted is gone")


@in_the_house
def show(args: Namespace) -> None:
    """Say what the rules are and would do."""
    _show(args)


@in_the_house
def run(args: Namespace) -> None:
    """Carry the rules out."""
    if not args.yes:
        _show(args)
        say("加 --yes 执行，无法撤销 / add --yes to do it; it can't be undone")
        return
    done = module(_HERE + "running").carry_out(module("accounts.queries").company_named(args.company).id)
    if done is None:
        say("没有保留期限 / there is no rule")
        return
    table(
        (code, f"删除 / deleted {one['gone']}", f"保留中 / held {one['held']}", one["sha256"])
        for code, one in (
            (code, done.result[code]) for code in module(_HERE + "kinds").KINDS if code in done.result
        )
    )
    say(f"审计记录 / audit entry: {done.entry_id}")


def _show(args: Namespace) -> None:
    company = module("accounts.queries").company_named(args.company)
    with module("core.scope").company_scope(company.id) as now:
        found = module(_HERE + "rules").prospects(company.id, now, counted=True)
    table(
        (
            one.kind.code,
            f"{one.days} 天 / days" if one.days else "一直保留 / kept for good",
            f"将删除 / would go {one.go}",
            f"保留中 / held {one.held}",
        )
        for one in found
    )
