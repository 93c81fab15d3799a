"""`raincheck keys list | new | rotate`: the master keys, from a shell (docs/howto/keys.md)."""

import os
import secrets
import sys
from argparse import Namespace
from typing import Any

from raincheck.core.keyring import SIZE, BadKeys, encoded, named_kms
from raincheck.core.terminal import say
from raincheck.hosting import BadSetting
from raincheck.installation import MASTER, is_embedded, later_master_keys
from raincheck.runtime.home import Home
from raincheck.runtime.instance import running_instance
from raincheck.shell import in_the_house, module, table


def add_arguments(rooms: Any) -> None:
    """Declare the commands of `raincheck keys`."""
    for name, what in (
        ("list", "say which master keys there are, by their marks, and how much each seals"),
        ("new", "make a new master key"),
        ("rotate", "seal everything anew under the newest master key; can be stopped and begun again"),
    ):
        command = rooms.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        command.set_defaults(does=f"raincheck.key_commands:{name}")
        if name == "rotate":
            command.add_argument(
                "--batch", type=int, default=500, metavar="N", help="rows a transaction (%(default)s)"
            )


def new(args: Namespace) -> int:
    """Make a master key: into the embedded installation's folder of keys, else printed for the settings."""
    if is_embedded(os.environ) and not _named():
        home = Home.open()
        home.read_or_create_secret(MASTER)
        newest = later_master_keys(home)[-1:] or [f"{MASTER}-1"]
        name = f"{MASTER}-{int(newest[0].rpartition('-')[2]) + 1}"
        home.read_or_create_secret(name)
        say(f"已生成 / made: {home.keys / name}")
        say("请重启 Raincheck，再执行 raincheck keys rotate / restart Raincheck, then: raincheck keys rotate")
        return 0
    try:
        text = encoded(secrets.token_bytes(SIZE), named_kms(os.environ))
    except BadKeys as error:
        raise BadSetting(str(error)) from error
    say(text)
    say("请按 docs/howto/keys.md 的次序启用 / put it in force as docs/howto/keys.md says", to=sys.stderr)
    return 0


def _named() -> bool:
    return any(os.environ.get(f"RAINCHECK_{name}") for name in ("MASTER_KEY", "MASTER_KEY_FILE", "KMS"))


@in_the_house
def list(args: Namespace) -> int:  # noqa: A001 (named as it is typed)
    """Say which keys there are and how much each seals. Ends with 1 if none of them opens something."""
    newest = module("core.crypto").key_mark()
    counts = dict(module("rekeying").counted())
    lost = counts.pop("", 0)
    table(
        (mark, f"{count} 项 / sealed", "当前 / newest" if mark == newest else "")
        for mark, count in counts.items()
    )
    if lost:
        say(
            f"设置中缺少一把主密钥：{lost} 项无法打开 / a key is missing: none of these opens {lost}",
            to=sys.stderr,
        )
    return 1 if lost else 0


@in_the_house
def rotate(args: Namespace) -> int:
    """Seal everything anew under the newest key. Ends with 1 if anything opens with none of the keys."""
    if args.batch < 1:
        raise BadSetting("--batch: 1 …")
    _require_restarted()
    progress, rekeying = None, module("rekeying")
    try:
        for progress in rekeying.rekey(batch=args.batch):
            if sys.stderr.isatty():
                say(f"… {progress.done}", to=sys.stderr)
    except rekeying.KeyMissing as error:
        raise BadSetting(
            "设置中没有现有数据所用的主密钥，未作任何改动 / none of the master keys in the settings opens what is"
            " here; nothing was changed"
        ) from error
    mark = module("core.crypto").key_mark()
    say(f"已改用主密钥 {mark} / sealed anew under {mark}: {progress.done if progress else 0}")
    for what in progress.unreadable[:20] if progress else []:
        say(f"无法打开 / opens with none of the keys: {what}", to=sys.stderr)
    return 1 if progress and progress.unreadable else 0


def _require_restarted() -> None:
    """Refuse while an instance runs that began before the newest key was made: it couldn't open what we seal."""
    if _settings_named():
        return
    home = Home.open()
    later, began = later_master_keys(home), home.run / "instance.json"
    if not later or running_instance(home) is None or not began.exists():
        return
    if began.stat().st_mtime < (home.keys / later[-1]).stat().st_mtime:
        raise BadSetting(
            "新密钥生成后尚未重启 / Raincheck hasn't been restarted since the new key was made: restart it first"
        )


def _settings_named() -> bool:
    """Say whether the keys in force are others than the embedded installation's own."""
    home = Home.open()
    own = module("installation").master_key_text(home)
    return bool(os.environ.get("RAINCHECK_MASTER_KEY_FILE")) or os.environ.get("RAINCHECK_MASTER_KEY") != own
