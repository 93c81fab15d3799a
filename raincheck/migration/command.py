"""`raincheck import`: read a file, say what it would do, and do it if told to.

The file is understood before any database is touched; a file that can't be is refused there and then.
"""

import json
import os
import secrets
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django
import phonenumbers

from raincheck import hosting
from raincheck.core.terminal import say
from raincheck.migration.files.source import Source, Table
from raincheck.migration.files.tables import Reading, open_as_before, open_table
from raincheck.migration.kinds.names import Kind
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.migration.progress import Bar
from raincheck.migration.refusals import OpenQuestion, Refused, UnexpectedFailure, ZoneUnsaid
from raincheck.migration.rows.survey import Study, Wishes, study
from raincheck.migration.saying import UNSAID, Manner, Memory, together
from raincheck.migration.values.years import is_year
from raincheck.migration.words import Words
from raincheck.runtime.home import Home
from raincheck.upkeep import bring_up_to_date, let_go_of_the_database


def add_arguments(command: ArgumentParser) -> None:
    """Declare what the command takes."""
    command.add_argument("file", type=Path, metavar="FILE", help="a table: CSV, XLSX, XLS or JSON lines")
    command.add_argument(
        "--kind",
        choices=[*Kind],
        help="what a row of it is, where headings and values don't say so surely enough",
    )
    command.add_argument(
        "--from",
        dest="source",
        choices=profiles(),
        help="the system it was exported from, by whose names its columns are known",
    )
    command.add_argument(
        "--company", required=True, metavar="NAME", help="the company's name or address name"
    )
    command.add_argument(
        "--tz",
        type=zone,
        metavar="ZONE",
        help="zone of the file's times, e.g. Asia/Shanghai (that of the file before with these headings)",
    )
    _add_carrying_out(command)
    _add_reading(command)


def _add_carrying_out(command: ArgumentParser) -> None:
    """Declare what is to be done with the file, and what of it told where."""
    way = command.add_mutually_exclusive_group(required=True)
    way.add_argument("--dry-run", action="store_true", help="say what would be done and change nothing")
    way.add_argument("--yes", action="store_true", help="load; makes the company if it isn't there")
    command.add_argument(
        "--resume",
        metavar="BATCH",
        help="only go on with this batch, which was broken off; else a new run begins where there is none",
    )
    command.add_argument(
        "--all-or-nothing",
        action="store_true",
        help="a row that fails a check keeps the others out, too; one transaction, nothing to resume",
    )
    command.add_argument("--json", action="store_true", help="print the figures as JSON")
    command.add_argument(
        "--rejections",
        type=Path,
        metavar="PATH",
        help="where to write the rejected rows (files/imports/ in RAINCHECK_HOME)",
    )


def _add_reading(command: ArgumentParser) -> None:
    """Declare what a person says of a file that doesn't say it itself."""
    command.add_argument(
        "--map",
        action="append",
        default=[],
        type=_pair,
        metavar="HEADING=FIELD",
        help="what a column is (#3=start by number; HEADING=- for none)",
    )
    command.add_argument(
        "--date-order",
        choices=["dmy", "mdy", "ymd"],
        help="day and month in dates like 04/12/16, where the file doesn't prove it",
    )
    command.add_argument(
        "--year",
        type=_year,
        metavar="YYYY",
        help="the year of dates that are written without one, if all of the file is of one year",
    )
    command.add_argument(
        "--sheet", default="", help="the sheet of a workbook (the first visible one that may be a list)"
    )
    command.add_argument("--encoding", default="", help="of a CSV that is neither UTF-8 nor GB18030")
    command.add_argument(
        "--phone-region",
        type=region,
        metavar="CC",
        help="country of phone numbers without a country code (the zone's), e.g. CN",
    )


def region(code: str) -> str:
    """Return a country by its ISO code, as phone numbers have it."""
    if code.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ArgumentTypeError(f"没有国家代码 / there is no country {code!r}; e.g. CN")
    return code.upper()


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ArgumentTypeError(f"没有时区 / there is no time zone {name!r}; e.g. Asia/Shanghai") from error


def _year(text: str) -> int:
    if not is_year(text):
        raise ArgumentTypeError(f"不是年份 / no year: {text!r}; e.g. 2026")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    heading, _, field = text.rpartition("=")
    if not heading or not field:
        raise ArgumentTypeError(f"{text!r}: HEADING=FIELD")
    return heading, field


def run(args: Namespace) -> int:
    """Import a file. Returns 0 when rows were (or would be) loaded or are there already, else 1."""
    try:
        return _run(args)
    except Refused as refusal:
        if args.json:
            say(json.dumps({"error": refusal.code, "message": str(refusal.words)}, ensure_ascii=False))
        say("\n".join((str(refusal), *getattr(refusal, "__notes__", ()))), to=sys.stderr)
        return 1


