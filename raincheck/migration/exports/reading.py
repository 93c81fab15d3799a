"""An export lying in a folder or a zip, read back and held against its manifest."""

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from raincheck.migration.exports import parquet
from raincheck.migration.exports.errors import ExportDamaged, NoExport, NoParquetInIt
from raincheck.migration.exports.manifest import FILE, PARQUET, File, Manifest, Told

#: Longest manifest, in bytes.
_LONGEST = 10_000_000
_PIECE = 1 << 20
_ZIP = b"PK\x03\x04"


class Lying:
    """An export where it lies."""

    def __init__(self, place: Path, *, from_parquet: bool = False) -> None:
        """`place` is its folder or its zip; `from_parquet`: its Parquet files alone count, as if there were no others.

        Raises NoExport, ExportDamaged, UnknownContent, NoParquetInIt, ParquetMissing.
        """
        self._place, self._from_parquet = place, from_parquet
        try:
            with self._open(FILE) as file:
                self.manifest = Manifest.read(file.read(_LONGEST).decode())
        except zipfile.BadZipFile as error:
            # What begins as a zip and doesn't end as one was cut off on its way.
            raise (ExportDamaged if _begins_as_zip(place) else NoExport)(detail=str(place)) from error
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise NoExport(detail=str(place)) from error
        if from_parquet:
            parquet.require()
            if not all(PARQUET in sheet.files for sheet in self.manifest.sheets):
                raise NoParquetInIt(detail=str(place))

    def check(self) -> None:
        """Hold every file against the manifest. Raises ExportDamaged, naming the first that isn't as it says."""
        for sheet in self.manifest.sheets:
            for file in [sheet.files[PARQUET]] if self._from_parquet else sheet.files.values():
                self._check(file)

    def rows(self, sheet: Told, *, at_a_time: int) -> Iterator[list[dict[str, Any]]]:
        """Yield a sheet's rows as they are told, some at a time. Raises ExportDamaged."""
        path = sheet.files[PARQUET if self._from_parquet else "jsonl"].path
        try:
            with self._open(path) as file:
                if self._from_parquet:
                    yield from self._typed(file, at_a_time)
                    return
                while lines := list(islice(file, at_a_time)):
                    yield [json.loads(line) for line in lines]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ExportDamaged(detail=path) from error

    def _typed(self, file: IO[bytes], at_a_time: int) -> Iterator[list[dict[str, Any]]]:
        with ExitStack() as stack:
            if not self._place.is_dir():
                # Parquet is read from its end; a zip's member only forward.
                member, file = file, stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(member, file, _PIECE)
            yield from parquet.rows(file, at_a_time=at_a_time)

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


def _begins_as_zip(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP
