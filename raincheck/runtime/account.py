"""The unprivileged OS account that PostgreSQL runs as when we are root, and what it can reach."""

import os
import pwd
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from raincheck.runtime.leash import leashed

PREFERRED = ("postgres", "nobody")


class NoAccount(Exception):
    """We are root, and there is no unprivileged account to run PostgreSQL as."""

    code = "no_account"


@dataclass(frozen=True, slots=True)
class Account:
    """An OS account."""

    name: str
    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """Return whom the server must run as: None (ourselves) unless we are root.

    An existing data folder keeps its owner, so that an account installed later changes nothing.
    Raises NoAccount.
    """
    if os.geteuid() != 0:
        return None
    wanted: tuple[int | str, ...] = (data.stat().st_uid,) if data.exists() else PREFERRED
    for who in wanted:
        try:
            entry = pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    msg = (
        f"PostgreSQL does not run as root, and this system has none of the accounts {wanted}. "
        "Run raincheck as an ordinary user, or set DATABASE_URL."
    )
    raise NoAccount(msg)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Say whether `account` can reach `folder`. It is tried, not computed: ACLs and mounts count too."""
    return _succeeds(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)], account)


def can_run(program: Path, account: Account | None) -> bool:
    """Say whether `account` can run `program --version`."""
    return _succeeds([str(program), "--version"], account)


def _succeeds(argv: list[str], account: Account | None) -> bool:
    command = leashed(argv, on_our_death=signal.SIGKILL, account=account)
    done = subprocess.run(command, cwd="/", capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def let_through(folder: Path, account: Account | None) -> None:
    """Let `account` walk through `folder`, one of ours, without listing or reading it."""
    if account is None or can_enter(folder, account):
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & stat.S_IRWXG:
        # Its group has rights already: handing those to the account would give more than a way through.
        folder.chmod(mode | stat.S_IXOTH)
    else:
        os.chown(folder, -1, account.gid)
        folder.chmod(mode | stat.S_IXGRP)


def give(path: Path, account: Account | None) -> None:
    """Make `account` the owner of `path`."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
