"""An export as a zip in sealed pieces: written as it comes, kept in the database, handed out piece by piece.

In pieces, so that neither making nor handing out needs memory; in the database, so that any host's worker can make it
and any host's web process hand it out; sealed under a key of its own, so that it can be destroyed for good.
"""

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING

from raincheck.core.crypto import DataKey
from raincheck.migration.exports.forms import Sink
from raincheck.migration.exports.manifest import path_of
from raincheck.migration.exports.models import Export, ExportPiece

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

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

    def write(self, data: "ReadableBuffer", /) -> int:
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
    """A shelf that is a zip. All but the first form waits in files without a name: a zip takes a member at a time."""

    def __init__(self, pieces: Pieces, forms: Sequence[str]) -> None:
        self._first, *self._others = forms
        self._zip = zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    @contextmanager
    def files(self, name: str) -> Iterator[Mapping[str, Sink]]:
        """Open a sheet's files."""
        with ExitStack() as stack:
            waiting = {form: stack.enter_context(tempfile.TemporaryFile()) for form in self._others}
            with self._member(self._first, name) as member:
                yield {self._first: member, **waiting}
            for form, file in waiting.items():
                file.seek(0)
                with self._member(form, name) as member:
                    shutil.copyfileobj(file, member, PIECE)

    def _member(self, form: str, name: str) -> IO[bytes]:
        return self._zip.open(path_of(form, name), "w", force_zip64=True)

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
