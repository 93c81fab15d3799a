"""Scores as lists write them: 85, 85分, 4/5, 92%; and the full marks a heading names: 沟通（满分20）, Logic (1-5)."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

#: What recruiting.Assessment holds: two decimals, and so many characters of what was scored.
_CENTS, _MOST, _LONGEST = Decimal("0.01"), 9999, 60
#: A longer text is no score; and the shapes below take long over a million blanks.
_LONGEST_SCORE = 60
_NUMBER = r"(\d{1,4}(?:[.,]\d{1,2}|\.\d{3,6})?)"
_POINTS = r"\s*(?:分|pts?|points?)?\s*"
_OF = re.compile(rf"{_NUMBER}{_POINTS}(?:/|out of)\s*{_NUMBER}{_POINTS}", re.IGNORECASE)
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_PLAIN = re.compile(rf"{_NUMBER}{_POINTS}", re.IGNORECASE)
_IN_WORDS = {"百分制": 100, "十分制": 10, "五分制": 5}
_FULL = re.compile(
    r"[满滿]分\s*(?:为|:)?\s*(\d{1,4})\s*分?|(?<![\d.])(\d{1,4})\s*分制|out of\s*(\d{1,4})|max\.?\s*(\d{1,4})"
    r"|/\s*(\d{1,4})(?=\s*\)?\s*$)|\(\s*[01]\s*分?\s*[-~–]\s*(\d{1,4})\s*分?\s*\)|\(\s*(\d{1,4})\s*分\s*\)",
    re.IGNORECASE,
)
_BARE = re.compile(r"\(\s*(\d{1,3})\s*\)\s*$")
_EMPTY = re.compile(r"\(\s*[,;:]?\s*\)|\[\s*\]")


class Score(NamedTuple):
    """What was scored, how, and of how many."""

    dimension: str
    score: Decimal
    full: Decimal


def full_marks(heading: str) -> Decimal | None:
    """Return the full marks that a heading names."""
    text = _narrow(heading)
    for words, marks in _IN_WORDS.items():
        if words in text:
            return Decimal(marks)
    found = _FULL.search(text)
    full = Decimal(next(group for group in found.groups() if group)) if found else Decimal(0)
    return full or None


def marks_in_brackets(heading: str) -> Decimal | None:
    """Return what may be full marks, for nothing says so: 專業知識 (20)."""
    found = _BARE.search(_narrow(heading))
    return Decimal(found[1]) if found else None


def dimension_of(heading: str) -> str:
    """Return what a column scores: its heading without the full marks."""
    text = _narrow(heading)
    for words in _IN_WORDS:
        text = text.replace(words, "")
    text = _EMPTY.sub("", _BARE.sub("", _FULL.sub("", text)))
    return " ".join(text.split()).strip(" :-_/")[:_LONGEST].strip()


@lru_cache(maxsize=20_000)
def score_of(text: str, full: Decimal | None) -> tuple[Decimal, Decimal] | None:
    """Return score and full marks of a cell, `full` where it names none; None for what isn't a score of them."""
    if len(text) > _LONGEST_SCORE:
        return None
    said = _narrow(text).strip()
    if of := _OF.fullmatch(said):
        score, most = _decimal(of[1]), _decimal(of[2])
    elif percent := _PERCENT.fullmatch(said):
        score, most = _decimal(percent[1]), Decimal(100)
    elif full is not None and (alone := _PLAIN.fullmatch(said)):
        score, most = _decimal(alone[1]), full
    else:
        return None
    if not 1 <= most <= _MOST or score > most:
        return None
    return score.quantize(_CENTS), most.quantize(_CENTS)


def says_its_full_marks(text: str) -> bool:
    """Say whether a cell is a score that names of how many it is."""
    return score_of(text, None) is not None


def number_in(text: str) -> Decimal | None:
    """Return the number a cell is, if it is nothing but a number of points."""
    alone = _PLAIN.fullmatch(_narrow(text).strip()) if len(text) <= _LONGEST_SCORE else None
    return _decimal(alone[1]) if alone else None


def _decimal(number: str) -> Decimal:
    """Read a number with a point, or with a comma as half of Europe writes it: 3,1."""
    return Decimal(number.replace(",", "."))


def _narrow(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
