"""The console script `raincheck`: everything an operator types.

Each command names the function that does it, which is imported only when chosen: Django reads its
settings at import, and for an embedded installation the command completes the environment first.
Likewise, what a command takes is declared by its own module only when it is chosen, and what can be
wrong is imported when something is: `raincheck web` needs nothing of what reads workbooks.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import TypeAlias

from raincheck.core.actor import STAFF_ROLES
from raincheck.core.garbage import look_seldom
from raincheck.demo.companies import PASSWORD, YUNFAN
from raincheck.late_parser import LateParser

Commands: TypeAlias = "argparse._SubParsersAction[LateParser]"  # noqa: SLF001 (argparse has no other name for it)
WRONG_SETTINGS = (
    "environs:EnvError",
    "raincheck.core.keyring:BadKeys",
    "raincheck.hosting:BadSetting",
    "raincheck.runtime.postgres_roles:NoDatabase",
)
CAN_NOT = (
    "raincheck.hosting:PortTaken",
    "raincheck.runtime.account:NoAccount",
    "raincheck.runtime.instance:AlreadyRunning",
    "raincheck.runtime.locks:Locked",
    "raincheck.runtime.postgres:KeyMissing",
    "raincheck.runtime.postgres_cluster:ClusterFailed",
    "raincheck.runtime.postgres_place:PlaceProblem",
    "raincheck.runtime.processes:StartFailed",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when it was done, 1 when it couldn't be, 2 for wrong arguments or settings."""
    look_seldom()
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        status: int = resolve_name(chosen.does)(chosen)
        sys.stdout.flush()
    except _named(WRONG_SETTINGS) as error:
        return _say(f"raincheck: 设置有误 / wrong settings: {error}", status=2)
    except _named(CAN_NOT) as error:
        return _say(str(error), status=1)
    except KeyboardInterrupt:
        return _say("", status=130)
    except BrokenPipeError:
        # Whoever reads has seen enough (`| head`). What is still buffered has nowhere to go, at exit neither.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # only to ask what it is: all but the database's trouble is raised again
        if not _is_outage(error):
            raise
        return _say(f"数据库出错 / the database's trouble: {str(error).strip()}", status=1)
    return status


def _is_outage(error: Exception) -> bool:
    """Say whether it is the database's trouble; asked only once something was met, for it imports Django."""
    return bool(resolve_name("raincheck.core.outages:is_outage")(error))


def _named(errors: Sequence[str]) -> tuple[type[Exception], ...]:
    """Return the classes of these names; asked only once something was met."""
    return tuple(resolve_name(error) for error in errors)


def _say(text: str, *, status: int) -> int:
    sys.stderr.write(f"{text}\n")
    return status


