"""An export as a folder of files, for whoever asked for it at a shell: whole, or not there."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.migration.exports.errors import PlaceTaken
from raincheck.migration.exports.forms import Sink, forms_of
from raincheck.migration.exports.manifest import Manifest, path_of
from raincheck.migration.exports.moment import one_moment
from raincheck.migration.exports.writing import write


class Folder:
    """A shelf that is a folder; what is in it is nobody else's to read."""

    def __init__(self, root: Path, forms: Sequence[str]) -> None:
        self._root, self._forms = root, forms
        for form in forms:
            (root / form).mkdir(mode=0o700)

    @contextmanager
    def files(self, name: str) -> Iterator[Mapping[str, Sink]]:
        """Open a sheet's files."""
        with ExitStack() as stack:
            yield {form: stack.enter_context(self._open(path_of(form, name))) for form in self._forms}

    def text(self, path: str, text: str) -> None:
        """Write a small file."""
        with self._open(path) as file:
            file.write(text.encode())

    def _open(self, path: str) -> BinaryIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        return os.fdopen(os.open(self._root / path, flags, 0o600), "wb")


def export_to(folder: Path, *, company_id: UUID, actor: Actor, parquet: bool = False) -> Manifest:
    """Write everything a company owns into a new folder. Raises PlaceTaken, ParquetMissing, OSError."""
    forms = forms_of(with_parquet=parquet)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PlaceTaken(detail=str(folder))
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        # On record before the first byte is written, whatever becomes of it.
        with company_scope(company_id) as now:
            deed = Deed(Action.EXPORT_ASKED, Subject("export", new_id()), {"by": "command"})
            note(actor=actor, deed=deed, now=now)
        with one_moment(company_id) as now:
            manifest = write(Company.objects.get(id=company_id), Folder(unfinished, forms), taken_at=now)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest
