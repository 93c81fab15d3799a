"""Adapters that other packages bring along, under the entry-point group `raincheck.adapters`.

Whatever is wrong with one is that one's matter: it is refused and named, and everything else goes on.
"""

import inspect
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from raincheck.vendors.adapters.base import Adapter, Capabilities

GROUP = "raincheck.adapters"
#: An adapter's name is a column of the account, and a part of its webhooks' address.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VERBS = {name: verb for name, verb in vars(Adapter).items() if inspect.isfunction(verb) and name[0] != "_"}


@dataclass(frozen=True)
class Refused:
    """An adapter that isn't taken, the package that brought it, and why not, in both languages."""

    name: str
    package: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} ({self.package}): {self.why}"


@dataclass(frozen=True)
class Plugins:
    """What other packages brought along."""

    adapters: dict[str, Adapter]
    refused: tuple[Refused, ...]


class _Unfit(Exception):
    """The text says why, in both languages."""


@cache
def plugins(built_in: frozenset[str]) -> Plugins:
    """Load what is installed, once a process; no name of ours can be taken, nor one that two packages claim.

    Not at import: an adapter's own module imports ours, and would be looked for while it is half there.
    """
    found = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, _package(entry)))
    claims = Counter(entry.name for entry in found)
    adapters, refused = {}, []
    for entry in found:
        try:
            _check_name(entry.name, built_in, claims)
            adapters[entry.name] = _loaded(entry)
        except _Unfit as unfit:
            refused.append(Refused(entry.name, _package(entry), str(unfit)))
    return Plugins(adapters, tuple(refused))


def _check_name(name: str, built_in: Collection[str], claims: Counter[str]) -> None:
    if name in built_in:
        raise _Unfit("名称属于内置适配器 / the name is a built-in adapter's")
    if claims[name] > 1:
        raise _Unfit("多个软件包使用同一名称 / several packages claim this name")
    if not _NAME.fullmatch(name):
        raise _Unfit(f"名称应为 / the name must be {_NAME.pattern}")


def _loaded(entry: EntryPoint) -> Adapter:
    """Load one and hold it against the protocol. Raises _Unfit."""
    try:
        thing = entry.load()
        adapter: Adapter = thing() if isinstance(thing, type) else thing
        lacks = _lacking(adapter, entry.name)
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise _Unfit(f"无法加载 / can't be loaded: {said}") from error
    if lacks:
        raise _Unfit(f"不符合适配器协议 / isn't what an adapter must be: {', '.join(lacks)}")
    return adapter


def _lacking(adapter: Adapter, name: str) -> list[str]:
    """Return what isn't as the protocol has it: attributes by their names, verbs with how they are called."""
    right = {
        f"name = {name!r}": getattr(adapter, "name", None) == name,
        "title": isinstance(title := getattr(adapter, "title", None), str) and bool(title),
        "can": isinstance(getattr(adapter, "can", None), Capabilities),
    }
    return [what for what, so in right.items() if not so] + [
        f"{verb}{inspect.signature(promised)}"
        for verb, promised in _VERBS.items()
        if not _takes(getattr(adapter, verb, None), inspect.signature(promised))
    ]


def _takes(verb: object, promised: inspect.Signature) -> bool:
    """Say whether a verb can be called as the product calls it."""
    if not callable(verb):
        return False
    _, *parameters = promised.parameters.values()
    named = {p.name: None for p in parameters if p.kind is p.KEYWORD_ONLY}
    try:
        inspect.signature(verb).bind(*[None] * (len(parameters) - len(named)), **named)
    except TypeError:
        return False
    return True


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.module
