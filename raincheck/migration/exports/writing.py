"""Making the files of an export: read once in the order of ids, written in each form, in memory that doesn't grow.

A `Shelf` is where they go: a folder, a zip that leaves in pieces, or nowhere, where only the checksums are wanted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from raincheck.accounts.models import Company
from raincheck.core.crypto import key_mark
from raincheck.migration.exports import sheets
from raincheck.migration.exports.forms import Sink, written
from raincheck.migration.exports.manifest import FILE, File, Manifest, Told, path_of
from raincheck.migration.exports.plain import plain
from raincheck.migration.exports.sheets import Sheet

#: Rows in memory at a time.
BATCH = 1000
ABOUT = """{name}

Everything Raincheck holds of this company, as of {taken_at} (UTC).
jsonl/  one JSON object a line, exact; this is what `raincheck export restore` reads
csv/    the same rows for spreadsheets: empty for null, an apostrophe before text that would run as a formula
parquet/  where it was asked for: the same rows, typed, for analysis; `raincheck export restore --parquet` reads these
manifest.json  of each file its columns, rows, size and SHA-256; and what was left out, with the reason
Every file and column: docs/reference/export.md

Raincheck 所存贵企业的全部数据（{taken_at} UTC）。含明文联系方式，请妥善保管，用后销毁。
jsonl/ 为精确内容，可用 raincheck export restore 恢复；csv/ 供表格软件查看；parquet/（选择时才有）列有类型，供数据分析；
manifest.json 为清单与校验和。
"""


class Shelf(Protocol):
    """Where the files of an export go."""

    def files(self, name: str) -> AbstractContextManager[Mapping[str, Sink]]:
        """Open a sheet's files, one a form."""

    def text(self, path: str, text: str) -> None:
        """Write a small file."""


class Nowhere:
    """A shelf that keeps nothing: for the checksums alone."""

    @contextmanager
    def files(self, name: str) -> Iterator[Mapping[str, Sink]]:
        """Open a file that isn't there, of the form whose checksum is that of the plain values."""
        yield {"jsonl": _Void()}

    def text(self, path: str, text: str) -> None:
        """Write nothing."""


class _Void:
    def write(self, data: bytes, /) -> None:
        """Take nothing."""


class _Counted:
    """A file on its way, measured as it is written."""

    def __init__(self, path: str, sink: Sink) -> None:
        self._path, self._sink = path, sink
        self._bytes, self._hash = 0, hashlib.sha256()

    def write(self, data: bytes, /) -> None:
        self._bytes += len(data)
        self._hash.update(data)
        self._sink.write(data)

    def measured(self) -> File:
        return File(self._path, self._bytes, self._hash.hexdigest())


def write(company: Company, shelf: Shelf, *, taken_at: Any) -> Manifest:
    """Write everything a company owns, within its open scope; returns the manifest, which is on the shelf too."""
    told = tuple(write_sheet(sheet, company.id, shelf) for sheet in sheets.sheets())
    manifest = Manifest(
        company.id,
        company.slug,
        company.name,
        str(plain(taken_at)),
        key_mark(),
        {**sheets.LEFT_OUT, **sheets.SECRET},
        told,
    )
    shelf.text(FILE, manifest.text())
    shelf.text("README.txt", ABOUT.format(name=company.name, taken_at=manifest.taken_at))
    return manifest


def write_sheet(
    sheet: Sheet, company_id: UUID, shelf: Shelf, *, columns: Sequence[str] | None = None
) -> Told:
    """Write one sheet, or these columns of it."""
    names, rows = tuple(columns or sheet.columns), 0
    with shelf.files(sheet.name) as sinks:
        out = {form: _Counted(path_of(form, sheet.name), sink) for form, sink in sinks.items()}
        with ExitStack() as stack:
            takers = [
                stack.enter_context(written(form, sheet, names, counted)) for form, counted in out.items()
            ]
            for batch in _batches(sheet, company_id):
                values = [[plain(row[name]) for name in names] for row in batch]
                for take in takers:
                    take(values)
                rows += len(values)
        return Told(sheet.name, names, rows, {form: counted.measured() for form, counted in out.items()})


def checksums(company_id: UUID, columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, str]]:
    """Return rows and checksum of plain values of these columns of each sheet, by its name."""
    found = {}
    for sheet in sheets.sheets():
        if sheet.name in columns:
            told = write_sheet(sheet, company_id, Nowhere(), columns=columns[sheet.name])
            found[sheet.name] = (told.rows, told.checksum)
    return found


def _batches(sheet: Sheet, company_id: UUID) -> Iterable[list[dict[str, Any]]]:
    rows = sheet.all_of(company_id).iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        if sheet.sealed:
            sheet.sealed.open(batch)
        yield batch