@contextmanager
def _in_words() -> Iterator[None]:
    """Tell whatever nobody thought of in words, without its own message: that may quote somebody's row."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 (the end of the line: above is only the shell, where a traceback would quote somebody's row)
        raise UnexpectedFailure.of(error) from None


def _run(args: Namespace) -> int:
    with Source.open(args.file) as source:
        with _in_words():
            understood = _study(open_table(source, _reading(args)), args)
        home = Home.open()
        with hosting.database(home):
            os.environ.setdefault("RAINCHECK_LOG_LEVEL", "WARNING")
            django.setup()
            bring_up_to_date()
            # Imported late, for models need Django's settings, which needed the database's address.
            importing: Any = import_module("raincheck.migration.importing")
            recall = partial(importing.recall, args.company)
            understood, manner = _as_before(understood, source, args, recall)
            bar = Bar()
            terms = _terms(args, home) | {"zone": ZoneInfo(manner.timezone), "region": manner.region}
            errand = importing.Errand(company=args.company, source=source, told=bar, **terms)
            try:
                outcome = importing.carry_out(understood, errand)
            finally:
                bar.end()
            let_go_of_the_database()
    report: Any = import_module("raincheck.migration.report")
    said = report.as_json(outcome, understood) if args.json else report.as_text(outcome, understood, errand)
    say(said)
    return 0 if outcome.loaded or outcome.unchanged else 1


def _terms(args: Namespace, home: Home) -> dict[str, Any]:
    """Return what is asked of the import, by the errand's names for it."""
    where = args.rejections or _rejections(home, args.file)
    return {
        "for_good": args.yes,
        "rejections": where.absolute(),
        "said": tuple(args.map),
        "whole": args.all_or_nothing,
        "resume": args.resume or "",
    }


def _study(table: Table, args: Namespace) -> Study | OpenQuestion:
    """Understand the file, or return the question that a person may have answered before."""
    try:
        return study(table, _wishes(args))
    except Refused as refusal:
        # Which sheet was looked at is said with it: what was missed may stand in another.
        for words in (words for code, words in table.notes if code == "other_sheets"):
            refusal.add_note(f"{words.zh}\n{words.en}")
        if isinstance(refusal, OpenQuestion):
            return refusal
        raise


def _reading(args: Namespace) -> Reading:
    return Reading(args.sheet, args.encoding, deep=bool(args.source))


def _wishes(args: Namespace, before: Memory | None = None) -> Wishes:
    """Return what the person says, and of what they don't say what was said before."""
    said, kind, source, order = tuple(args.map), args.kind, args.source, ""
    if before:
        said, order = together(before.columns, said), before.manner.date_order
        kind, source = kind or before.kind, source or before.source
    from_ = profile(source) if source else None
    return Wishes(said, args.date_order, order, Kind(kind) if kind else None, from_, args.year)


def _as_before(
    understood: Study | OpenQuestion,
    source: Source,
    args: Namespace,
    recall: Callable[[Table], Memory | None],
) -> tuple[Study, Manner]:
    """Read the file as was said of those with the same headings. Raises the open question, ZoneUnsaid."""
    manner = UNSAID
    with _in_words():
        table, before = open_as_before(source, _reading(args), recall)
        if before and before.fits(args.kind, args.source or ""):
            manner = before.manner
            understood = study(table, _wishes(args, before))
            if before.columns:
                understood.notices.say("columns_remembered", _remembered(understood))
    if isinstance(understood, OpenQuestion):
        raise understood
    return understood, _manner(args, manner, understood)


def _manner(args: Namespace, before: Manner, found: Study) -> Manner:
    """Return what is said now, else what was said before, and say so of the zone. Raises ZoneUnsaid."""
    zone_, region_ = args.tz.key if args.tz else before.timezone, args.phone_region or before.region
    if not zone_:
        raise ZoneUnsaid
    if not args.tz:
        zh = f"时间按此来源上次确认的时区 {zone_} 读取（可用 --tz 指定）"
        en = f"times are read in {zone_}, as for this source before (say another with --tz)"
        found.notices.say("zone_remembered", Words(zh, en))
    return Manner(zone_, region_, found.order_said)


def _remembered(found: Study) -> Words:
    name = found.source.name if found.source else ""
    zh = "列的对应按此来源上次确认的读取" + (f"（来源系统：{name}）" if name else "")
    en = "the columns are read as they were confirmed for this source before" + (f" ({name})" if name else "")
    return Words(zh, en)


def _rejections(home: Home, file: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return home.files / "imports" / f"{file.stem}-{stamp}-{secrets.token_hex(2)}-rejected.csv"
