"""An export as a folder of files, for whoever asked for it at a shell: whole, or not there."""

import os
import shutil
from collections.abc import Iterator, Sequence
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
from raincheck.migration.exports.manifest import FORMS, Manifest
from raincheck.migration.exports.moment import one_moment
from raincheck.migration.exports.writing import Sink, write


class Folder:
    """A shelf that is a folder; what is in it is nobody else's to read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        for form in FORMS:
            (root / form).mkdir(mode=0o700)

    @contextmanager
    def pair(self, name: str) -> Iterator[Sequence[Sink]]:
        """Open the two files of a sheet."""
        with ExitStack() as stack:
            yield [stack.enter_context(self._open(f"{form}/{name}.{form}")) for form in FORMS]

    def text(self, path: str, text: str) -> None:
        """Write a small file."""
        with self._open(path) as file:
            file.write(text.encode())

    def _open(self, path: str) -> BinaryIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        return os.fdopen(os.open(self._root / path, flags, 0o600), "wb")


def export_to(folder: Path, *, company_id: UUID, actor: Actor) -> Manifest:
    """Write everything a company owns into a new folder. Raises PlaceTaken, OSError."""
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
            manifest = write(Company.objects.get(id=company_id), Folder(unfinished), taken_at=now)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest
