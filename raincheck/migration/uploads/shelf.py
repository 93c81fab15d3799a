"""A file kept in sealed pieces in the database, so that any host's worker can read it and none keeps it in clear.

To be read it is laid out in a file without a name, which is gone with whoever holds it open.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from raincheck.core.crypto import DataKey
from raincheck.core.scope import company_scope
from raincheck.migration.files.source import Source
from raincheck.migration.uploads.models import Upload, UploadPiece

PIECE = 1 << 20


def keep(upload: Upload, key: DataKey, file: IO[bytes]) -> None:
    """Seal a file into pieces of an upload, in the open transaction."""
    file.seek(0)
    number = 0
    while piece := file.read(PIECE):
        sealed = key.seal_bytes(f"piece:{number}", piece)
        UploadPiece.objects.create(company_id=upload.company_id, upload=upload, number=number, sealed=sealed)
        number += 1


@contextmanager
def laid_out(upload: Upload) -> Iterator[Source]:
    """Have an upload's file to read for a `with` block. Raises EmptyFile where it is destroyed."""
    with tempfile.TemporaryFile() as file:
        with company_scope(upload.company_id):
            key = upload.key()
            pieces = UploadPiece.objects.filter(company_id=upload.company_id, upload=upload).order_by(
                "number"
            )
            for number, sealed in pieces.values_list("number", "sealed").iterator(chunk_size=4):
                if key is not None:
                    file.write(key.open_bytes(f"piece:{number}", sealed))
        file.flush()
        file.seek(0)
        with Source.held(file.fileno(), upload.file_name) as source:
            yield source


def destroy(upload: Upload) -> None:
    """Destroy the file, and all that was read of it, in the open transaction."""
    UploadPiece.objects.filter(company_id=upload.company_id, upload=upload).delete()
    upload.data_key = upload.proposal_sealed = upload.found_sealed = None