def _parser() -> LateParser:
    parser = LateParser(prog="raincheck", description="AI interview cancellations, end to end.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_services(commands)
    _add_company(commands)
    _add_staff(commands)
    _add_vendor(commands)
    _add_calendar(commands)
    _add_channel(commands)
    _add_audit(commands)
    _add_moves(commands)
    _add_demo(commands)
    _add_walkthrough(commands)
    return parser


def _add_services(commands: Commands) -> None:
    """Declare what runs an installation, and says whether it is well."""
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
    check = _add(commands, "check", "raincheck.commands:check", "say whether the settings are right")
    check.add_argument("--deploy", action="store_true", help="and fit for real data on a real network")
    check.add_argument("--json", action="store_true", help="with --deploy: print the findings as JSON")
    _add(
        commands, "secrets", "raincheck.commands:print_secrets", "print fresh secrets for a new installation"
    )
    doctor = _add(
        commands, "doctor", "raincheck.doctor.run:doctor", "say what is wrong, and what to do about it"
    )
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")


def _add_moves(commands: Commands) -> None:
    """Declare what moves data in, out, away and back."""
    load = "load interviews, candidates, applications, positions or cancellations from a file"
    _add(commands, "import", "raincheck.migration.command:run", load).declared_by(
        "raincheck.migration.command:add_arguments"
    )
    exports = _add(
        commands, "export", "raincheck.migration.exports.command:export", "write all a company owns to files"
    )
    exports.declared_by("raincheck.migration.exports.command:add_arguments")
    for name, declare, what in (
        (
            "backup",
            "raincheck.migration.backup.command:add_arguments",
            "back the whole database up, and bring it back",
        ),
        (
            "migration",
            "raincheck.migration.rollback.command:add_arguments",
            "list what was imported, and undo it",
        ),
        (
            "track",
            "raincheck.migration.dual_track.command:add_arguments",
            "take another system over: compare daily, then switch",
        ),
        (
            "retention",
            "raincheck.migration.retention.command:add_arguments",
            "how long what is kept, and deleting what is past it",
        ),
        (
            "candidate",
            "raincheck.migration.backup.command:add_erase_arguments",
            "what only an operator does with a candidate's data",
        ),
        ("keys", "raincheck.key_commands:add_arguments", "the master keys: make one, and rotate to it"),
    ):
        _described(commands, name, what).declared_by(declare, beneath=True)


def _add_company(commands: Commands) -> None:
    rooms = _group(commands, "company", "found companies, and list them")
    add = _add(rooms, "add", "raincheck.setting_up:add_company", "found a company")
    add.add_argument("name", help="its full name")
    add.add_argument("--slug", default="", help="its address, /c/SLUG/ (made from a name in Latin letters)")
    add.add_argument("--tz", default="Asia/Shanghai", help="its time zone (%(default)s)")
    for what in ("name", "phone", "email"):
        add.add_argument(f"--contact-{what}", default="", help=f"{what} of whom candidates can reach")
    _add(rooms, "list", "raincheck.setting_up:list_companies", "list the companies")
    what = "say which company is another's parent; whether it may look is the other's own to grant"
    parent = _add(rooms, "parent", "raincheck.setting_up:set_parent", what)
    parent.add_argument("--company", required=True, help="the subsidiary: its address or its exact name")
    parent.add_argument("--parent", default="", help="its parent, likewise (none any more)")


def _add_staff(commands: Commands) -> None:
    rooms = _group(commands, "staff", "add staff, and list them")
    add = _add(rooms, "add", "raincheck.setting_up:add_staff", "add somebody who can sign in at the console")
    add.add_argument("--email", required=True, help="what they sign in with")
    add.add_argument("--name", required=True, help="their name")
    add.add_argument(
        "--role",
        required=True,
        action="append",
        choices=[role.value for role in STAFF_ROLES],
        help="can be repeated",
    )
    add.add_argument("--department", default="", help="what a department_viewer looks at; made if missing")
    add.add_argument("--language", default="zh-hans", choices=["zh-hans", "en"], help="%(default)s")
    stdin = "read the password from standard input; else $RAINCHECK_STAFF_PASSWORD, else it is asked for"
    add.add_argument("--password-stdin", action="store_true", help=stdin)
    listed = _add(rooms, "list", "raincheck.setting_up:list_staff", "list a company's staff")
    renewed = _add(rooms, "password", "raincheck.setting_up:set_password", "give somebody a new password")
    renewed.add_argument("--email", required=True, help="what they sign in with")
    renewed.add_argument("--password-stdin", action="store_true", help=stdin)
    for command in (add, listed, renewed):
        command.add_argument("--company", required=True, help="its address or its exact name")


def _add_vendor(commands: Commands) -> None:
    rooms = _group(commands, "vendor", "open accounts at AI interview systems, and list them")
    add = _add(
        rooms, "add", "raincheck.vendor_commands:add_vendor", "open an account at an AI interview system"
    )
    add.add_argument("--adapter", required=True, help="which kind it is, e.g. simulated")
    add.add_argument("--name", default="", help="what to call it (the adapter's name)")
    add.add_argument("--url", required=True, help="where its interface is")
    stdin = "read its key from standard input; else $RAINCHECK_VENDOR_KEY, else it is asked for"
    add.add_argument("--key-stdin", action="store_true", help=stdin)
    add.add_argument(
        "--declaration", default="", metavar="FILE", help="with --adapter configured: what it is like"
    )
    what = "a further setting of the adapter; can be repeated. Secrets go into $RAINCHECK_VENDOR_CREDENTIALS"
    add.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help=what)
    add.add_argument("--template", default="", help="what candidates are invited to there")
    _declare_vendor(rooms)
    adapters = "list the adapters installed: what each can do, and what an account needs"
    _add(rooms, "adapters", "raincheck.vendor_commands:list_adapters", adapters)
    listed = _add(rooms, "list", "raincheck.vendor_commands:list_vendors", "list a company's accounts")
    shown = _add(rooms, "show", "raincheck.vendor_commands:show_vendor", "print one account, its secrets not")
    tested = _add(rooms, "test", "raincheck.vendor_commands:test_vendor", "call one account's vendor")
    for command in (shown, tested):
        command.add_argument("--account", required=True, help="its name")
    what = "compare a company's interviews with its AI interview systems', here and now"
    compared = _add(rooms, "reconcile", "raincheck.vendor_commands:reconcile_vendors", what)
    compared.add_argument("--account", default="", help="one account's name (all that are active)")
    for command in (add, listed, shown, tested, compared):
        command.add_argument("--company", required=True, help="its address or its exact name")


