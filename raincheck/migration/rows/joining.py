"""A second interviewer in a row of their own, name, position and time merged over both: one row with two of them."""

from collections.abc import Iterator, Sequence

from raincheck.migration.columns.mapping import ColumnMap
from raincheck.migration.fields import Field
from raincheck.migration.files.cells import Row, is_blank, text_of
from raincheck.migration.files.merges import Told
from raincheck.migration.notices import notice
from raincheck.migration.words import Words

JOINED = notice(
    "interviewers_joined",
    lambda n: Words(
        f"{n} 行之下只另写了面试官（其余单元格与之合并），已并入该行",
        f"below {n} rows stand only further interviewers, all else being merged with them; they joined those rows",
    ),
)
_Numbered = tuple[int, Row]
_WHOSE = {Field.NAME, Field.NAME_AND_ID, Field.FIRST_NAME, Field.LAST_NAME, Field.POSITION, Field.START}


class Joined(Told):
    """A row with the interviewers of those below; `apart` is the row alone."""


def joined(rows: Iterator[_Numbered], mapping: ColumnMap) -> Iterator[_Numbered]:
    """Yield the rows as they are, but for those that only add interviewers to the one above."""
    panel = frozenset(column.index for column in mapping.columns if column.field is Field.INTERVIEWERS)
    whose = [column.index for column in mapping.columns if column.field in _WHOSE]
    return _joined(rows, panel, whose) if panel else rows


def _joined(rows: Iterator[_Numbered], panel: frozenset[int], whose: Sequence[int]) -> Iterator[_Numbered]:
    last: _Numbered | None = None
    for number, row in rows:
        if last is not None and _only_adds(row, panel, whose):
            last = last[0], _with(last[1], row, panel)
        else:
            if last is not None:
                yield last
            last = number, row
    if last is not None:
        yield last


def _only_adds(row: Row, panel: frozenset[int], whose: Sequence[int]) -> bool:
    """Say whether merged cells tell all of a row, whose interview it is and when, but who held it."""
    if not isinstance(row, Told) or any(is_blank(row[at : at + 1]) for at in whose):
        return False
    own = [at for at, cell in enumerate(row.apart) if not is_blank([cell])]
    return bool(own) and panel.issuperset(own)


def _with(row: Row, below: Row, panel: frozenset[int]) -> Row:
    found = Joined(row)
    found.apart = row.apart if isinstance(row, Joined) else row
    for at in panel:
        said = [text_of(cells[at]) for cells in (row, below) if at < len(cells)]
        found[at : at + 1] = ["、".join(dict.fromkeys(filter(None, said)))]
    return found
