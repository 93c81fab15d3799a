"""Another system's profile: its names for our fields, by kind, and its words; data, so one is added without code."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from raincheck.migration.fields import Field, key_of
from raincheck.migration.kinds.names import Kind
from raincheck.migration.saying import Said

#: Each field's names in a profile, the first that a file has counting.
Names = Mapping[Field, Sequence[str]]
Meant = Mapping[Field, Mapping[str, str]]


@dataclass(frozen=True)
class Profile:
    """What is known of one system; `guessed` are names that stand in no public document, tried after the others."""

    code: str
    name: str
    known: Mapping[Kind, Names]
    guessed: Mapping[Kind, Names]
    words: Mapping[Kind, Meant]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds it has names for."""
        return tuple(kind for kind in Kind if kind in self.known or kind in self.guessed)

    def said(self, kind: Kind, headings: Sequence[str]) -> Said:
        """Return which of these headings is what, as `--map` would say it."""
        places = {name.strip(): at for at, name in reversed([*enumerate(headings, start=1)]) if name.strip()}
        found: dict[str, str] = {}
        for names in (self.known.get(kind, {}), self.guessed.get(kind, {})):
            for field, spellings in names.items():
                there = next((places[name] for name in spellings if name in places), None)
                if there is not None and field not in found.values():
                    found.setdefault(f"#{there}", field)
        return tuple(found.items())


def profiles() -> list[str]:
    """Return the codes of all profiles."""
    names = (path.name for path in resources.files(__package__).iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def profile(code: str) -> Profile:
    """Return one of `profiles()`. Raises ValueError, KeyError where a file names what there isn't."""
    told = tomllib.loads(resources.files(__package__).joinpath(f"{code}.toml").read_text("utf-8"))
    of_kinds = {kind: told[kind] for kind in Kind if kind in told}
    return Profile(
        code,
        told["name"],
        {kind: _names(one["known"]) for kind, one in of_kinds.items() if "known" in one},
        {kind: _names(one["guessed"]) for kind, one in of_kinds.items() if "guessed" in one},
        {kind: _words(one.get("words", {})) for kind, one in of_kinds.items()},
    )


def _names(told: Mapping[str, Any]) -> Names:
    return {Field(field): tuple(names) for field, names in told.items()}


def _words(told: Mapping[str, Mapping[str, str]]) -> Meant:
    return {
        Field(field): {key_of(word): meant for word, meant in words.items()} for field, words in told.items()
    }
