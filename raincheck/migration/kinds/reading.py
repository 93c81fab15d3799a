"""One row of a file of any kind but interviews, read without the database: a draft, or every reason against it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from raincheck.core.crypto import Finder
from raincheck.migration.fields import Field
from raincheck.migration.kinds.names import Kind
from raincheck.migration.notices import Notice
from raincheck.migration.rows.drafts import Person, Raw, Rejection, Rules
from raincheck.migration.rows.one_row import OneRow
from raincheck.migration.rows.row_reader import RowReader
from raincheck.migration.rows.survey import Study
from raincheck.migration.values.meanings import meaning
from raincheck.migration.values.unknown_words import unknown


@dataclass(frozen=True, slots=True)
class KindDraft:
    """A row ready to be stored; `person` whom it is about, None of a position."""

    raw: Raw
    person: Person | None
    notices: tuple[Notice, ...]

    @property
    def number(self) -> int:
        """The row it comes from, as a spreadsheet counts."""
        return self.raw.number

    @property
    def fingerprint(self) -> bytes:
        """The keyed hash by which its row is known again."""
        return self.raw.fingerprint


class KindRow(OneRow, ABC):
    """One row while it is read. Each kind's own says what its draft is."""

    kind: ClassVar[Kind]

    @abstractmethod
    def draft(self, raw: Raw) -> KindDraft | None:
        """Return what the row holds; None where a reason against it was found."""

    def word(self, known: Field, words: Mapping[str, str]) -> str:
        """Return what a word of a closed list means; "" for none. One that isn't known rejects the row."""
        said = self.raw(known)
        meant = meaning(said, words) if said else ""
        if meant is None:
            self._reject(unknown(known), field=known)
        return meant or ""


class KindReader(RowReader[KindDraft]):
    """Reads the rows of one file as those of its kind. The same row read as another kind is another row."""

    def __init__(self, study: Study, rules: Rules, row: type[KindRow]) -> None:
        super().__init__(study, rules)
        self._row = row
        self._hash = Finder(rules.company_id, print_field(row.kind))

    def _read(self, raw: Raw) -> KindDraft | list[Rejection]:
        one = self._row(self, raw)
        one.check_shape()
        draft = one.draft(raw)
        return one.rejections if one.rejections or draft is None else draft


def print_field(kind: str) -> str:
    """Return under which name the rows of a kind are hashed."""
    return f"imported-row:{kind}"
