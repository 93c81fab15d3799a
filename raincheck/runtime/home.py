"""RAINCHECK_HOME: the one folder that holds the embedded database, the keys, locks and files."""

import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from raincheck.runtime.locks import FileLock

FOLDER_MODE = 0o700
KEY_MODE = 0o600

log = logging.getLogger(__name__)


def home_path() -> Path:
    """Return RAINCHECK_HOME, else the user's data folder (XDG base directories). Nothing is created."""
    named = os.environ.get("RAINCHECK_HOME", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    # The XDG specification says that a relative XDG_DATA_HOME must be ignored.
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "raincheck"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder and its rooms. Paths are pure; `open()` and `folder()` are what create."""

    root: Path

    @classmethod
    def open(cls, root: Path | None = None) -> Self:
        """Return the home at `root` (default `home_path()`) with every room made, each 0700."""
        home = cls((root or home_path()).absolute())
        for path in (home.root, home.database, home.keys, home.run, home.simulators, home.files):
            make_private(path)
        return home

    @property
    def database(self) -> Path:
        """Where the embedded PostgreSQL lives, unless its account can't get here (postgres_place)."""
        return self.root / "database"

    @property
    def keys(self) -> Path:
        """Secrets, one file each, 0600."""
        return self.root / "keys"

    @property
    def run(self) -> Path:
        """Locks and what the running instance says of itself."""
        return self.root / "run"

    @property
    def simulators(self) -> Path:
        """Stores of the simulated AI interview systems."""
        return self.root / "simulators"

    @property
    def files(self) -> Path:
        """CVs, exports and other files of the product."""
        return self.root / "files"

    @property
    def demo_mark(self) -> Path:
        """The file that says that a demo lives here, and nothing else ever does."""
        return self.root / "demo"

    @property
    def holds_a_demo(self) -> bool:
        """Whether a demo was started here. A folder of that name is the home of one, beside an installation."""
        return self.demo_mark.is_file()

    @property
    def is_bare(self) -> bool:
        """Whether nothing lies there but our own rooms, all of them empty; locks don't count."""
        rooms = {self.database, self.keys, self.run, self.simulators, self.files}
        return all(
            path == self.run or (path in rooms and not any(path.iterdir())) for path in self.root.iterdir()
        )

    def folder(self, *names: str) -> Path:
        """Return `root/names…`, made 0700 where it was missing."""
        path = self.root.joinpath(*names)
        make_private(path)
        return path

    def read_secret(self, name: str) -> bytes:
        """Return the secret `name`. Raises FileNotFoundError when there is none yet."""
        path = self.keys / name
        if path.stat().st_mode & 0o077:
            log.warning("key file %s was open to others; closed it", path)
            path.chmod(KEY_MODE)
        return bytes.fromhex(path.read_text("ascii"))

    def read_or_create_secret(self, name: str, size: int = 32) -> bytes:
        """Return the secret `name`, first made from `size` random bytes if it is missing.

        Stored as hex text in `keys/<name>`, 0600. Two processes that ask at once get the same bytes.
        """
        if not (self.keys / name).exists():
            make_private(self.keys)
            with FileLock(self.keys / ".lock").held(wait=30):
                if not (self.keys / name).exists():
                    write_private(self.keys / name, secrets.token_hex(size))
        return self.read_secret(name)


def make_private(path: Path) -> None:
    """Make the folder `path`, and parents that are missing, 0700. One that exists keeps its mode."""
    if path.is_dir():
        return
    if path.parent != path:
        make_private(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` whole or not at all, 0600, and on the disk when this returns."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:  # Ctrl-C as well: half a key would lie there under a name that nobody looks at
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Put a rename inside `path` on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
