"""Where the headings stand: in one row below titles, or in two, the upper naming groups of columns.

Real lists merge 候选人 over 姓名 and 手机, and 面试官 over the same two again; 状态 beside them spans both rows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from raincheck.migration.fields import KNOWN, key_of
from raincheck.migration.files.cells import Cell, Row, is_blank, text_of

#: So many known headings in a second row, and it is the first one said in another language.
_SAID_TWICE = 3
#: So many cells in a row make a table.
_TABLE = 3
#: Between a group's name and the heading below it.
UNDER = " › "
#: A heading is no essay, and looking for words in one takes long.
LONGEST = 200


#: A group's name and what stands below it, in two rows or in JSON.
_PARTED = re.compile(rf"(.*\S)(?:{UNDER}|\.(?=\S))(.*)", re.DOTALL)


def parted(heading: str) -> tuple[str, str]:
    """Return the group a heading stands in, empty for none, and what it is called there."""
    found = _PARTED.fullmatch(heading)
    return (found[1], found[2]) if found else ("", heading)


@dataclass(frozen=True)
class Heading:
    """One reading of the headings: a text a column, and the number of the last row they take."""

    texts: tuple[str, ...]
    number: int


def candidates(first: Sequence[tuple[int, Row]]) -> Iterator[Heading]:
    """Yield what may be the headings, the likelier of two readings that begin at one row first."""
    widest = max((len(_filled(row)) for _, row in first), default=0)
    for at, (number, row) in enumerate(first):
        texts = _texts(row)
        # One cell alone above a table is its title, whatever it says.
        if len(_filled(row)) == 1 and widest >= _TABLE:
            continue
        below = first[at + 1] if at + 1 < len(first) else None
        if below is not None and below[0] == number + 1:
            lower = _texts(below[1])
            if _known(texts) >= _SAID_TWICE and _known(lower) >= _SAID_TWICE:
                yield Heading(_beside(texts, lower), below[0])
                continue
            if _groups(texts, lower):
                yield Heading(_under(texts, lower), below[0])
        yield Heading(texts, number)


def _filled(row: Row) -> list[Cell]:
    return [cell for cell in row if not is_blank([cell])]


def _texts(row: Row) -> tuple[str, ...]:
    return tuple(text if len(text := text_of(cell)) <= LONGEST else "" for cell in row)


def _known(texts: Sequence[str]) -> int:
    return sum(key_of(text) in KNOWN for text in texts if text)


def _beside(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Take of each column the heading that is known."""
    width = max(len(upper), len(lower))
    pairs = zip(_wide(upper, width), _wide(lower, width), strict=True)
    return tuple(
        above if above and (key_of(above) in KNOWN or not below) else below for above, below in pairs
    )


def _groups(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Say whether the upper row names groups: it has blanks beside its names, and below those stand headings."""
    width = max(len(upper), len(lower))
    above, below = _wide(upper, width), _wide(lower, width)
    # One name alone above everything is a title.
    named = len({text for text in above if text}) > 1
    spanned = sum(not a and bool(b) for a, b in zip(above, below, strict=True))
    return named and spanned > 0 and _known(below) >= 2 and _known(below) + _known(above) >= _SAID_TWICE  # noqa: PLR2004


def _under(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Write each group's name before the headings below it; what spans both rows stands alone."""
    width = max(len(upper), len(lower))
    texts, group = [], ""
    for above, below in zip(_wide(upper, width), _wide(lower, width), strict=True):
        group = above or group
        if not below:
            texts.append(above)
        else:
            texts.append(f"{group}{UNDER}{below}" if group and group != below else below)
    return tuple(texts)


def _wide(texts: Sequence[str], width: int) -> tuple[str, ...]:
    return (*texts, *[""] * (width - len(texts)))
