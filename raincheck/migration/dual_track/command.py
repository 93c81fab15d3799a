"""`raincheck track begin | load | show | switch | report | verify`: a take-over, from a shell or a crontab.

Imports no model.
"""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from raincheck.core.terminal import say
from raincheck.hosting import BadSetting
from raincheck.migration.command import region, zone
from raincheck.migration.kinds.names import Kind
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.migration.refusals import Refused
from raincheck.shell import acting, in_the_house, module, table, text_of

_HERE = "migration.dual_track."


def add_arguments(rooms: Any) -> None:
    """Declare the commands."""
    made: dict[str, Any] = {}
    for name, what in (
        ("begin", "begin to take another system over"),
        ("load", "compare today's export of it with what is here; nothing is loaded into live tables"),
        ("show", "say day by day how the tracks stand, and row by row what differs"),
        ("switch", "switch, once the tracks agreed long enough, and sign the report"),
        ("report", "print the signed report of a switch once more"),
        ("verify", "check a report's signature"),
    ):
        made[name] = rooms.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        made[name].set_defaults(does=f"raincheck.migration.dual_track.command:{name}")
        if name != "verify":
            made[name].add_argument("--company", required=True, help="its address or its exact name")
            made[name].add_argument("--name", required=True, help="what the other system is called here")
    made["begin"].add_argument("--days", type=int, default=5, help="days in a row to agree (%(default)s)")
    made["begin"].add_argument("--tz", type=zone, help="zone of its times and of the days (the company's)")
    made["begin"].add_argument(
        "--since",
        default="",
        metavar="YYYY-MM-DD",
        help="leave interviews before that day, which isn't over, out (by --tz)",
    )
    made["load"].add_argument("file", type=Path, help="its export: CSV, XLSX, XLS or JSON lines")
    made["load"].add_argument(
        "--phone-region", type=region, metavar="CC", help="(that of the file before, or CN)"
    )
    made["load"].add_argument("--date-order", choices=["dmy", "mdy", "ymd"], help="as in `raincheck import`")
    made["load"].add_argument("--from", dest="source", choices=profiles(), help="likewise")
    made["load"].add_argument("--sheet", default="", help="likewise")
    made["load"].add_argument("--encoding", default="", help="likewise")
    made["load"].add_argument("--map", action="append", default=[], metavar="HEADING=FIELD", help="likewise")
    made["switch"].add_argument("--report", type=Path, metavar="FILE", help="where to write the report")
    made["verify"].add_argument("file", help="the report")
    made["verify"].add_argument("--key", default="", help="the verifier key (this installation's own)")


@in_the_house
def begin(args: Namespace) -> None:
    """Begin a take-over."""
    actions = module(_HERE + "actions")
    company = module("accounts.queries").company_named(args.company)
    timezone = args.tz.key if args.tz else company.timezone
    terms = actions.Terms(args.name, timezone, args.days, actions.first_day(args.since, timezone))
    with acting(args) as (actor, now):
        one = actions.begin(terms=terms, actor=actor, now=now)
    since = f"  {args.since} 起 / onward" if one.since else ""
    say(f"已开始 / begun: {one.name}  {one.needed} 天 / days  {timezone}{since}")


@in_the_house
def load(args: Namespace) -> int:
    """Compare an export. Ends with 0 where nothing differs, 1 where something does or the file can't be read."""
    actions, source = module(_HERE + "actions"), module("migration.files.source")
    try:
        with source.Source.open(args.file) as opened, acting(args) as (actor, now):
            one = actions.named(actor, args.name)
            study, numbers_of = _study(opened, args, actor.company_id)
            file = actions.File(args.file.name, opened.sha256, study, numbers_of)
            day = actions.load(track_id=one.id, file=file, actor=actor, now=now)
            opened.check_unchanged()
            agreed = len(actions.streak(list(one.days.all())))
    except Refused as refusal:
        say(str(refusal), to=sys.stderr)
        return 1
    say(f"对方 / there {day.rows_there}，本平台 / here {day.rows_here}，一致 / agree {day.agreeing}")
    if day.repeated:
        say(f"与前面的行重复，不计 / repeat an earlier row, not counted: {day.repeated}")
    for said in study.notices.all():
        if said["code"] == "closing_rows":
            say(f"{said['zh']}\n{said['en']}")
    for kind, many in sorted(day.counts.items()):
        say(f"{kind}\t{many}")
    say(f"连续一致 / days in a row: {agreed} / {one.needed}")
    return 1 if day.differing else 0


