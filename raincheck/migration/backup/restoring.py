"""Restoring a backup: beside what is there, proven against its manifest, and only then put in its place.

The database that was there is kept under another name. Nothing sealed is opened on the way.
"""

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from raincheck.core.crypto import key_marks
from raincheck.migration.backup.creating import LAST_WORDS
from raincheck.migration.backup.errors import BackupDamaged, OtherKeys, ProgramFailed, StillInUse
from raincheck.migration.backup.ground import Ground, environment, programs
from raincheck.migration.backup.manifest import Manifest
from raincheck.migration.backup.witness import tell_of
from raincheck.runtime.leash import leashed

LEAVES_WITHIN = 3.0
#: Who is connected. What kind of process it is, `backend_type`, a role like the one for backups isn't told of others';
#: those of the server's own, which leave by themselves, are nobody's.
_CONNECTED = "pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL"
_PROVIDERS: Mapping[str, LiteralString] = {"b": "BUILTIN_LOCALE", "i": "ICU_LOCALE"}
_NAMES: Mapping[str, LiteralString] = {"b": "builtin", "i": "icu", "c": "libc"}


def verify(ground: Ground, manifest: Manifest) -> Manifest:
    """Prove that a backup restores to what was backed up, in a scratch database that goes again.

    Raises BackupDamaged, ProgramFailed, NoProgram.
    """
    with ground.our_turn() as connection:
        _drop_leftovers(ground, connection)
        try:
            with _restored(
                ground, connection, manifest, name=f"{ground.database}_check_{uuid4().hex[:8]}"
            ) as scratch:
                _drop(connection, scratch)
        except BackupDamaged:
            # The rule would keep it, as the newest of its day, in the place of one that is good.
            with suppress(OSError):
                manifest.proven(ground.folder, None)
            raise
    return manifest.proven(ground.folder, datetime.now(UTC))


def require_keys(manifest: Manifest, *, other_keys: bool) -> None:
    """Raise OtherKeys where none of our keys is that of the backup, unless that is as it should be."""
    if manifest.key_mark not in key_marks() and not other_keys:
        raise OtherKeys


def restore(ground: Ground, manifest: Manifest, *, other_keys: bool = False, disconnect: bool = False) -> str:
    """Put a backup in the database's place; returns the name under which the one that was there is kept, or `""`.

    Raises BackupDamaged, OtherKeys, StillInUse, ProgramFailed, NoProgram: then nothing has changed.
    """
    require_keys(manifest, other_keys=other_keys)
    with ground.our_turn() as connection:
        _drop_leftovers(ground, connection)
        there = ground.is_there()
        if there and not disconnect:
            _require_nobody(ground, connection)
        with _restored(
            ground, connection, manifest, name=f"{ground.database}_check_{uuid4().hex[:8]}"
        ) as fresh:
            kept = _set_aside(ground, connection) if there else ""
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(fresh), sql.Identifier(ground.database)))
            _let_in(ground, connection)
    return kept


def reopen(ground: Ground) -> None:
    """Open the database again if a restore was killed after it had closed it. Raises BackupUnderWay."""
    with ground.our_turn() as connection:
        closed = "SELECT 1 FROM pg_database WHERE datname = %s AND NOT datallowconn"
        if connection.execute(closed, [ground.database]).fetchone():
            _open(connection, ground.database)


