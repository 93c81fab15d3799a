"""`raincheck export`: everything a company owns to a folder, and such a folder back into an installation.

Imports no model: the settings, and a database, come first.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from raincheck.core.errors import RaincheckError, in_both_languages
from raincheck.core.terminal import say
from raincheck.hosting import BadSetting
from raincheck.shell import in_the_house, module

_HERE = "migration.exports."


def add_arguments(command: ArgumentParser) -> None:
    """Declare what the command takes, and the commands beneath it."""
    command.add_argument("--company", default="", help="whose: its address or its exact name")
    command.add_argument("--to", type=Path, metavar="DIR", help="a new folder for it")
    command.add_argument("--parquet", action="store_true", help="Parquet as well (raincheck[parquet])")
    rooms: Any = command.add_subparsers(metavar="COMMAND")
    back = rooms.add_parser("restore", help="take an export in, in an installation without this company")
    back.add_argument("place", type=Path, metavar="DIR", help="the export's folder or zip file")
    back.add_argument("--slug", default="", help="the company's address here, /c/SLUG/ (as it was)")
    back.add_argument(
        "--parquet", action="store_true", dest="from_parquet", help="read its Parquet files alone"
    )
    back.add_argument(
        "--yes", action="store_true", help="do it; without, check the files and say what would be"
    )
    back.set_defaults(does="raincheck.migration.exports.command:restore")
    told = rooms.add_parser("describe", help="print every file and column of an export")
    told.set_defaults(does="raincheck.migration.exports.command:describe")


@in_the_house
def export(args: Namespace) -> int:
    """Write everything a company owns into a folder."""
    if not args.company or args.to is None:
        raise BadSetting("raincheck export --company … --to DIR")
    company = module("accounts.queries").company_named(args.company)
    actor = module("core.actor").Actor.system(company.id)
    try:
        write = module(_HERE + "folder").export_to
        manifest = write(args.to, company_id=company.id, actor=actor, parquet=args.parquet)
    except OSError as error:
        say(f"无法写入 / can't write {args.to}: {error.strerror}", to=sys.stderr)
        return 1
    many = len(manifest.sheets)
    say(f"已导出 / exported: {many} 张表 / sheets, {manifest.rows} 行 / rows: {args.to}")
    say("含明文联系方式，请妥善保管 / it holds contacts in the clear: keep it safe")
    return 0


@in_the_house
def restore(args: Namespace) -> int:
    """Take an export in, or say what would be."""
    lying = module(_HERE + "reading").Lying(args.place, from_parquet=args.from_parquet)
    manifest = lying.manifest
    whose = f"{manifest.name}（{args.slug or manifest.slug}）"
    restoring = module(_HERE + "restoring")
    if not args.yes:
        restoring.check_content(lying)
        say(
            f"所有文件与清单相符 / every file is as the manifest says: {manifest.rows} 行 / rows  {manifest.taken_at}"
        )
        try:
            restoring.check_room(manifest, slug=args.slug)
        except RaincheckError as error:
            # That the files are whole is found out where they were made, too: so no failure.
            said = f"{in_both_languages(error)} [{error.code}]"
            say(f"在这里加 --yes 会被拒绝 / with --yes it would be refused here: {said}")
        else:
            say(f"将恢复 / would restore: {whose}；加 --yes 执行 / add --yes to do it")
        return 0
    restoring.restore(lying, slug=args.slug)
    say(f"已恢复，逐表核对一致 / restored, every sheet compared: {whose}  {manifest.rows} 行 / rows")
    if manifest.key_mark != module("core.crypto").key_mark():
        say(
            "主密钥不同：按外部编号认人要重新导入名单 / another master key: outside ids aren't known by hash here"
        )
    say("员工需重设密码 / staff need new passwords: raincheck staff password --company … --email …")
    return 0


@in_the_house
def describe(args: Namespace) -> None:
    """Print every file and column, as docs/reference/export.md has them."""
    say(module(_HERE + "describing").reference().rstrip("\n"))
