"""What is said aloud about an import beyond its figures: each kind once, with how many rows and which first."""

from collections.abc import Callable
from dataclasses import dataclass, field

from raincheck.migration.words import Words, some

_NAMED = 10


@dataclass
class _Rows:
    words: Callable[[int], Words]
    count: int = 0
    first: list[str] = field(default_factory=list)


@dataclass
class Notices:
    """Warnings in the order in which they came up."""

    _said: list[tuple[str, Words]] = field(default_factory=list)
    _rows: dict[str, _Rows] = field(default_factory=dict)

    def say(self, code: str, words: Words) -> None:
        """Say one thing about the file."""
        self._said.append((code, words))

    def row(self, code: str, words: Callable[[int], Words], number: int | str) -> None:
        """Say one thing about a row; `words` is asked once, with how many rows there were."""
        met = self._rows.setdefault(code, _Rows(words))
        met.count += 1
        if len(met.first) < _NAMED:
            met.first.append(str(number))

    def all(self) -> list[dict[str, str]]:
        """Return every notice as `{code, zh, en}`."""
        said = [(code, words.zh, words.en) for code, words in self._said]
        for code, met in self._rows.items():
            words, rows = met.words(met.count), some(met.first, of=met.count)
            said.append((code, f"{words.zh}（第 {rows} 行）", f"{words.en} (row {rows})"))
        return [{"code": code, "zh": zh, "en": en} for code, zh, en in said]
