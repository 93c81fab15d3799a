"""File locks that the kernel lets go of when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Locked(Exception):
    """Another process holds the lock."""

    code = "locked"

    def __init__(self, path: Path) -> None:
        """Remember which file."""
        super().__init__(f"another process holds {path}")
        self.path = path


class FileLock:
    """An exclusive lock on the file `path`. The file stays; only the lock comes and goes."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._fd: int | None = None

    @property
    def mine(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it; say whether we hold it now."""
        if self._fd is not None:
            return True
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def acquire(self, *, wait: float = 0) -> None:
        """Take the lock within `wait` seconds. Raises Locked."""
        deadline = time.monotonic() + wait
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                raise Locked(self.path)
            time.sleep(0.05)

    def release(self) -> None:
        """Let go; harmless when we hold nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def held(self, *, wait: float = 0) -> Iterator[None]:
        """Hold the lock for a `with` block. Raises Locked."""
        self.acquire(wait=wait)
        try:
            yield
        finally:
            self.release()
