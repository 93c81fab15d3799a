"""Where backups are made from and kept: the database, the role that sees all of it, the folder, the programs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

import psycopg
from django.conf import settings

from raincheck.migration.backup.errors import BackupUnderWay, NoBackupRole, NoProgram
from raincheck.runtime.home import Home, home_path, make_private
from raincheck.runtime.postgres_place import client_programs
from raincheck.runtime.postgres_roles import APP, NoDatabase, database_url

#: Who holds it makes, verifies or restores a backup; everybody else is told to wait.
_TURN = 7_246_323
#: Who holds this one sees to the schedule.
SCHEDULE = 7_246_324
#: Who holds this one makes a backup: of two at once the one would have taken the other's file for a leftover.
MAKING = 7_246_325
#: Text of a row must not depend on who reads it, for checksums are made of it.
_PLAIN = (
    "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1"
)


@dataclass(frozen=True)
class Ground:
    """One installation as its backups see it. `address` is a libpq URL of the all-seeing role, without database."""

    address: str = field(repr=False)
    database: str
    app_role: str
    folder: Path

    def url(self, database: str = "") -> str:
        """Return the address of one of the server's databases (default: the installation's own), password included."""
        parts = urlsplit(self.address)
        path = "/" + quote(database or self.database, safe="")
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))

    def connect(self, database: str = "") -> "psycopg.Connection[tuple[object, ...]]":
        """Connect as the all-seeing role, committing each statement, with texts that are the same everywhere."""
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=10, options=_PLAIN)

    def is_there(self) -> bool:
        """Say whether the installation's database exists."""
        with self.connect("postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
            return found.fetchone() is not None

    @contextmanager
    def our_turn(self, turn: int = _TURN) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        """Be alone at restoring on this server for a `with` block, or at another `turn`. Raises BackupUnderWay."""
        with self.connect("postgres") as connection:
            [got] = connection.execute("SELECT pg_try_advisory_lock(%s)", [turn]).fetchone() or [False]
            if not got:
                raise BackupUnderWay
            yield connection


def ground() -> Ground:
    """Return this installation's. Raises NoBackupRole."""
    address = settings.DATABASE_BACKUP_URL or _embedded()
    if not address:
        raise NoBackupRole
    ours = settings.DATABASES["default"]
    return Ground(address, ours["NAME"], ours["USER"], place())


def folder() -> Path:
    """Return the folder of the backups, made 0700 where it was missing."""
    path = place()
    make_private(path)
    return path


def place() -> Path:
    """Return where the folder of the backups is, or would be."""
    return Path(settings.RAINCHECK_BACKUP_DIR or home_path() / "backups").expanduser().absolute()


def _embedded() -> str:
    """Return the embedded database's bootstrap role, where this installation runs on it."""
    home = Home(home_path())
    try:
        if database_url(APP, home=home) != os.environ.get("DATABASE_URL"):
            return ""
        return database_url("postgres", home=home)
    except NoDatabase:
        return ""


@dataclass(frozen=True)
class Programs:
    """pg_dump and pg_restore of one version, and how to start them: a password is never an argument."""

    folder: Path
    version: int

    def argv(self, name: str, *arguments: str) -> list[str]:
        """Return the argv of one of them."""
        return [str(self.folder / name), "--no-password", *arguments]


def programs(server: int) -> Programs:
    """Return those of the server's own major version, else the next newer ones. Raises NoProgram."""
    on_path = shutil.which("pg_dump")
    places = [Path(on_path).parent] if on_path else []
    found = [Programs(place, _version(place)) for place in [*places, *client_programs()]]
    able = sorted((one for one in found if one.version >= server), key=lambda one: one.version)
    if not able:
        raise NoProgram(detail=f"pg_dump {server}")
    return able[0]


def _version(place: Path) -> int:
    try:
        done = subprocess.run(
            [str(place / "pg_dump"), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    found = re.search(r"(\d+)\.", done.stdout)
    return int(found[1]) if found and (place / "pg_restore").exists() else 0


def environment(url: str) -> dict[str, str]:
    """Return what libpq's programs need to know: where and who, in the environment, which only we can read."""
    parts = urlsplit(url)
    told = {
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGCONNECT_TIMEOUT": "10",
        **{f"PG{name.upper()}": value for name, value in parse_qsl(parts.query) if name.startswith("ssl")},
    }
    rest = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGAPPNAME": "raincheck backup"}
    return {name: value for name, value in {**rest, **told}.items() if value}
