"""How often somebody may do something: counted in the database, so that all processes on all hosts count as one.

One row a spender says when all that was spent will have come back. Each deed moves that instant on by `every`;
it may lie no further ahead than `at_once` deeds (the “generic cell rate algorithm”). So a refusal can say to the
second when the same will be let through, and nothing has to be counted back.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from raincheck.core import crypto
from raincheck.core.errors import TooMany

_SPEND = (
    "INSERT INTO core_allowance AS a (key, back_at) VALUES (%(key)s, now() + %(every)s)"
    " ON CONFLICT (key) DO UPDATE SET back_at = greatest(a.back_at, now()) + %(every)s"
    " WHERE greatest(a.back_at, now()) + %(every)s <= now() + %(most)s RETURNING 1"
)
_WAIT = "SELECT extract(epoch FROM back_at + %(every)s - %(most)s - now()) FROM core_allowance WHERE key = %(key)s"


class TooOften(TooMany):
    """More than the allowance; `retry_after` says from when on there is some again."""

    code = "too_often"
    message = _("操作过于频繁")
    advice = _("请稍等片刻再试；如有急事，请直接联系HR")


@dataclass(frozen=True)
class Allowance:
    """So many deeds at once, and one more `every` so long; `name` keeps it apart from others."""

    name: str
    at_once: int
    every: timedelta

    def spend(self, spender: str) -> None:
        """Take one, for whoever `spender` names; kept as a keyed hash. Raises TooOften.

        Outside a transaction it counts whatever becomes of the request; inside one, together with it.
        """
        asked: dict[str, Any] = {
            "key": crypto.found_by("allowance", f"{self.name}:{spender}"),
            "every": self.every,
            "most": self.at_once * self.every,
        }
        with connection.cursor() as cursor:
            cursor.execute(_SPEND, asked)
            if cursor.fetchone() is not None:
                return
            cursor.execute(_WAIT, asked)
            row = cursor.fetchone()
        # Between the two some may have come back: then at once, as far as anybody can tell.
        raise TooOften(retry_after=max(1, ceil(row[0])) if row else 1)


def forget_spent() -> int:
    """Delete the rows of everybody who has their whole allowance back; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_allowance WHERE back_at < now()")
        return int(cursor.rowcount)
