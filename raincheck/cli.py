"""The console script `raincheck`: everything an operator types.

Each command names the function that does it, which is imported only when chosen: Django reads its
settings at import, and for an embedded installation the command completes the environment first.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from environs import EnvError

from raincheck.demo.companies import PASSWORD, YUNFAN
from raincheck.hosting import BadSetting, PortTaken
from raincheck.runtime.account import NoAccount
from raincheck.runtime.instance import AlreadyRunning
from raincheck.runtime.locks import Locked
from raincheck.runtime.postgres import KeyMissing
from raincheck.runtime.postgres_cluster import ClusterFailed
from raincheck.runtime.postgres_place import PlaceProblem
from raincheck.runtime.postgres_roles import NoDatabase
from raincheck.runtime.processes import StartFailed

WRONG_SETTINGS = (EnvError, BadSetting, NoDatabase)
CAN_NOT = (
    AlreadyRunning,
    ClusterFailed,
    KeyMissing,
    Locked,
    NoAccount,
    PlaceProblem,
    PortTaken,
    StartFailed,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when it was done, 1 when it couldn't be, 2 for wrong arguments or settings."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        status: int = resolve_name(chosen.does)(chosen)
    except WRONG_SETTINGS as error:
        return _say(f"raincheck: 设置有误 / wrong settings: {error}", status=2)
    except CAN_NOT as error:
        return _say(str(error), status=1)
    except KeyboardInterrupt:
        return _say("", status=130)
    return status


def _say(text: str, *, status: int) -> int:
    sys.stderr.write(f"{text}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="raincheck", description="AI interview cancellations, end to end.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "migrate", "raincheck.commands:migrate", "bring the database up to date, as its owner")
    web = _add(commands, "web", "raincheck.commands:web", "run the web server alone")
    _add(commands, "worker", "raincheck.commands:worker", "run one worker alone")
    serve = _add(
        commands, "serve", "raincheck.commands:serve", "run all of it on this host: web, worker, database"
    )
    for command in (web, serve):
        command.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        command.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
        command.add_argument("--workers", type=int, default=1, help="web processes (%(default)s)")
    _add(commands, "check", "raincheck.commands:check", "say whether the settings are right")
    _add_demo(commands)
    _add_walkthrough(commands)
    return parser


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = _add(commands, "demo", "raincheck.demo.run:demo", "run the demo in the foreground until Ctrl-C")
    demo.add_argument("--forget", action="store_true", help="remove the demo's data for good, and end")
    for flag, port, what in (
        ("port", 8000, "web"),
        ("vendor-port", 8801, "first company's simulated AI interview system"),
        ("second-vendor-port", 8803, "second company's simulated AI interview system"),
        ("outbox-port", 8802, "simulated phones and mailbox"),
        ("smtp-port", 8825, "simulated mail server"),
    ):
        variable = f"RAINCHECK_DEMO_{flag.upper().replace('-', '_')}"
        given = os.environ.get(variable, str(port))
        demo.add_argument(f"--{flag}", type=int, default=given, help=f"{what} (${variable}, else {port})")


def _add_walkthrough(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    what = "cancel as a candidate in the running demo, over plain HTTP, and print who knew when"
    walk = _add(commands, "walkthrough", "raincheck.walkthrough.run:walk", what)
    walk.add_argument("--json", action="store_true", help="print the timeline as JSON")
    walk.add_argument("--url", help="the demo's web server, where it isn't this home's")
    for flag, given, meaning in (
        ("outbox", "http://127.0.0.1:8802", "the demo's phones (with --url)"),
        ("vendor", "http://127.0.0.1:8801", "the demo's AI interview system (with --url)"),
        ("company", YUNFAN.slug, "whose candidate to be"),
        ("phone", YUNFAN.phone(0), "the first number to try; the following ones come next"),
        ("staff", YUNFAN.email(YUNFAN.staff[1]), "who looks on in the console"),
        ("password", PASSWORD, "their password"),
    ):
        walk.add_argument(f"--{flag}", default=given, help=f"{meaning} (%(default)s)")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str, what: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    command.set_defaults(does=does)
    return command


if __name__ == "__main__":
    sys.exit(main())
