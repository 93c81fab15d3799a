"""Words of headings by the idea they stand for, and how a heading is cut into them."""

import re
from collections.abc import Iterable, Mapping

from raincheck.migration.fields import apart, simplified

_PIECES = re.compile(r"[a-z]+|\d+|[\u3400-\u9fff]+")
_TOGETHER = (("e-mail", "email"), ("e mail", "email"), ("we chat", "wechat"))


class Vocabulary:
    """Ideas, each with its words divided by `|`, and fillers that mean nothing."""

    def __init__(self, ideas: Mapping[str, str], fillers: Iterable[str]) -> None:
        words = {word: idea for idea, line in ideas.items() for word in line.split("|") if word}
        self._latin = {word: idea for word, idea in words.items() if word.isascii()}
        self._chinese = {word: idea for word, idea in words.items() if not word.isascii()}
        self._fillers = frozenset(fillers)
        self._longest = max(map(len, self._chinese))

    def read(self, heading: str) -> tuple[frozenset[str], int, int]:
        """Return the ideas in a heading, how many of its words are unknown, and its number (电话2)."""
        text = apart(simplified(heading)).lower()
        for parted, together in _TOGETHER:
            text = text.replace(parted, together)
        ideas: set[str] = set()
        strange, number = 0, 0
        for piece in _PIECES.findall(text):
            if piece.isdigit():
                number = int(piece[:3])
            elif piece.isascii():
                idea = self._latin.get(piece)
                ideas |= {idea} if idea else set()
                strange += idea is None and piece not in self._fillers
            else:
                found, left = self._segmented(piece)
                ideas |= found
                strange += left
        return frozenset(ideas), strange, number

    def _segmented(self, text: str) -> tuple[set[str], int]:
        """Cut Chinese into the longest known words; what is left over counts by its pieces."""
        found: set[str] = set()
        left, at, lost = 0, 0, False
        while at < len(text):
            word = self._word_at(text, at)
            if word:
                found |= {self._chinese[word]} if word in self._chinese else set()
                at, lost = at + len(word), False
            else:
                left, at, lost = left + (not lost), at + 1, True
        return found, left

    def _word_at(self, text: str, at: int) -> str:
        lengths = range(min(self._longest, len(text) - at), 0, -1)
        pieces = (text[at : at + n] for n in lengths)
        return next((one for one in pieces if one in self._chinese or one in self._fillers), "")
