"""What lies outside the database, where a thief in it can't reach: checkpoints, and the leaf hashes they cover.

`checkpoint` is the newest, `<day>.checkpoint` the last of each day, `leaves` every leaf's 32 bytes in order: with
them a change is not only found, but found where it is.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from raincheck.audit.notes import Checkpoint, NotOurs, Verifier

NEWEST = "checkpoint"
LEAVES = "leaves"
#: The newest that a witness has signed as well.
WITNESSED = "witnessed.checkpoint"
WIDTH = 32
_MODE = 0o600


def folder() -> Path:
    """Return where they lie (RAINCHECK_CHECKPOINTS); it may not be there yet."""
    return Path(settings.RAINCHECK_CHECKPOINTS)


def newest(verifier: Verifier) -> Checkpoint | None:
    """Return the newest checkpoint on the shelf; None where there is none. Raises NotOurs, OSError."""
    try:
        return Checkpoint.read((folder() / NEWEST).read_text("utf-8"), verifier)
    except FileNotFoundError:
        return None


def witnessed(verifier: Verifier) -> Checkpoint | None:
    """Return the newest checkpoint that a witness has signed; None where there is none. Raises NotOurs, OSError."""
    try:
        return Checkpoint.read((folder() / WITNESSED).read_text("utf-8"), verifier)
    except FileNotFoundError:
        return None


def keep_witnessed(checkpoint: Checkpoint) -> None:
    """Put a checkpoint with a witness' signature on the shelf. Raises OSError."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(folder() / WITNESSED, checkpoint.note)


def all_of(verifier: Verifier, place: Path | None = None) -> list[Checkpoint]:
    """Return every checkpoint on the shelf that is ours, by size."""
    found = []
    for path in sorted((place or folder()).glob("*checkpoint")):
        try:
            found.append(Checkpoint.read(path.read_text("utf-8"), verifier))
        except (NotOurs, OSError, UnicodeDecodeError):
            continue
    return sorted(found, key=lambda checkpoint: checkpoint.size)


def leaves_kept() -> int:
    """Return how many leaves the shelf holds."""
    path = folder() / LEAVES
    return path.stat().st_size // WIDTH if path.exists() else 0


def leaves_beside(checkpoint: Path) -> bytes:
    """Return the leaf hashes that lie beside a checkpoint's file, or on our own shelf; `b""` without any."""
    for place in (checkpoint.parent, folder()):
        if (path := place / LEAVES).is_file():
            return path.read_bytes()
    return b""


def keep(checkpoint: Checkpoint, leaves: Sequence[bytes], *, start: int) -> None:
    """Put the leaves from `start` on and then the checkpoint on the shelf; it is whole at every moment.

    Raises OSError.
    """
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / LEAVES
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, _MODE)
    try:
        os.pwrite(descriptor, b"".join(leaves), start * WIDTH)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    for name in (f"{checkpoint.at:%Y-%m-%d}.checkpoint", NEWEST):
        _replace(place / name, checkpoint.note)


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    with os.fdopen(
        os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
