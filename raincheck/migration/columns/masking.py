"""What of a file's cells isn't shown until somebody asks: how a person is reached, whatever column it stands in."""

import re

from raincheck.core.crypto import mask_email
from raincheck.migration.columns.contents import EXPECTED, KINDS
from raincheck.migration.fields import PERSONAL, Field
from raincheck.migration.files.cells import plain

#: What reaches somebody amid whatever other words, and what may where nothing else has so many digits.
_SURELY = re.compile(r"@[\w.-]{1,253}?\.[^\W\d]|(?<!\d)1[3-9]\d{9}(?!\d)")
_PERHAPS = re.compile(r"@|(?:\d\D{0,2}){7}")
_CONTACTS = ("phone", "email", "id_number")
#: What has as many digits as a phone number.
_NUMBERS = {"moment", "clock", "length", "code"}
#: Characters by which a value is known for what it is.
_KNOWN_BY = 300
#: Characters of a value that are shown at its ends, and how many more it must have.
_ENDS, _SHORT = 2, 6


def is_hidden(field: Field | None, value: str) -> bool:
    """Say whether a cell's text is or may be a contact or an ID number, or holds one."""
    text = plain(value)
    if not text:
        return False
    if field in PERSONAL or _SURELY.search(text) or any(_may_be(kind, text) for kind in _CONTACTS):
        return True
    expected = EXPECTED.get(field, ()) if field else ()
    return _NUMBERS.isdisjoint(expected) and bool(_PERHAPS.search(text)) and not _is_surely("moment", text)


def shown(field: Field | None, value: str) -> str:
    """Return a cell's text as it may be shown: whole, or with its middle hidden."""
    if not is_hidden(field, value):
        return value
    text = plain(value)
    domain = text.partition("@")[2]
    if domain and _is_surely("email", text) and not _PERHAPS.search(domain):
        return mask_email(text)
    ends = (text[:_ENDS], text[-_ENDS:]) if len(text) > _SHORT else ("", "")
    return "****".join(ends)


def _may_be(kind: str, text: str) -> bool:
    """Say whether a text is of a kind that is hidden; where that can't be told, it is."""
    return _looked(kind, text) is not False


def _is_surely(kind: str, text: str) -> bool:
    """Say whether a text is of a kind that is shown; where that can't be told, it isn't."""
    return _looked(kind, text) is True


def _looked(kind: str, text: str) -> bool | None:
    try:
        return KINDS[kind].fits(text[:_KNOWN_BY], text[:_KNOWN_BY])
    except Exception:  # noqa: BLE001 (whatever breaks the look, it mustn't bare the value, nor break the page that shows it)
        return None
