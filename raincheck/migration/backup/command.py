"""`raincheck backup …` and `raincheck candidate erase`. Imports no model: the settings, and a database, come first."""

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import django
from django.db import transaction

from raincheck import hosting
from raincheck.core.errors import NotFound, RaincheckError, in_both_languages
from raincheck.core.terminal import say
from raincheck.installation import MASTER, MASTER_KEYS, is_embedded
from raincheck.runtime.home import Home
from raincheck.runtime.instance import only_instance
from raincheck.runtime.postgres_roles import provision
from raincheck.shell import in_the_house, module, table

_HERE = "migration.backup."


def add_arguments(rooms: Any) -> None:
    """Declare the commands of `raincheck backup`."""
    made = _add(rooms, "create", "make a backup now, and prove that it can be restored")
    made.add_argument(
        "--no-verify", action="store_true", help="don't prove it; it isn't counted as good then"
    )
    _add(rooms, "list", "list the backups, newest first")
    proven = _add(rooms, "verify", "restore a backup into a scratch database and compare")
    back = _add(
        rooms, "restore", "put a backup in the database's place; what was there is kept under another name"
    )
    for command in (proven, back):
        command.add_argument("name", help="which one, as `list` names it, or: latest")
    back.add_argument("--yes", action="store_true", help="do it; without, say what would be done")
    back.add_argument(
        "--other-keys", action="store_true", help="even if it was made under another master key"
    )
    back.add_argument("--disconnect", action="store_true", help="even if somebody is connected")
    _add(rooms, "replay", "erase again whoever the list of erasures names, after a recovery by other means")
    pruned = _add(rooms, "prune", "remove what the rule no longer keeps")
    pruned.add_argument("--dry-run", action="store_true", help="only say which")


def _add(rooms: Any, name: str, what: str) -> ArgumentParser:
    command: ArgumentParser = rooms.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    command.set_defaults(does=f"raincheck.migration.backup.command:{name}")
    return command


@in_the_house
def create(args: Namespace) -> int:
    """Make a backup now."""
    here = module(_HERE + "ground").ground()
    run = module(_HERE + "schedule").back_up(here, prove=not args.no_verify)
    if run.trouble:
        say(f"备份失败 / the backup failed: {run.trouble}", to=sys.stderr)
        return 1
    proof = "已验证 / verified" if run.verified_at else "未验证 / not verified"
    say(f"已备份 / backed up: {run.name}  {run.bytes} bytes  {proof}  {here.folder}")
    say(
        "主密钥不在备份中，请另行保管 / the master key isn't in it: keep it apart (RAINCHECK_HOME/keys, or where"
        " RAINCHECK_MASTER_KEY comes from)"
    )
    return 0


def list(args: Namespace) -> int:  # noqa: A001 (named as it is typed)
    """List the backups; where the database is gone, too, for it is then that one is looked for."""
    with hosting.database(Home.open()):
        django.setup()
        _list()
    return 0


def _list() -> None:
    manifest_of, folder = module(_HERE + "manifest"), module(_HERE + "ground").place()
    manifests = manifest_of.read_all(folder)
    if not manifests:
        say(f"{folder} 中没有备份 / no backup in {folder}", to=sys.stderr)
    table(
        (
            manifest.name,
            f"{manifest.at:%Y-%m-%d %H:%M:%S}Z",
            f"{manifest.bytes} bytes",
            f"{manifest.holdings.rows} 行 / rows",
            f"{manifest.verified_at:%Y-%m-%d %H:%M:%S}Z 已验证 / verified"
            if manifest.verified_at
            else "未验证 / unverified",
        )
        for manifest in manifests
    )
    for name in manifest_of.unreadable(folder):
        say(f"{name}  清单缺失或损坏，不可用 / its manifest is missing or spoilt: of no use", to=sys.stderr)


@in_the_house
def verify(args: Namespace) -> None:
    """Prove that a backup can be restored."""
    here = module(_HERE + "ground").ground()
    manifest = module(_HERE + "manifest").named(here.folder, args.name)
    proven = module(_HERE + "schedule").prove_again(here, manifest)
    many = len(proven.holdings.tables)
    say(f"相符 / as backed up: {proven.name}  {many} 张表 / tables, {proven.holdings.rows} 行 / rows")


@in_the_house
def prune(args: Namespace) -> None:
    """Remove what the rule no longer keeps."""
    keeping, folder = module(_HERE + "keeping"), module(_HERE + "ground").place()
    gone = (keeping.to_prune if args.dry_run else keeping.prune)(folder, keeping.rule())
    table((manifest.name, "将删除 / would go" if args.dry_run else "已删除 / removed") for manifest in gone)


@in_the_house
def replay(args: Namespace) -> None:
    """Erase again whoever the list names and the database knows: it came back without us."""
    _replay(module(_HERE + "ground").place())


def _replay(folder: Any) -> None:
    """Erase again, and say so where there is no list: it may have been left behind, and they are back."""
    erasures = module(_HERE + "erasures")
    say(f"重新删除个人信息 / erased again: {erasures.replay(folder)}")
    path = folder / erasures.FILE
    if not path.exists():
        say(
            f"没有删除名单 {path}：如备份之后删除过个人信息，请先放回名单，再执行 raincheck backup replay\n"
            f"there is no list {path}: if anybody was erased since, bring it back and run raincheck backup replay",
            to=sys.stderr,
        )


def restore(args: Namespace) -> int:
    """Put a backup in the database's place, then migrate it, and erase again whoever was erased since."""
    os.environ.setdefault("RAINCHECK_LOG_LEVEL", "WARNING")
    home = Home.open()
    _require_keys(home, args)
    # A running `serve` owns the embedded database; with DATABASE_URL connections are counted instead.
    with only_instance(home), hosting.database(home):
        django.setup()
        try:
            return _restore(args, home)
        except RaincheckError as error:
            say(in_both_languages(error), to=sys.stderr)
            return 1