def _add_calendar(commands: Commands) -> None:
    rooms = _group(commands, "calendar", "a company's own CalDAV server, for its interviewers' calendars")
    named = _add(rooms, "set", "raincheck.calendar_commands:set_server", "name it, in place of any other")
    named.add_argument("--url", required=True, help="a person's calendar there, by {email} or {localpart}")
    named.add_argument("--user", required=True, help="who may write into everybody's calendar")
    stdin = "read the password from standard input; else $RAINCHECK_CALENDAR_PASSWORD, else it is asked for"
    named.add_argument("--password-stdin", action="store_true", help=stdin)
    tested = _add(rooms, "test", "raincheck.calendar_commands:test_server", "look whether it lets us in")
    tested.add_argument("--email", default="", help="whose calendar to look at (anybody's)")
    shown = _add(rooms, "show", "raincheck.calendar_commands:show_server", "print it, its password not")
    for command in (named, tested, shown):
        command.add_argument("--company", required=True, help="its address or its exact name")


def _add_channel(commands: Commands) -> None:
    rooms = _group(commands, "channel", "choose who carries a company's messages, and try it")
    listed = _add(
        rooms, "list", "raincheck.channel_commands:list_channels", "list carriers, and what each needs"
    )
    chosen = _add(rooms, "set", "raincheck.channel_commands:set_channel", "choose a carrier")
    chosen.add_argument("--carrier", required=True, help="its name, as `channel list` has it")
    what = "a setting of the carrier; can be repeated. Secrets go into $RAINCHECK_CHANNEL_…"
    chosen.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help=what)
    chosen.add_argument("--templates", default="", metavar="FILE", help="the templates registered there")
    tested = _add(rooms, "test", "raincheck.channel_commands:test_channel", "send a test on a channel")
    tested.add_argument("--channel", required=True, choices=["email", "sms"], help="which one")
    tested.add_argument("--to", required=True, help="a number with its country code, or an e-mail address")
    for command in (listed, chosen, tested):
        command.add_argument("--company", required=True, help="its address or its exact name")
    mail = _group(commands, "mail", "take in mails that came back")
    _add(mail, "bounce", "raincheck.channel_commands:take_bounce", "take a bounce in from standard input")


def _declare_vendor(rooms: Commands) -> None:
    preset = _add(rooms, "preset", "raincheck.vendor_commands:print_preset", "print a declaration to fill in")
    preset.add_argument("name", help="hirevue or iflytek")
    check = _add(
        rooms, "check", "raincheck.vendor_commands:check_declaration", "say what a declaration still lacks"
    )
    check.add_argument("file", help="the declaration")


def _group(commands: Commands, name: str, what: str) -> Commands:
    return _described(commands, name, what).add_subparsers(required=True, metavar="COMMAND")


