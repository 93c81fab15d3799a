"""Making a backup while everybody goes on working: one snapshot, dumped and witnessed at the same time."""

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from raincheck.core.crypto import key_mark
from raincheck.migration.backup.errors import ProgramFailed
from raincheck.migration.backup.ground import Ground, Programs, environment, programs
from raincheck.migration.backup.manifest import Manifest
from raincheck.migration.backup.witness import Holdings, tell_of
from raincheck.runtime.home import sync_folder
from raincheck.runtime.leash import leashed

LAST_WORDS = 600
_DATABASE = (
    "SELECT pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider,"
    " to_jsonb(d) ->> 'datlocale', pg_get_userbyid(datdba) FROM pg_database d WHERE datname = current_database()"
)


def create(ground: Ground) -> Manifest:
    """Write one backup and its manifest into the folder; unverified yet. Raises NoProgram, ProgramFailed."""
    with ground.connect() as connection, _snapshot(connection) as snapshot:
        server = connection.info.server_version // 10000
        at, told = _facts(connection)
        name = f"raincheck-{at:%Y%m%dT%H%M%SZ}"
        unfinished = ground.folder / f".{name}.unfinished"
        try:
            holdings = _dump(ground, programs(server), connection, snapshot=snapshot, to=unfinished)
            with unfinished.open("rb") as file:
                os.fsync(file.fileno())
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            manifest = Manifest(
                name=name,
                at=at,
                bytes=unfinished.stat().st_size,
                sha256=sha256,
                version=version("raincheck"),
                server=server,
                key_mark=key_mark(),
                database=told,
                holdings=holdings,
            )
            unfinished.rename(manifest.path(ground.folder))
        finally:
            unfinished.unlink(missing_ok=True)
    sync_folder(ground.folder)
    with ExitStack() as without_manifest:
        # The disk may be full by now: a dump that has none would lie there for ever.
        without_manifest.callback(manifest.path(ground.folder).unlink, missing_ok=True)
        manifest.write(ground.folder)
        without_manifest.pop_all()
    return manifest


@contextmanager
def _snapshot(connection: "psycopg.Connection[Any]") -> Iterator[str]:
    """Hold one view of the database open; yields the name under which others can share it."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        [name] = connection.execute("SELECT pg_export_snapshot()").fetchone() or [""]
        yield name
    finally:
        connection.execute("ROLLBACK")


def _facts(connection: "psycopg.Connection[Any]") -> tuple[datetime, dict[str, Any]]:
    row = connection.execute(_DATABASE).fetchone() or ()
    names = ("encoding", "collate", "ctype", "provider", "locale", "owner")
    [at] = connection.execute("SELECT transaction_timestamp()").fetchone() or [datetime.now(UTC)]
    return at.astimezone(UTC), dict(zip(names, row, strict=True))


def _dump(
    ground: Ground, tools: Programs, connection: "psycopg.Connection[Any]", *, snapshot: str, to: Path
) -> Holdings:
    """Dump and witness the same snapshot side by side."""
    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    options = ("--format=custom", "--compress=1", f"--snapshot={snapshot}", "--lock-wait-timeout=60000")
    argv = tools.argv("pg_dump", *options, f"--file={to}")
    with subprocess.Popen(
        leashed(argv, on_our_death=signal.SIGTERM),
        env=environment(ground.url()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            holdings = tell_of(connection)
        except BaseException:  # Ctrl-C as well: a dump that nobody waits for would go on to its end
            process.kill()
            raise
        said = process.communicate()[1]
    if process.returncode != 0:
        raise ProgramFailed(detail=said.decode("utf-8", "replace").strip()[-LAST_WORDS:])
    return holdings
