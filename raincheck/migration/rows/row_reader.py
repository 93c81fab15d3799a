"""Reading a file's rows with what the whole file taught; a row by itself is `one_row.py`'s.

Nothing here knows the database: who is who, and what is there already, is `people.py`'s and `loading.py`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from json.encoder import JSONEncoder, encode_basestring
from operator import itemgetter
from typing import Any, Generic, TypeVar

from raincheck.core.crypto import Finder
from raincheck.migration.columns.mapping import Column
from raincheck.migration.fields import Field
from raincheck.migration.files.cells import Row, is_blank, text_of
from raincheck.migration.files.merges import Told
from raincheck.migration.kinds.names import Kind
from raincheck.migration.notices import Notice
from raincheck.migration.rows.drafts import (
    CONTINUES,
    Raw,
    Rejection,
    Rules,
    row_failed,
)
from raincheck.migration.rows.survey import Study

_canonical = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: What a row of a file is read as.
D = TypeVar("D")


class Group(IntEnum):
    """Cells that are read together, and by nothing else of their row. A number, for it is looked up for each row."""

    WHEN = 1
    PLACE = 2
    APPLIED = 3
    STANDING = 4
    SCHOOL = 5


_GROUPS = {
    Group.WHEN: (Field.START, Field.TIME, Field.HALF, Field.END, Field.DURATION, Field.DEADLINE),
    Group.PLACE: (Field.DEPARTMENT, Field.POSITION, Field.SOURCE),
    Group.APPLIED: (Field.APPLIED_AT,),
    Group.STANDING: (
        Field.STATUS,
        Field.ATTENDED,
        Field.REASON,
        Field.REASON_NOTE,
        Field.CANCELLED_BY,
        Field.CANCELLED_AT,
    ),
    Group.SCHOOL: (Field.SCHOOL,),
}


#: By what rows of a list are told apart: where all of it is merged down, a row only says more of the one above, its
#: second interviewer for one.
_APART = {
    Field.NAME, Field.NAME_AND_ID, Field.FIRST_NAME, Field.LAST_NAME, Field.POSITION, Field.START, Field.TIME,
}  # fmt: skip


@dataclass
class RowReader(ABC, Generic[D]):
    """Reads the rows of one file. What a group of cells was read as is remembered: slots and states come again."""

    study: Study
    rules: Rules
    columns: dict[Field, Column] = field(init=False)
    groups: dict[Group, tuple[int, ...]] = field(init=False)
    #: What takes a group's cells out of a row that has them all.
    pick: dict[Group, Callable[[Sequence[Any]], Any]] = field(init=False)
    memo: dict[tuple[Any, ...], tuple[Any, tuple["Rejection", ...], tuple[Notice, ...], Any]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        columns = self.study.mapping.columns
        self.columns = {column.field: column for column in columns if column.field}
        self.groups = {
            group: tuple(self.columns[known].index for known in fields if known in self.columns)
            for group, fields in _GROUPS.items()
        }
        self.pick = {group: _picker(spots) for group, spots in self.groups.items()}
        #: Where a field's text stands in a row, and the source's own words for it.
        self.spots = {
            known: (column.index, self.study.words.get(known)) for known, column in self.columns.items()
        }
        apart = _APART | ({Field.DEPARTMENT} if self.study.kind is Kind.POSITIONS else set())
        self._apart = [column.index for known, column in self.columns.items() if known in apart]
        keys = [column.key for column in columns]
        self._keys, self.width = keys, len(keys)
        # Names that are all different sort the same whatever stands below them.
        order = sorted(range(len(keys)), key=keys.__getitem__) if 1 < len({*keys}) == len(keys) else []
        self._heads = [f"[{encode_basestring(keys[i])}," for i in order]
        self._in_order = _picker(tuple(order))
        self._hash = Finder(self.rules.company_id, "imported-row")

    def raw(self, number: int, row: Row) -> Raw:
        """Return a row with every cell that holds something as (heading, text), whatever the order of the columns."""
        texts = [cell.strip() if type(cell) is str else text_of(cell) for cell in row]
        keys = self._keys
        if self._heads and len(texts) == len(keys):
            # The same as the encoder's, whose own way about a list takes longer than the rest of the row.
            both = zip(self._heads, self._in_order(texts), strict=True)
            pairs = [head + encode_basestring(text) for head, text in both if text]
            canonical = f"[{'],'.join(pairs)}]]" if pairs else "[]"
        else:
            named = [keys[i] if i < len(keys) else f"#{i + 1}" for i in range(len(texts))]
            original = sorted((key, text) for key, text in zip(named, texts, strict=True) if text)
            canonical = _canonical(original)
        apart = self.raw(number, row.apart).fingerprint if isinstance(row, Told) else b""
        return Raw(number, row, texts, canonical, self._hash(canonical), apart)

    def read(self, raw: Raw) -> D | list[Rejection]:
        """Return what a row holds, or every reason against it; a value nobody thought of is one too."""
        if isinstance(raw.cells, Told) and is_blank([raw.cells.apart[at] for at in self._apart]):
            return [Rejection(raw.number, "", None, "", CONTINUES)]
        try:
            return self._read(raw)
        except Exception as error:  # noqa: BLE001 (a bug that one row meets rejects that row, by the name of the error; the file's other rows are loaded)
            return [Rejection(raw.number, "", None, "", row_failed(error))]

    @abstractmethod
    def _read(self, raw: Raw) -> D | list[Rejection]:
        """Return what a row holds, or every reason against it."""


def _picker(spots: tuple[int, ...]) -> Callable[[Sequence[Any]], Any]:
    return itemgetter(*spots) if spots else lambda _: ()
