"""An export lying in a folder or a zip, read back and held against its manifest."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from raincheck.migration.exports.errors import ExportDamaged, NoExport
from raincheck.migration.exports.manifest import FILE, File, Manifest, Told

#: Longest manifest, in bytes.
_LONGEST = 10_000_000
_PIECE = 1 << 20


class Lying:
    """An export where it lies."""

    def __init__(self, place: Path) -> None:
        """`place` is its folder or its zip. Raises NoExport."""
        self._place = place
        try:
            with self._open(FILE) as file:
                self.manifest = Manifest.read(file.read(_LONGEST).decode())
        except (OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise NoExport(detail=str(place)) from error

    def check(self) -> None:
        """Hold every file against the manifest. Raises ExportDamaged, naming the first that isn't as it says."""
        for sheet in self.manifest.sheets:
            for file in (sheet.jsonl, sheet.csv):
                self._check(file)

    def rows(self, sheet: Told, *, at_a_time: int) -> Iterator[list[dict[str, Any]]]:
        """Yield a sheet's rows as they are told, some at a time. Raises ExportDamaged."""
        try:
            with self._open(sheet.jsonl.path) as file:
                while lines := list(islice(file, at_a_time)):
                    yield [json.loads(line) for line in lines]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ExportDamaged(detail=sheet.jsonl.path) from error

    def _check(self, file: File) -> None:
        measured, size = hashlib.sha256(), 0
        try:
            with self._open(file.path) as opened:
                while piece := opened.read(_PIECE):
                    size += len(piece)
                    if size > file.bytes:
                        # A zip may hold more than anybody has room for; what is too much is wrong already.
                        break
                    measured.update(piece)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ExportDamaged(detail=file.path) from error
        if (size, measured.hexdigest()) != (file.bytes, file.sha256):
            raise ExportDamaged(detail=file.path)

    @contextmanager
    def _open(self, path: str) -> Iterator[IO[bytes]]:
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise ExportDamaged(detail=path)
        if self._place.is_dir():
            with (self._place / path).open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(self._place) as archive, archive.open(path) as member:
            yield member
