"""One cell as a file gives it, and its text in one spelling."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class NoValue:
    """A cell that can't be used: a formula never calculated, or an error value; `text` as the file has it."""

    formula: bool
    text: str = field(default="", compare=False)


Cell = str | int | float | bool | datetime | date | time | timedelta | NoValue
Row = list[Cell]


def text_of(cell: Cell) -> str:
    """Return a cell's text without white space around it; a whole number has no point, an instant is ISO."""
    match cell:
        case str():
            return cell.strip()
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 2**63:
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ", "seconds")
        case NoValue():
            return cell.text or ("=?" if cell.formula else "#!")
    return str(cell)


def is_blank(row: Row) -> bool:
    """Say whether no cell of the row holds anything."""
    # A loop, not all(…): most rows are told by their first cell, and there may be a million.
    for cell in row:  # noqa: SIM110
        if not isinstance(cell, str) or (cell and not cell.isspace()):
            return False
    return True


def plain(text: str) -> str:
    """Return the text as it is compared: full-width forms narrowed, white space in single blanks."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def has_controls(text: str) -> bool:
    """Say whether the text holds characters that no person types, a NUL for one."""
    # Unicode's category Cc, without line ends and tabs. What can be printed has none.
    return not text.isprintable() and bool(_CONTROLS.search(text))
