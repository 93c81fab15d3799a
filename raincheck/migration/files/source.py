"""The file an import reads, held open for all of its passes; and what a reader of rows offers."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from raincheck.migration import refusals
from raincheck.migration.files.cells import Row
from raincheck.migration.files.merges import Merges
from raincheck.migration.files.sayings import saying
from raincheck.migration.words import Words

#: What one import takes at most. Larger files are refused before anything is loaded.
LARGEST_FILE = 512 * 1024 * 1024
MOST_ROWS = 1_000_000
MOST_COLUMNS = 500
#: Rows of one part, which is one checkpoint.
PART = 5000


class Table(Protocol):
    """Rows to be read as often as needed, each with its number as a spreadsheet shows it, from 1."""

    about: Words
    notes: list[tuple[str, Words]]
    date1904: bool
    #: Cells of a sheet that are one.
    merges: Merges
    #: Those of a workbook, and the one that is read.
    sheets: tuple[str, ...]
    sheet: str

    def check_length(self) -> None:
        """Count the rows alone, which is quick. Raises TooManyRows, or Refused where the file is broken."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield every row of the table. Raises Refused where the file turns out to be broken."""


@dataclass
class Source:
    """The file itself, held open so that a second pass reads what the first one read."""

    path: Path
    file: BufferedReader
    size: int
    _stamp: tuple[int, int]
    _sha256: str = field(default="")
    #: Where it lies; empty of one that was handed over.
    place: str = ""

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["Source"]:
        """Have a regular file within bounds open for a `with` block.

        Raises NoSuchFile, NotAFile, Unreadable, EmptyFile, FileTooLarge.
        """
        try:
            # Never waits, even if somebody put a pipe there.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise refusals.NoSuchFile(path=path) from error
        except OSError as error:
            raise refusals.Unreadable(path=path, why=saying(error)) from error
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise refusals.NotAFile(path=path)
        with os.fdopen(fd, "rb") as file:
            if not status.st_size:
                raise refusals.EmptyFile
            if status.st_size > LARGEST_FILE:
                raise refusals.FileTooLarge(size=status.st_size // 2**20, limit=LARGEST_FILE // 2**20)
            stamp = (status.st_size, status.st_mtime_ns)
            yield cls(path, file, status.st_size, stamp, place=str(path.absolute()))

    @classmethod
    @contextmanager
    def held(cls, fd: int, name: str) -> Iterator["Source"]:
        """Read a file that is open already and may have no name of its own; `name` is what somebody called it.

        Raises EmptyFile.
        """
        with os.fdopen(os.dup(fd), "rb") as file:
            status = os.fstat(file.fileno())
            if not status.st_size:
                raise refusals.EmptyFile
            yield cls(Path(name), file, status.st_size, (status.st_size, status.st_mtime_ns))

    def head(self, size: int = 65536) -> bytes:
        """Return the first bytes."""
        self.file.seek(0)
        return self.file.read(size)

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of all of it."""
        if not self._sha256:
            self.file.seek(0)
            self._sha256 = hashlib.file_digest(self.file, "sha256").hexdigest()
        return self._sha256

    def check_unchanged(self) -> None:
        """Raise FileChanged if somebody wrote to it since it was opened."""
        status = os.fstat(self.file.fileno())
        if (status.st_size, status.st_mtime_ns) != self._stamp:
            raise refusals.FileChanged
