"""Texts with placeholders: `{candidate_name}`, `{credentials.app_secret}`; a brace itself is written twice."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any
from urllib.parse import quote, urlencode

from raincheck.vendors.adapters.base import NeedsPerson, Permanent
from raincheck.vendors.adapters.configured.shape import Table

_GIVEN_BY_NAME = re.compile(r"(credentials|options)\.[A-Za-z0-9_]{1,60}")
#: What every call may use, besides `{credentials.NAME}` and `{options.NAME}`.
EVERYWHERE = frozenset({"api_key"})
_NO_NAME = "{}"
Values = Mapping[str, str | int]


@dataclass(frozen=True)
class Template:
    """A text in pieces: what stands before a placeholder, and the placeholder's name (`""`: none)."""

    pieces: tuple[tuple[str, str], ...]

    @property
    def names(self) -> frozenset[str]:
        """The placeholders used."""
        return frozenset(name for _, name in self.pieces if name)

    def render(self, values: Values) -> str:
        """Return the text with everything filled in. Raises NeedsPerson where the account lacks something."""
        return "".join(text + (str(_value(values, name)) if name else "") for text, name in self.pieces)

    def value(self, values: Values) -> str | int:
        """Return the same; one placeholder alone keeps its kind, so that a number stays one."""
        match self.pieces:
            case (("", name),) if name:
                return _value(values, name)
        return self.render(values)

    def path(self, values: Values) -> str:
        """Return the same as part of an address: what is filled in can't lead anywhere else."""
        return "".join(text + (_step(values, name) if name else "") for text, name in self.pieces)


def _value(values: Values, name: str) -> str | int:
    try:
        return values[name]
    except KeyError as error:
        raise NeedsPerson(f"the account lacks {name}") from error


def _step(values: Values, name: str) -> str:
    step = str(_value(values, name))
    if not step and name == "template":
        raise NeedsPerson("say what candidates are invited to there: the account has no template")
    if step in {"", ".", ".."}:
        raise Permanent(f"{name} is no part of an address")
    return quote(step, safe="")


def template(table: Table, name: str, known: Iterable[str], default: str | None = None) -> Template:
    """Read a text with placeholders, of which only these are known here."""
    return compiled(table.text(name, default), table, name, known)


def compiled(text: str, table: Table, name: str, known: Iterable[str]) -> Template:
    """Take a text apart; what is wrong with it is noted at the key."""
    pieces = []
    try:
        for before, field, form, conversion in Formatter().parse(text):
            alone = not (form or conversion or field == "")
            pieces.append((before, field or "" if alone else _NO_NAME))
    except ValueError:
        pieces.append(("", _NO_NAME))
    if any(name == _NO_NAME for _, name in pieces):
        zh = "花括号应成对包住占位符名称；花括号本身请写两遍"
        table.wrong(name, zh, "braces must hold a placeholder's name; write a brace itself twice")
        return Template(())
    made = Template(tuple(pieces))
    allowed = EVERYWHERE | set(known)
    for unknown in sorted(made.names - allowed):
        if not _GIVEN_BY_NAME.fullmatch(unknown):
            words = ", ".join(sorted(allowed))
            zh = f"未知的占位符 {{{unknown}}}；可用：{words}"
            table.wrong(name, zh, f"unknown placeholder {{{unknown}}}; known here: {words}")
    return made


def tree(table: Table, name: str, known: Iterable[str]) -> Any:
    """Read a JSON body: tables, lists, numbers and truth values as they are, texts as templates; None: no body."""
    if not table.has(name):
        return None
    return _grow(table.take(name), table, name, known)


def _grow(value: Any, table: Table, name: str, known: Iterable[str]) -> Any:
    if isinstance(value, dict):
        return {key: _grow(inner, table, f"{name}.{key}", known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_grow(inner, table, f"{name}[{n}]", known) for n, inner in enumerate(value)]
    if isinstance(value, str):
        return compiled(value, table, name, known)
    if not isinstance(value, bool | int | float) or not math.isfinite(value):
        table.wrong(
            name, "JSON 中不能有日期、无穷大或 nan", "dates, inf and nan are no JSON; write them as text"
        )
    return value


def filled(value: Any, values: Values) -> Any:
    """Return a JSON body with everything filled in."""
    if isinstance(value, Template):
        return value.value(values)
    if isinstance(value, dict):
        return {key: filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    return value


def names_in(value: Any) -> frozenset[str]:
    """Return every placeholder of a template, or of anything made of them."""
    if isinstance(value, Template):
        return value.names
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return frozenset().union(*map(names_in, value))
    return frozenset()


def templates(table: Table, name: str, known: Iterable[str]) -> dict[str, Template]:
    """Read a table of texts with placeholders; empty where it is left out."""
    words = table.words(name, default={})
    return {key: compiled(word, table, f"{name}.{key}", known) for key, word in words.items()}


def headers(table: Table, name: str, known: Iterable[str]) -> dict[str, Template]:
    """Read a table of HTTP headers, their values with placeholders; empty where it is left out."""
    found = templates(table, name, known)
    table.header_names(name, found)
    return found


def query(wanted: Mapping[str, Template], values: Values) -> str:
    """Return a query string; what is empty is left out. `""` where nothing is left."""
    pairs = [(key, one.render(values)) for key, one in wanted.items()]
    return urlencode([(key, value) for key, value in pairs if value])
