"""The rejections file: every value that kept a row out, for whoever holds the source file.

Written beside its final name and put there when the import is decided, readable by its owner alone.
"""

import csv
import os
import secrets
from pathlib import Path
from typing import TextIO

from raincheck.core.formulas import defused
from raincheck.migration.files.sayings import saying
from raincheck.migration.refusals import RejectionsUnwritable
from raincheck.migration.rows.drafts import Rejection
from raincheck.runtime.home import KEY_MODE, make_private

HEADINGS = ("row", "column", "value", "reason", "code")


class RejectionsFile:
    """A file that comes into being with its first rejection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        self._file: TextIO | None = None

    def check(self) -> None:
        """Find out whether it could be written, before anything is loaded. Raises RejectionsUnwritable."""
        try:
            make_private(self.path.parent)
            self._temporary.touch(KEY_MODE)
            self._temporary.unlink()
        except OSError as error:
            raise RejectionsUnwritable(path=self.path, why=saying(error)) from error

    def add(self, rejection: Rejection) -> None:
        """Write one line. Raises RejectionsUnwritable."""
        try:
            if self._file is None:
                self._file = self._open()
            words = str(rejection.fault.words)
            line = [defused(rejection.column), defused(rejection.value), words, rejection.fault.code]
            csv.writer(self._file).writerow([rejection.row, *line])
        except OSError as error:
            raise RejectionsUnwritable(path=self.path, why=saying(error)) from error
        self.count += 1

    def finish(self) -> Path | None:
        """Put the file in its place; None where nothing was rejected. Raises RejectionsUnwritable."""
        if self._file is None:
            return None
        try:
            self._file.close()
            self._temporary.replace(self.path)
        except OSError as error:
            raise RejectionsUnwritable(path=self.path, why=saying(error)) from error
        return self.path

    def discard(self) -> None:
        """Leave nothing behind. Harmless once finished."""
        if self._file is not None:
            self._file.close()
            self._temporary.unlink(missing_ok=True)

    def _open(self) -> TextIO:
        make_private(self.path.parent)
        fd = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
        # The mark at the beginning lets Excel read Chinese.
        file = os.fdopen(fd, "w", encoding="utf-8-sig", newline="")
        csv.writer(file).writerow(HEADINGS)
        return file


class Unwritten(RejectionsFile):
    """No file at all: the rows themselves are kept, sealed, and that is enough."""

    def __init__(self) -> None:
        super().__init__(Path("rejections.csv"))

    def check(self) -> None:
        """Nothing will be written."""

    def add(self, rejection: Rejection) -> None:
        """Count it."""
        self.count += 1
