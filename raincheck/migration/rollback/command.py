"""`raincheck migration list | show | rollback`. Imports no model: the settings, and a database, come first."""

import sys
from argparse import Namespace
from typing import Any
from uuid import UUID

from raincheck import hosting
from raincheck.core.errors import in_both_languages
from raincheck.core.terminal import say
from raincheck.shell import acting, in_the_house, module, table

_HERE = "migration.rollback."


def add_arguments(rooms: Any) -> None:
    """Declare the commands."""
    for name, does, what in (
        ("list", "show_all", "list a company's batches, newest first"),
        ("show", "show", "say what a batch did, and what stands against undoing it"),
        ("rollback", "rollback", "put everything a batch touched back as it was"),
    ):
        command = rooms.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        command.set_defaults(does=f"raincheck.migration.rollback.command:{does}")
        command.add_argument("--company", required=True, help="its address or its exact name")
        if name != "list":
            command.add_argument("batch", help="which one, as `list` names it")


@in_the_house
def show_all(args: Namespace) -> None:
    """List a company's batches."""
    with acting(args) as (actor, _):
        batches = module(_HERE + "batches")
        listed = list(batches.batches(actor)[:200])
        fates = batches.fates(actor.company_id, [one.id for one in listed])
        found = [
            (str(one.id), f"{one.at:%Y-%m-%d %H:%M:%S}Z", one.kind, one.name, _standing(fates[one.id]))
            for one in listed
        ]
    table(found)


@in_the_house
def show(args: Namespace) -> None:
    """Say what a batch did and what stands against undoing it."""
    with acting(args) as (actor, _):
        batches = module(_HERE + "batches")
        one = batches.batch(actor, _id(args))
        did = batches.touches(one)
        against = module(_HERE + "undoing").obstacles_to(one)
        later = batches.later_imports(one, against)
    table((touch.operation, touch.table, str(touch.rows)) for touch in did)
    _say_against(args, against, later)


@in_the_house
def rollback(args: Namespace) -> int:
    """Undo a batch."""
    try:
        with acting(args) as (actor, now):
            done = module(_HERE + "undoing").roll_back(batch_id=_id(args), actor=actor, now=now)
    except module(_HERE + "refusals").Obstructed as error:
        # A row a line: told within the sentence, in both languages, they would fill the screen.
        say(f"{in_both_languages(error, briefly=True)} [{error.code}]", to=sys.stderr)
        _say_against(args, error.found, error.later)
        return 1
    said = f"删除 / deleted {done.deleted}，还原 / put back {done.restored}，恢复 / made again {done.revived}"
    say(f"已回滚 / rolled back: {said}")
    say(f"撤销本次回滚 / to undo this: raincheck migration rollback --company {args.company} {done.batch.id}")
    return 0


def _say_against(args: Namespace, found: Any, later: Any) -> None:
    for obstacle in found:
        say(f"{obstacle.why}\t{obstacle.table}\t{obstacle.rows}\t{', '.join(obstacle.ids)}", to=sys.stderr)
    for one in later:
        what = f"raincheck migration rollback --company {args.company} {one.id}"
        say(f"先回滚 / roll back first: {what}    # {one.name}", to=sys.stderr)


def _id(args: Namespace) -> UUID:
    try:
        return UUID(args.batch)
    except ValueError as error:
        raise hosting.BadSetting(f"BATCH: {error}") from error


def _standing(fate: Any) -> str:
    """Say what became of a batch: nothing where what it did counts as it always has."""
    words = {"undone": f"已回滚 / undone by {fate.last}", "restored": f"已恢复 / restored by {fate.last}"}
    return words.get(fate.standing, "")
