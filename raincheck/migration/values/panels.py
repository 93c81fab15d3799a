"""Who held an interview, as lists write it: 李雷、韩梅梅, `Li Lei <li@example.com>; Han Meimei`."""

import re
from typing import NamedTuple

_BETWEEN = re.compile(r"\s*(?:[,，、;；/|\n&＆+]|\band\b)\s*")
_EMAIL = re.compile(r"[^\s<>()（）,，;；、]+@[\w\-]+(?:\.[\w\-]+)+")
_BESIDE = re.compile(r"[(（\[【<].*?[)）\]】>]")
#: People of one interview, at most, and characters of their names: a longer cell is a text.
_MOST, _LONGEST = 20, 1000


class Named(NamedTuple):
    """Somebody as a list names them: by address, by name, or both; `name` is whole, with what stands in brackets."""

    email: str
    name: str

    @property
    def bare(self) -> str:
        """Their name without what stands in brackets: 李雷（技术部） is 李雷."""
        return _BESIDE.sub("", self.name).strip()


def people_in(text: str) -> list[Named]:
    """Return who stands in a cell, in its order."""
    named = [_named(piece) for piece in _BETWEEN.split(text[:_LONGEST])[:_MOST] if piece.strip()]
    return [one for one in named if one.email or one.name]


def _named(piece: str) -> Named:
    found = _EMAIL.search(piece)
    if found is None:
        return Named("", piece.strip())
    name = _BESIDE.sub("", piece.replace(found[0], "")).strip(" <>()（）")
    return Named(found[0], name)
