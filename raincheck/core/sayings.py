"""What is raised and kept in English, as a Chinese reader meets it on a page."""

import re
from collections.abc import Mapping

from django.utils.translation import get_language


class Sayings:
    """A table from English, as it is raised, to Chinese; with {} for whatever differs each time."""

    def __init__(self, chinese: Mapping[str, str]) -> None:
        self._chinese = chinese
        self._patterns = [(_pattern(said), words) for said, words in chinese.items() if "{}" in said]

    def in_words(self, said: str) -> str:
        """Return what was said in the reader's language, or as it was said where nothing is known of it."""
        if not (get_language() or "").startswith("zh"):
            return said
        if said in self._chinese:
            return self._chinese[said]
        found = ((pattern.fullmatch(said), chinese) for pattern, chinese in self._patterns)
        return next((chinese.format(*match.groups()) for match, chinese in found if match), said)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in english.split("{}")), re.DOTALL)
