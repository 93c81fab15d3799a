"""JSON pointers (RFC 6901): where in an answer a thing is."""

import re
from typing import Any

from raincheck.vendors.adapters.configured.shape import Table

_POINTER = re.compile(r"(?:/(?:[^~/]|~0|~1)*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,6}")


def pointer(table: Table, name: str, default: str | None = None) -> str:
    """Read a pointer such as `/data/id`; the empty text is the whole answer."""
    if default is not None and not table.has(name):
        return default
    value = table.take(name)
    if isinstance(value, str) and _POINTER.fullmatch(value):
        return value
    if value is not None:
        table.wrong(name, "应为 JSON 指针，如 /data/id", "must be a JSON pointer, as /data/id")
    return ""


def pointer_or_none(table: Table, name: str) -> str | None:
    """Read a pointer that may be left out."""
    return pointer(table, name) if table.has(name) else None


def find(data: Any, where: str) -> Any:
    """Return what a pointer leads to. Raises KeyError where it leads nowhere."""
    for raw in where.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(data, dict):
            data = data[step]
        elif isinstance(data, list) and _INDEX.fullmatch(step) and int(step) < len(data):
            data = data[int(step)]
        else:
            raise KeyError(where)
    return data


def find_or_none(data: Any, where: str | None) -> Any:
    """Return what a pointer leads to; None where it leads nowhere, or there is no pointer."""
    if where is None:
        return None
    try:
        return find(data, where)
    except KeyError:
        return None


def as_text(value: Any) -> str:
    """Return a text or a number as text; raises TypeError for anything else, and ValueError where there is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise TypeError("neither text nor number")
    if value == "":
        raise ValueError("empty")
    return str(value)