def _require_keys(home: Home, args: Namespace) -> None:
    """Have no database begun under keys made just now: the former ones, once they are back, would open none of it.

    Raises BadSetting.
    """
    ours = is_embedded(os.environ) and not any(os.environ.get(name) for name in MASTER_KEYS)
    if ours and not (home.keys / MASTER).exists() and not args.other_keys:
        msg = (
            f"{home.keys} 中没有主密钥：请先放回备份时的密钥；确实没有请加 --other-keys / "
            "no master key is there: bring back those of the backup's time first; if they are lost, say --other-keys"
        )
        raise hosting.BadSetting(msg)


def _restore(args: Namespace, home: Home) -> int:
    ground, erasures = module(_HERE + "ground"), module(_HERE + "erasures")
    here = ground.ground()
    manifest = module(_HERE + "manifest").named(here.folder, args.name)
    module(_HERE + "restoring").require_keys(manifest, other_keys=args.other_keys)
    if not args.yes:
        say(f"将恢复 / would restore: {manifest.name}  {manifest.holdings.rows} 行 / rows")
        say("加 --yes 执行；现有数据库会改名保留 / add --yes to do it; the present database is kept, renamed")
        return 0
    restoring = module(_HERE + "restoring")
    restoring.reopen(here)
    reopened = _save_erasures(here, erasures, since=manifest.at)
    kept = restoring.restore(here, manifest, other_keys=args.other_keys, disconnect=args.disconnect)
    if is_embedded_here():
        provision(home)
    import_module("raincheck.upkeep").bring_up_to_date()
    module(_HERE + "schedule").note_known(module(_HERE + "manifest").read_all(here.folder))
    say(f"已恢复 / restored: {manifest.name}  {manifest.holdings.rows} 行 / rows")
    if kept:
        say(f"原数据库保留为 / the former database is kept as: {kept}")
    _replay(here.folder)
    for one in reopened:
        say(f"{one.what}：{one.company}  {one.name}")
    # Another server numbers transactions anew: the ordinary look would pass entries over, and the trail seem forged.
    module("core.jobs").defer("audit.seal_thoroughly", queue="sweep", timestamp=int(time.time()))
    shelf = module("audit.shelf").folder()
    if shelf.exists():
        say(f"启动之前请移走 {shelf}：其中的检查点比恢复的审计记录新，见 docs/howto/backup.md")
        say(
            f"before you start, put {shelf} aside: it reaches further than the trail does now, see docs/howto/backup.md"
        )
    return 0


def is_embedded_here() -> bool:
    """Say whether the embedded database is what DATABASE_URL, adopted by now, names."""
    settings: Any = import_module("django.conf").settings
    return not settings.DATABASE_BACKUP_URL


def _save_erasures(here: Any, erasures: Any, *, since: Any) -> Sequence[Any]:
    """Before a database goes, have the list learn what it alone may know; returns the ways in shut since the backup."""
    psycopg: Any = import_module("psycopg")
    if not here.is_there():
        return ()
    try:
        with here.connect() as connection:
            erasures.remember(here.folder, erasures.on_record(connection))
            return tuple(module(_HERE + "ways_in").reopened(connection, since=since))
    except psycopg.errors.UndefinedTable:
        # A database that was just made has no trail.
        return ()
    except psycopg.Error as error:
        # A broken one can't be read: what the list has is what there is.
        say(
            f"现有数据库的删除记录无法读取 / no erasures could be read from it: {type(error).__name__}",
            to=sys.stderr,
        )
        return ()


def add_erase_arguments(rooms: Any) -> None:
    """Declare the commands of `raincheck candidate`."""
    gone = _add(rooms, "erase", "destroy a candidate's data key and their name, for good")
    gone.add_argument("--company", required=True, help="its address or its exact name")
    gone.add_argument(
        "--candidate", required=True, help="the candidate's id, as the address of their page has it"
    )
    gone.add_argument(
        "--yes",
        action="store_true",
        help="do it, which can't be undone; without, say whether it could be done",
    )


@in_the_house
def erase(args: Namespace) -> int:
    """Erase one candidate, and put it on the list that outlives the database; or say that it could be done."""
    uuid: Any = import_module("uuid")
    try:
        candidate_id = uuid.UUID(args.candidate)
    except ValueError as error:
        raise hosting.BadSetting(f"--candidate: {error}") from error
    company = module("accounts.queries").company_named(args.company)
    with module("core.scope").company_scope(company.id) as now:
        actor = module("core.actor").Actor.system(company.id)
        erase = module("archive.erasing").erase_candidate
        try:
            erase(candidate_id=candidate_id, actor=actor, now=now)
        except NotFound:
            # Of a batch that was rolled back, only what is kept of its rows may still know them.
            if not module("forgetting").erase_images(company_id=company.id, candidate_id=candidate_id):
                raise
        if not args.yes:
            # What stands against it has been said by now: it was done, and is taken back.
            transaction.set_rollback(True)
    if not args.yes:
        say(f"将删除，无法撤销 / would erase, for good: {candidate_id}；加 --yes 执行 / add --yes to do it")
        return 0
    # The worker has it to do as well; here it is done when we say so.
    module("forgetting").forget(company_id=str(company.id), candidate_id=str(candidate_id))
    erasures = module(_HERE + "erasures")
    folder = module(_HERE + "ground").folder()
    erasures.remember(folder, [erasures.Erasure(company.id, candidate_id, now)])
    say(f"已删除 / erased: {candidate_id}")
    return 0
