"""An entry as the bytes that prove it: canonical JSON (RFC 8785), of which every column is generated.

The same entry is the same bytes wherever they are made, so that one hash stands for it. Times are whole
microseconds since 1970: a number that no time zone and no rounding changes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785

#: Of this version is the shape that `columns` reads; a later one would be another migration.
VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
#: What every reader of JSON takes for the same whole number (RFC 8785 §3.2.2.3).
_SAFE = 2**53 - 1


def canonical(document: Mapping[str, Any]) -> str:
    """Return RFC 8785's text of `document`. A whole number too great for JSON is kept as text.

    Raises rfc8785.CanonicalizationError for what is no JSON, such as NaN or a key that is no text.
    """
    # The library takes ten times as long as the standard one, which writes the same of what has no fractions.
    if _is_plain(document):
        return _write(document)
    return rfc8785.dumps(_kept(document)).decode()


def microseconds(instant: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _is_plain(value: Any) -> bool:
    """Say whether Python's own writer gives RFC 8785's bytes: no fractions, no unusual keys, no great numbers."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return value.isascii() or _is_text(value)
    if isinstance(value, int):
        return -_SAFE <= value <= _SAFE
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and key.isascii() and _is_plain(v) for key, v in value.items())
    return isinstance(value, list | tuple) and all(map(_is_plain, value))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kept(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and not -_SAFE <= value <= _SAFE:
        return str(int(value))
    if isinstance(value, Mapping):
        return {key: _kept(v) for key, v in value.items()}
    return [_kept(v) for v in value] if isinstance(value, list | tuple) else value