def _add_audit(commands: Commands) -> None:
    audit = commands.add_parser("audit", help="take the audit trail out as a file, and prove it untouched")
    rooms = audit.add_subparsers(required=True, metavar="COMMAND")
    _add_proofs(rooms)
    export = _add(
        rooms,
        "export",
        "raincheck.insights.command:export",
        "write a company's cancellations, or its raw trail, to a file",
    )
    export.add_argument("--company", required=True, help="whose: its address (/c/<this>/) or its exact name")
    export.add_argument(
        "--what", choices=("cancellations", "trail", "sights"), default="cancellations", help="(%(default)s)"
    )
    export.add_argument("--format", choices=("csv", "xlsx", "pdf"), default="csv", help="(%(default)s)")
    export.add_argument("--output", required=True, metavar="FILE", help="where to write it")
    for flag, meaning in (
        ("from", "first day, YYYY-MM-DD in the company's time zone"),
        ("to", "last day"),
        ("position", "a position's id"),
        ("department", "a department's id"),
        ("school", "part of the school's name, as it was"),
        ("source", "part of the source's name, as it was"),
        ("candidate", "part of the candidate's name"),
        ("initiator", "candidate, staff, company_rule, or a member of staff's id"),
        ("reviewer", "rule, system, candidate, waiting, or a member of staff's id"),
        ("reason", "a reason's code"),
        ("outcome", "in_review, processing, completed, rejected, withdrawn or refused"),
        ("action", "trail: what was done, such as cancellation.requested"),
        ("actor", "trail: candidate, staff, company_rule, vendor, system, or a member of staff's id"),
        ("about", "trail: the id of an interview, a cancellation or whatever it was done to"),
        ("request", "trail: a request's id, as logs have it"),
    ):
        export.add_argument(f"--{flag}", default="", help=meaning)


def _add_proofs(rooms: Commands) -> None:
    module = "raincheck.audit_commands"
    verify = _add(rooms, "verify", f"{module}:verify", "find any change to what checkpoints cover")
    shelf = (
        "a checkpoint kept elsewhere, or a PDF, proof or receipt; repeatable (those in RAINCHECK_CHECKPOINTS)"
    )
    verify.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help=shelf)
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    _add(rooms, "checkpoint", f"{module}:checkpoint", "seal what can be sealed and print the checkpoint")
    seen = _add(rooms, "witness", f"{module}:witness", "have the newest checkpoint signed by the witness")
    seen.add_argument("--check", default="", metavar="FILE", help="say when this one was witnessed, instead")
    seen.add_argument("--witness-key", default="", help="with --check: the witness' verifier key")
    seen.add_argument("--key", default="", help="with --check: the log's (this installation's own)")
    what = "have the newest checkpoint time-stamped (RFC 3161), or check a stamp that was kept"
    stamped = _add(rooms, "stamp", f"{module}:stamp", what)
    kept = "say when this checkpoint was stamped, by FILE's neighbour that ends in .tsr, instead"
    stamped.add_argument("--check", default="", metavar="FILE", help=kept)
    stamped.add_argument(
        "--root", default="", metavar="PEM", help="with --check: whom to trust (RAINCHECK_TSA_ROOT)"
    )
    _add(rooms, "key", f"{module}:key", "print the key that checkpoints and receipts are checked with")
    proof = _add(rooms, "proof", f"{module}:proof", "print the proof that an entry is in the log")
    proof.add_argument("entry", help="its id")
    grown = _add(
        rooms, "consistency", f"{module}:consistency", "prove that a checkpoint only adds to another"
    )
    grown.add_argument("earlier", metavar="EARLIER", help="a checkpoint's file")
    grown.add_argument("later", metavar="LATER", help="a later one's")
    for command in (verify, grown):
        command.add_argument("--key", default="", help="the verifier key (this installation's own)")
    expire = _add(rooms, "expire", f"{module}:expire", "drop the texts of old entries; their hashes stay")
    expire.add_argument("--before", required=True, metavar="YYYY-MM-DD", help="sealed before this day, UTC")


def _add_demo(commands: Commands) -> None:
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


def _add_walkthrough(commands: Commands) -> None:
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


def _add(commands: Commands, name: str, does: str, what: str) -> LateParser:
    command = _described(commands, name, what)
    command.set_defaults(does=does)
    return command


def _described(commands: Commands, name: str, what: str) -> LateParser:
    return commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")


if __name__ == "__main__":
    sys.exit(main())
