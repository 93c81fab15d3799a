"""What an import says: always in both languages, for it speaks on a terminal before any page is there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One sentence in Chinese and in English; as text, both."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def letter(index: int) -> str:
    """Name the column at `index` (from 0) as a spreadsheet does: A, B, …, Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


#: How many of a list are named.
NAMED = 10


def some(values: list[str], *, of: int | None = None, most: int = NAMED) -> str:
    """List the first few and say how many more there are."""
    total = len(values) if of is None else of
    shown = ", ".join(values[:most])
    return f"{shown} … (+{total - most})" if total > most else shown
