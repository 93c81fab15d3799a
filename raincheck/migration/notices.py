"""What is said aloud about an import beyond its figures: each kind once, with how many rows and which first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from raincheck.migration.words import Words, some

_NAMED = 10
Notice = tuple[str, Callable[[int], Words]]
_KNOWN: dict[str, Callable[[int], Words]] = {}


def notice(code: str, words: Callable[[int], Words]) -> Notice:
    """Declare what may be said of rows; by its code alone it is known again when a run is resumed."""
    _KNOWN[code] = words
    return code, words


@dataclass
class _Rows:
    count: int = 0
    first: list[str] = field(default_factory=list)


@dataclass
class Notices:
    """Warnings in the order in which they came up."""

    _said: list[tuple[str, Words]] = field(default_factory=list)
    _rows: dict[str, _Rows] = field(default_factory=dict)

    def say(self, code: str, words: Words) -> None:
        """Say one thing about the file, once."""
        if (code, words) not in self._said:
            self._said.append((code, words))

    def row(self, said: Notice, number: int | str) -> None:
        """Say one thing about a row; its words are asked once, with how many rows there were."""
        self.rows(said, [number])

    def rows(self, said: Notice, numbers: Sequence[int | str]) -> None:
        """Say one thing about several rows."""
        met = self._rows.setdefault(said[0], _Rows())
        met.count += len(numbers)
        met.first += map(str, numbers[: _NAMED - len(met.first)])

    def counts(self) -> dict[str, list[Any]]:
        """Return what was said of rows so far, as plain values: code → [how many, the first of them]."""
        return {code: [met.count, met.first] for code, met in self._rows.items()}

    def restore(self, counts: Mapping[str, list[Any]]) -> None:
        """Go on from what `counts` gave when a run was broken off."""
        self._rows = {code: _Rows(count, list(first)) for code, (count, first) in counts.items()}

    def all(self) -> list[dict[str, str]]:
        """Return every notice as `{code, zh, en}`."""
        said = [(code, words.zh, words.en) for code, words in self._said]
        for code, met in self._rows.items():
            words, rows = _KNOWN[code](met.count), some(met.first, of=met.count)
            said.append((code, f"{words.zh}（第 {rows} 行）", f"{words.en} (row {rows})"))
        return [{"code": code, "zh": zh, "en": en} for code, zh, en in said]
