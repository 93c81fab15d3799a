"""Which passwords of staff are refused, beside short and common ones: known from breaches, or made of our own words.

Breached ones come from a file that the operator keeps, so that nothing of a password ever leaves the house: the whole
list of Have I Been Pwned as its downloader writes it, a SHA-1 and a count a line, in order.
"""

import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from raincheck.accounts.models import Staff

#: SHA-1 as the list writes it.
_DIGITS = 40
#: A word shorter than this is in too many others.
_WORD = 3


class Breached:
    """Refuses what is in the list that RAINCHECK_BREACHED_PASSWORDS names; nothing without one."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that is known. Raises OSError where the list can't be read."""
        path = settings.RAINCHECK_BREACHED_PASSWORDS
        if path and is_listed(password, path):
            raise ValidationError(_("这个密码已在别处泄露，请换一个"), code="password_breached")

    def get_help_text(self) -> str:
        """Say it beforehand."""
        return _("不能是已泄露的密码。")


class OwnWords:
    """Refuses what is long enough only by words that anybody here knows: ours, the company's, the address."""

    def __init__(self, min_length: int) -> None:
        self._least = min_length

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password of which too little is left without them."""
        left = password.lower()
        for word in sorted(_words(user), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < self._least <= len(password):
            message = _("除公司与产品的名称外，密码还须有%(least)s个字符")
            raise ValidationError(message, code="password_own_words", params={"least": self._least})

    def get_help_text(self) -> str:
        """Say it beforehand."""
        return _("公司与产品的名称不计入密码长度。")


def _words(user: Any) -> set[str]:
    # Of the address without what every address has: `com`, `www`.
    labels = (urlsplit(settings.RAINCHECK_BASE_URL).hostname or "").split(".")
    known = ["raincheck", *(label for label in labels if len(label) > _WORD)]
    if isinstance(user, Staff):
        known += [user.company.slug, user.company.name, *re.split(r"\W+", user.company.name)]
    return {word.lower() for word in known if len(word) >= _WORD}


def is_listed(password: str, path: str) -> bool:
    """Say whether a password's SHA-1 is in a file of such lines in order, of whatever size. Raises OSError."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with Path(path).open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            file.seek(max(0, middle - 1))
            if middle:
                # To where a line begins: this one, if it begins here.
                file.readline()
            found = file.readline()[:_DIGITS].upper()
            if found == wanted:
                return True
            if found and found < wanted:
                low = file.tell()
            else:
                high = middle
    return False
