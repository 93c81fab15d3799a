"""Reading a declaration's tables: every wrong key by its path, and what was expected there, in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from raincheck.vendors.adapters.base import Permanent

#: What a preset leaves open is marked with this word.
FILL_IN = "FILL-IN"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DECIDING = {"scheme", "format", "paging", "kind"}
#: More than this is a vendor's whole handbook.
SHOWN = 20
Made = TypeVar("Made")


@dataclass(frozen=True)
class Problem:
    """One thing wrong: where (`invite.path`; `""` is the whole file) and what was expected there."""

    path: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.path or '(file)'}: {self.en}"


class BadDeclaration(Permanent):
    """A text that declares no vendor: `problems` say what is wrong, `open_keys` what is still to be filled in."""

    def __init__(self, problems: Sequence[Problem], open_keys: Sequence[str] = ()) -> None:
        self.problems, self.open_keys = list(problems), list(open_keys)
        still = [f"{path}: still to be filled in" for path in self.open_keys]
        super().__init__("; ".join([*map(str, self.problems), *still][:SHOWN]))


@dataclass
class Findings:
    """What reading has found wrong so far; reading goes on, so that all of it is said at once."""

    problems: list[Problem] = field(default_factory=list)
    open_keys: list[str] = field(default_factory=list)

    def wrong(self, path: str, zh: str, en: str) -> None:
        """Note what is wrong with a key; the first thing counts, what follows from it would only confuse."""
        if all(problem.path != path for problem in self.problems):
            self.problems.append(Problem(path, zh, en))

    def look_for_open(self, value: Any, path: str = "") -> None:
        """Note every entry, key or value, that still holds the marker."""
        if isinstance(value, str) and FILL_IN in value:
            self.open_keys.append(path)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                here = f"{path}.{key}" if path else str(key)
                if FILL_IN in key:
                    self.open_keys.append(here)
                else:
                    self.look_for_open(inner, here)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                self.look_for_open(inner, f"{path}[{number}]")

    def raise_any(self) -> None:
        """Raise BadDeclaration if anything was noted; what is merely open is not wrong as well."""
        wrong = [problem for problem in self.problems if not self._follows(problem.path)]
        if wrong or self.open_keys:
            raise BadDeclaration(wrong, self.open_keys)

    def _follows(self, path: str) -> bool:
        """Say whether a key is open itself, or which keys belong beside it is."""
        deciding = (key.rpartition(".") for key in self.open_keys)
        tables = tuple(f"{table}." for table, _, key in deciding if key in _DECIDING)
        return path in self.open_keys or path.startswith(tables)


class Table:
    """One table of the declaration; each key is read once, what nobody read is unknown."""

    def __init__(self, value: Any, path: str, findings: Findings) -> None:
        self.path, self.findings = path, findings
        if not isinstance(value, dict):
            findings.wrong(path, "应为表（[…] 或 {…}）", "must be a table")
            value = {}
        self._left: dict[str, Any] = dict(value)

    def has(self, name: str) -> bool:
        """Say whether the key is there and not read yet."""
        return name in self._left

    @property
    def names(self) -> list[str]:
        """The keys not read yet."""
        return list(self._left)

    def wrong(self, name: str, zh: str, en: str) -> None:
        """Note what is wrong with one of this table's keys."""
        self.findings.wrong(self.at(name), zh, en)

    def at(self, name: str) -> str:
        """Return a key's whole path."""
        return f"{self.path}.{name}" if self.path and name else name or self.path

    def end(self) -> None:
        """Note every key that isn't known here."""
        for name in self._left:
            if FILL_IN not in name:
                self.wrong(name, "未知的键", "unknown key")

    def take(self, name: str) -> Any:
        """Return a key's value, whatever it is; None, and a problem, where it is missing."""
        if name not in self._left:
            self.wrong(name, "缺少此键", "is missing")
            return None
        return self._left.pop(name)

    def text(self, name: str, default: str | None = None, *, longest: int = 2000) -> str:
        """Read a text that isn't empty."""
        if default is not None and name not in self._left:
            return default
        value = self.take(name)
        if isinstance(value, str) and 0 < len(value) <= longest:
            return value
        if value is not None:
            zh = f"应为 1 至 {longest} 个字符的文本"
            self.wrong(name, zh, f"must be text of 1 to {longest} characters")
        return default or "?"

    def header_names(self, name: str, found: Mapping[str, Any]) -> None:
        """Note every key of an inner table that can't be the name of an HTTP header."""
        for key in found:
            if FILL_IN not in key and not _TOKEN.fullmatch(key):
                self.wrong(f"{name}.{key}", "应为 HTTP 头的名称", "must be the name of an HTTP header")

    def header(self, name: str, default: str | None = None) -> str:
        """Read the name of an HTTP header, in lower case."""
        value = self.text(name, default)
        if not _TOKEN.fullmatch(value) and value != default:
            self.wrong(name, "应为 HTTP 头的名称", "must be the name of an HTTP header")
        return value.lower()

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """Read one of these words."""
        if default is not None and name not in self._left:
            return default
        value = self.take(name)
        if isinstance(value, str) and value in allowed:
            return value
        if value is not None:
            words = ", ".join(allowed)
            self.wrong(name, f"应为以下之一：{words}", f"must be one of {words}")
        return default or allowed[0]

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        """Read a whole number within these bounds, both included."""
        value = self._left.pop(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        zh = f"应为 {lowest} 至 {highest} 的整数"
        self.wrong(name, zh, f"must be a whole number from {lowest} to {highest}")
        return default

    def yes(self, name: str, *, default: bool = False) -> bool:
        """Read true or false."""
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            self.wrong(name, "应为 true 或 false", "must be true or false")
            return default
        return value

    def numbers(self, name: str) -> tuple[int, ...]:
        """Read a list of HTTP statuses; none where the key is left out."""
        value = self._left.pop(name, [])
        if isinstance(value, list) and all(type(n) is int and 100 <= n <= 599 for n in value):  # noqa: PLR2004 (what HTTP has)
            return tuple(value)
        self.wrong(
            name, "应为 HTTP 状态码列表，如 [200, 201]", "must be a list of HTTP statuses, as [200, 201]"
        )
        return ()

    def words(self, name: str, *, default: Mapping[str, str] | None = None) -> dict[str, str]:
        """Read a table of texts."""
        if default is not None and name not in self._left:
            return dict(default)
        value = self.take(name)
        if isinstance(value, dict) and all(isinstance(word, str) for word in value.values()):
            return value
        if value is not None:
            self.wrong(name, "应为文本组成的表", "must be a table of texts")
        return {}

    def table(self, name: str, read: Callable[["Table"], Made]) -> Made:
        """Read a table within this one."""
        inner = Table(self.take(name) if name in self._left else {}, self.at(name), self.findings)
        made = read(inner)
        inner.end()
        return made

    def table_or_none(self, name: str, read: Callable[["Table"], Made]) -> Made | None:
        """Read a table within this one, if it is there."""
        return self.table(name, read) if name in self._left else None

    def tables(self, name: str, read: Callable[["Table"], Made]) -> tuple[Made, ...]:
        """Read a list of tables; none where the key is left out."""
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            self.wrong(name, "应为表的列表，如 [{ … }]", "must be a list of tables, as [{ … }]")
            return ()
        made = []
        for number, item in enumerate(value):
            inner = Table(item, f"{self.at(name)}[{number}]", self.findings)
            made.append(read(inner))
            inner.end()
        return tuple(made)