def _study(opened: Any, args: Namespace, company_id: Any) -> tuple[Any, str]:
    """Return the file understood, and the country of its numbers: as is said, else as was said before."""
    survey, tables, recall = (
        module("migration.rows.survey"),
        module("migration.files.tables"),
        module("migration.columns.memory").recall,
    )
    reading = tables.Reading(args.sheet, args.encoding, deep=bool(args.source))
    read, before = tables.open_as_before(opened, reading, lambda found: recall(company_id, found))
    said, source, manner = tuple(_pair(text) for text in args.map), args.source or "", None
    if before and before.fits(Kind.INTERVIEWS, source):
        said, source = module("migration.saying").together(before.columns, said), source or before.source
        manner = before.manner
    order, from_ = manner.date_order if manner else "", profile(source) if source else None
    wishes = survey.Wishes(said, args.date_order, order, Kind.INTERVIEWS, from_)
    return survey.study(read, wishes), args.phone_region or (manner and manner.region) or "CN"


def _pair(text: str) -> tuple[str, str]:
    heading, _, field = text.rpartition("=")
    if not heading or not field:
        raise BadSetting(f"--map {text!r}: HEADING=FIELD")
    return heading, field


@in_the_house
def show(args: Namespace) -> None:
    """Say how the tracks stand."""
    actions, telling = module(_HERE + "actions"), module(_HERE + "telling")
    with acting(args) as (actor, _):
        one = actions.named(actor, args.name)
        days = list(one.days.order_by("day"))
        table(telling.of_day(day) for day in days)
        if days and days[-1].differing:
            say(f"时间为 {one.timezone} / times are by {one.timezone}")
            table(telling.of_row(row, ZoneInfo(one.timezone)) for row in actions.differences(one))
    say(f"连续一致 / days in a row: {len(actions.streak(days))} / {one.needed}")
    if one.switched_at:
        say(f"已切换 / switched: {one.switched_at:%Y-%m-%d %H:%M} UTC")


@in_the_house
def switch(args: Namespace) -> int:
    """Switch, and write the signed report. Ends with 1 where it can't be written; it is printed then."""
    actions = module(_HERE + "actions")
    with acting(args) as (actor, now):
        one = actions.switch(track_id=actions.named(actor, args.name).id, actor=actor, now=now)
    say(f"已切换 / switched: {one.name}")
    if args.report is None:
        say(one.report)
        return 0
    try:
        args.report.write_text(one.report, encoding="utf-8")
    except OSError as error:
        say(f"无法写入 / can't write {args.report}: {error.strerror}", to=sys.stderr)
        say(one.report)
        return 1
    say(f"报告 / report: {args.report}")
    return 0


@in_the_house
def report(args: Namespace) -> None:
    """Print the report of a switch."""
    actions = module(_HERE + "actions")
    with acting(args) as (actor, _):
        text = actions.report_of(actions.named(actor, args.name))
    say(text.removesuffix("\n"))


def verify(args: Namespace) -> int:
    """Check a report; with --key no installation is needed."""
    if args.key:
        return _verify(args)
    return in_the_house(_verify)(args)


def _verify(args: Namespace) -> int:
    notes = module("audit.notes")
    try:
        verifier = notes.Verifier.read(args.key) if args.key else notes.signer().verifier
        said = module(_HERE + "reading").read(text_of(args.file), verifier)
    except notes.NotOurs as error:
        say(f"不成立 / does not hold: {error}", to=sys.stderr)
        return 1
    say("签名有效 / the signature holds")
    say(json.dumps(said, ensure_ascii=False, indent=2))
    return 0