def _open(connection: "psycopg.Connection[Any]", name: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


@contextmanager
def _restored(
    ground: Ground, connection: "psycopg.Connection[Any]", manifest: Manifest, *, name: str
) -> Iterator[str]:
    """Have a backup restored and proven under a name of its own; a failure within leaves nothing behind."""
    path = manifest.check_file(ground.folder)
    tools = programs(connection.info.server_version // 10000)
    connection.execute(_creation(name, manifest.database))
    try:
        _run(
            tools.argv("pg_restore", "--exit-on-error", "--jobs=2", f"--dbname={name}", str(path)),
            ground.url(name),
        )
        _compare(ground, manifest, name)
        yield name
    except BaseException:  # Ctrl-C as well: a copy of the whole database would be left behind
        _drop(connection, name)
        raise


def _compare(ground: Ground, manifest: Manifest, name: str) -> None:
    with ground.connect(name) as fresh:
        wrong = manifest.holdings.differences(tell_of(fresh))
    if wrong:
        raise BackupDamaged(detail="; ".join(wrong[:5]))


def _run(argv: list[str], url: str) -> None:
    command = leashed(argv, on_our_death=signal.SIGTERM)
    done = subprocess.run(
        command, env=environment(url), capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        raise ProgramFailed(detail=done.stderr.decode("utf-8", "replace").strip()[-LAST_WORDS:])


def _creation(name: str, like: Mapping[str, Any]) -> sql.Composed:
    """Return the statement that makes an empty database like the one backed up: owner, encoding, order of texts."""
    provider = str(like["provider"])
    parts = [
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}").format(
            sql.Identifier(name), sql.Identifier(like["owner"])
        ),
        sql.SQL("ENCODING {}").format(sql.Literal(like["encoding"])),
        sql.SQL("LC_COLLATE {}").format(sql.Literal(like["collate"])),
        sql.SQL("LC_CTYPE {}").format(sql.Literal(like["ctype"])),
        sql.SQL("LOCALE_PROVIDER {}").format(sql.SQL(_NAMES[provider])),
    ]
    if like["locale"] and provider in _PROVIDERS:
        parts.append(sql.SQL(_PROVIDERS[provider]) + sql.SQL(" ") + sql.Literal(like["locale"]))
    return sql.SQL(" ").join(parts)


def _require_nobody(ground: Ground, connection: "psycopg.Connection[Any]") -> None:
    count = f"SELECT count(*) FROM {_CONNECTED}"
    deadline = time.monotonic() + LEAVES_WITHIN
    while busy := (connection.execute(count, [ground.database]).fetchone() or [0])[0]:
        # Whoever has just hung up is still seen for a moment.
        if time.monotonic() >= deadline:
            raise StillInUse(detail=str(busy))
        time.sleep(0.1)


def _set_aside(ground: Ground, connection: "psycopg.Connection[Any]") -> str:
    """Close the database that is there and keep it under another name, which is returned; an empty one just goes."""
    with ground.connect() as there:
        [tables] = there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() or [
            0
        ]
    if not tables:
        _drop(connection, ground.database)
        return ""
    kept = f"{ground.database}_before_{datetime.now(UTC):%Y%m%dT%H%M%S}"
    here = sql.Identifier(ground.database)
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(here))
    try:
        connection.execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM {_CONNECTED}",
            [ground.database],
        )
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(here, sql.Identifier(kept)))
    except psycopg.Error as error:
        _open(connection, ground.database)
        if isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.ObjectInUse):
            # Whose connection our role may not end, a superuser's, has to go by themselves.
            raise StillInUse(detail=error.diag.message_detail or error.diag.message_primary or "") from error
        raise
    return kept


def _let_in(ground: Ground, connection: "psycopg.Connection[Any]") -> None:
    """Give the run-time role what a database, unlike what is in it, isn't restored with."""
    here, role = sql.Identifier(ground.database), sql.Identifier(ground.app_role)
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(here))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(here, role))


def _drop_leftovers(ground: Ground, connection: "psycopg.Connection[Any]") -> None:
    """Drop scratch databases of runs that were killed; the turn proves that none is in use."""
    like = ground.database.replace("_", r"\_") + r"\_check\_%"
    for (name,) in connection.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE %s", [like]
    ).fetchall():
        _drop(connection, name)


def _drop(connection: "psycopg.Connection[Any]", name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def unfinished(folder: Path) -> list[Path]:
    """Return what runs that were killed left in the folder."""
    return sorted([*folder.glob(".raincheck-*.unfinished"), *folder.glob(".raincheck-*.json.*")])
