"""What of a file's cells isn't shown until somebody asks: how a person is reached, whatever column it stands in."""

import re

from raincheck.core.crypto import mask_email
from raincheck.migration.cells import plain
from raincheck.migration.contents import EXPECTED, KINDS
from raincheck.migration.fields import PERSONAL, Field

#: What may be a number or address in a column it doesn't belong to.
_REACHES = re.compile(r"@|(?:\d\D{0,2}){7}")
_CONTACTS = ("phone", "email", "id_number")
#: Characters of a value that are shown at its ends, and how many more it must have.
_ENDS, _SHORT = 2, 6


def is_hidden(field: Field | None, value: str) -> bool:
    """Say whether a cell's text is or may be a contact or an ID number."""
    text = plain(value)[:300]
    if not text:
        return False
    if field in PERSONAL or any(_may_be(kind, text) for kind in _CONTACTS):
        return True
    # A date has as many digits as a phone number.
    return field not in EXPECTED and bool(_REACHES.search(text)) and not _is_surely("moment", text)


def shown(field: Field | None, value: str) -> str:
    """Return a cell's text as it may be shown: whole, or with its middle hidden."""
    if not is_hidden(field, value):
        return value
    text = plain(value)
    if "@" in text and " " not in text:
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
        return KINDS[kind].fits(text, text)
    except Exception:  # noqa: BLE001 (whatever breaks the look, it mustn't bare the value, nor break the page that shows it)
        return None
