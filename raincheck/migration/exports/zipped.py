"""An export as a zip in sealed pieces: written as it comes, kept in the database, handed out piece by piece.

In pieces, so that neither making nor handing out needs memory; in the database, so that any host's worker can make it
and any host's web process hand it out; sealed under a key of its own, so that it can be destroyed for good.
"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from raincheck.core.crypto import DataKey
from raincheck.migration.exports.manifest import FORMS
from raincheck.migration.exports.models import Export, ExportPiece
from raincheck.migration.exports.writing import Sink

PIECE = 1 << 20


class Pieces(io.RawIOBase):
    """A file that can only be written, into sealed pieces of an export."""

    def __init__(self, export: Export, key: DataKey) -> None:
        super().__init__()
        self._export, self._key = export, key
        self._waiting, self._number = bytearray(), 0
        self._hash, self.size = hashlib.sha256(), 0

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]
        """Take some bytes."""
        taken = bytes(data)
        self._hash.update(taken)
        self.size += len(taken)
        self._waiting += taken
        while len(self._waiting) >= PIECE:
            self._store(PIECE)
        return len(taken)

    def finish(self) -> str:
        """Store what waits and return the SHA-256 of it all."""
        if self._waiting:
            self._store(len(self._waiting))
        return self._hash.hexdigest()

    def _store(self, size: int) -> None:
        piece = bytes(self._waiting[:size])
        del self._waiting[:size]
        sealed = self._key.seal_bytes(f"piece:{self._number}", piece)
        ExportPiece.objects.create(
            company_id=self._export.company_id, export=self._export, number=self._number, sealed=sealed
        )
        self._number += 1


class Zip:
    """A shelf that is a zip. The CSV waits in a file without a name, for a zip takes one member at a time."""

    def __init__(self, pieces: Pieces) -> None:
        self._zip = zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    @contextmanager
    def pair(self, name: str) -> Iterator[Sequence[Sink]]:
        """Open the two files of a sheet."""
        jsonl, csv = (f"{form}/{name}.{form}" for form in FORMS)
        with tempfile.TemporaryFile() as waiting:
            with self._zip.open(jsonl, "w", force_zip64=True) as member:
                yield member, waiting
            waiting.seek(0)
            with self._zip.open(csv, "w", force_zip64=True) as member:
                while piece := waiting.read(PIECE):
                    member.write(piece)

    def text(self, path: str, text: str) -> None:
        """Write a small file."""
        self._zip.writestr(path, text)

    def close(self) -> None:
        """End the zip with its directory."""
        self._zip.close()


def opened(export: Export) -> Iterator[bytes]:
    """Yield an export's file, piece by piece, within its company's open scope."""
    key = export.key()
    if key is None:
        return
    pieces = ExportPiece.objects.filter(company_id=export.company_id, export=export).order_by("number")
    for number, sealed in pieces.values_list("number", "sealed").iterator(chunk_size=4):
        yield key.open_bytes(f"piece:{number}", sealed)
