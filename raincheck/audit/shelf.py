"""What lies outside the database, where a thief in it can't reach: checkpoints, and the leaf hashes they cover.

`checkpoint` is the newest, `<day>.checkpoint` the last of each day, `leaves` every leaf's 32 bytes in order: with
them a change is not only found, but found where it is. `<day>-<size>.stamped.checkpoint` is the last of a day that was
time-stamped, and the file beside it that ends in `.tsr` is its stamp.
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
#: How a checkpoint that was stamped ends, and its stamp.
STAMPED, STAMP = ".stamped.checkpoint", ".tsr"
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
    _replace(folder() / WITNESSED, checkpoint.note.encode())


def keep_stamped(checkpoint: Checkpoint, token: bytes) -> None:
    """Put a checkpoint and its stamp on the shelf, in place of the day's earlier ones. Raises OSError."""
    place, day = folder(), f"{checkpoint.at:%Y-%m-%d}-"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / f"{day}{checkpoint.size}{STAMPED}"
    # The stamp first: a checkpoint that is there has its own, whenever we are stopped.
    _replace(path.with_suffix(STAMP), token)
    _replace(path, checkpoint.note.encode())
    for earlier in set(place.glob(f"{day}*{STAMPED}")) - {path}:
        earlier.unlink()
        earlier.with_suffix(STAMP).unlink(missing_ok=True)


def stamped(place: Path | None = None) -> list[tuple[str, bytes]]:
    """Return every stamped checkpoint's text on the shelf with its stamp. Raises OSError."""
    found = sorted((place or folder()).glob(f"*{STAMPED}"))
    return [(path.read_text("utf-8", "replace"), stamp) for path in found if (stamp := stamp_beside(path))]


def stamp_beside(checkpoint: Path) -> bytes:
    """Return the stamp that lies beside a checkpoint's file, `x.tsr` beside `x.checkpoint`; `b""` without one."""
    path = checkpoint.with_suffix(STAMP)
    return path.read_bytes() if path.is_file() else b""


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
        _replace(place / name, checkpoint.note.encode())


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
