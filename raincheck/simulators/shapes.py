"""The shape of a JSON object that may come in: which keys, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

_INSTANT = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")


class BadValueError(Exception):
    """A value is not of the documented shape; the text says what was expected, never what came."""


@dataclass(frozen=True)
class Field:
    """One key of an object: how it is read, and what stands in when it is left out."""

    read: Callable[[Any], Any]
    required: bool = True
    default: Any = None


def checked(shape: Mapping[str, Field], value: Any) -> dict[str, Any]:
    """Read an object of exactly the keys in `shape`; raises BadValueError naming the key."""
    if not isinstance(value, dict):
        raise BadValueError("must be an object")
    if unknown := sorted(set(value) - set(shape)):
        raise BadValueError(f"unknown key {unknown[0]!r}")
    result: dict[str, Any] = {}
    for name, field in shape.items():
        if name not in value:
            if field.required:
                raise BadValueError(f"{name} is missing")
            result[name] = field.default
            continue
        try:
            result[name] = field.read(value[name])
        except BadValueError as problem:
            raise BadValueError(f"{name}: {problem}") from None
    return result


def optional(field: Field, default: Any = None) -> Field:
    """Allow `field` to be left out or null; `default` stands in for either."""
    return replace(
        field,
        read=lambda value: default if value is None else field.read(value),
        required=False,
        default=default,
    )


def text(longest: int) -> Field:
    """Take a string that is not blank, of at most `longest` characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise BadValueError(f"must be text of 1 to {longest} characters")
        return value

    return Field(read)


def pattern(regex: str) -> Field:
    """Take a string that matches `regex` from end to end."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(regex, value):
            raise BadValueError(f"must match {regex}")
        return value

    return Field(read)


def choice(*allowed: str) -> Field:
    """Take one of the words in `allowed`."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise BadValueError(f"must be one of {', '.join(allowed)}")
        return value

    return Field(read)


def boolean() -> Field:
    """Take true or false; 0, 1 and "true" are refused."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise BadValueError("must be true or false")
        return value

    return Field(read)


def whole(lowest: int, highest: int) -> Field:
    """Take a whole number from `lowest` to `highest`, both included."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise BadValueError(f"must be a whole number from {lowest} to {highest}")
        return value

    return Field(read)


def instant() -> Field:
    """Take an instant as RFC 3339 in UTC with the letter Z, in the years 1900 to 2199."""

    def read(value: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise BadValueError("must be an instant such as 2030-01-31T08:00:00Z")
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            raise BadValueError("is no date of the calendar") from None

    return Field(read)


def nested(shape: Mapping[str, Field]) -> Field:
    """Take an object of `shape`."""
    return Field(lambda value: checked(shape, value))


def words(longest: int) -> Field:
    """Take an object whose values are all strings of at most `longest` characters (may be empty)."""

    def read(value: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            raise BadValueError("must be an object")
        for name, word in value.items():
            if not isinstance(word, str) or len(word) > longest:
                raise BadValueError(f"{name} must be text of at most {longest} characters")
        return value

    return Field(read)


def in_utc(moment: datetime) -> str:
    """Write an instant the way the wire wants it: RFC 3339, Z, fractions only if there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
