"""The manifest beside each backup file. It is written last: a file without one was never finished.

Both files are readable by their owner alone. Neither holds a key: what is sealed in the database stays sealed in the
file, names and schools are in clear.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from raincheck.migration.backup.errors import BackupDamaged, UnknownBackup
from raincheck.migration.backup.witness import Holdings
from raincheck.runtime.home import write_private

LATEST = "latest"


@dataclass(frozen=True)
class Manifest:
    """One backup: its file, when its snapshot was taken, what it holds, and when restoring it was last proven."""

    name: str
    at: datetime
    bytes: int
    sha256: str
    version: str
    server: int
    key_mark: str
    database: Mapping[str, Any]
    holdings: Holdings
    verified_at: datetime | None = None

    def write(self, folder: Path) -> None:
        """Write it beside its file, whole or not at all."""
        write_private(folder / f"{self.name}.json", json.dumps(asdict(self), default=str, indent=1))

    def path(self, folder: Path) -> Path:
        """Return where its file is."""
        return folder / f"{self.name}.dump"

    def proven(self, folder: Path, now: datetime | None) -> "Manifest":
        """Note that restoring it was proven just now, or (None) that it can't be restored, whatever was said before."""
        after = replace(self, verified_at=now)
        after.write(folder)
        return after

    def check_file(self, folder: Path) -> Path:
        """Return its file. Raises BackupDamaged if it isn't the one that was written."""
        path = self.path(folder)
        if not path.is_file():
            raise BackupDamaged(detail=f"{path.name}: missing")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            raise BackupDamaged(detail=f"{path.name}: sha256 {found}")
        return path


def read_all(folder: Path) -> list[Manifest]:
    """Return every finished backup in the folder, newest first; one that can't be read keeps nobody from the others."""
    found = [manifest for path in folder.glob("*.json") if isinstance(manifest := _read(path), Manifest)]
    return sorted(found, key=lambda manifest: manifest.at, reverse=True)


def unreadable(folder: Path) -> list[str]:
    """Return the names of files that look like backups and can't be used: the manifest is spoilt, or missing."""
    names = {path.stem for path in folder.glob("raincheck-*.*") if path.suffix in {".dump", ".json"}}
    return sorted(names - {manifest.name for manifest in read_all(folder)})


def named(folder: Path, name: str) -> Manifest:
    """Return one by its name, its file's name, or `latest`. Raises UnknownBackup, BackupDamaged."""
    wanted = Path(name).name.removesuffix(".dump").removesuffix(".json")
    for manifest in read_all(folder):
        if name == LATEST or manifest.name == wanted:
            return manifest
    if wanted in unreadable(folder):
        why = _read(folder / f"{wanted}.json")
        raise BackupDamaged(detail=f"{wanted}.json: {type(why).__name__}")
    raise UnknownBackup(detail=f"{name}, {folder}")


def _read(path: Path) -> Manifest | Exception:
    try:
        said = json.loads(path.read_text("utf-8"))
        said["holdings"] = Holdings(**said["holdings"])
        for instant in ("at", "verified_at"):
            said[instant] = datetime.fromisoformat(said[instant]) if said[instant] else None
        return Manifest(**said)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return error
