"""Ways in that were shut after a backup was made, and stand open again once it is restored: somebody shuts them anew.

Unlike an erasure (erasures.py) that is told and not done again: whom to hand over to now is a person's to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from raincheck.audit.catalogue import Action

#: Whom, or what, an entry is about, by its action.
_OF_STAFF: LiteralString = (
    "SELECT o.slug, s.name FROM audit_entry e JOIN accounts_staff s ON s.id = e.subject_id"
)
_OF_KEYS: LiteralString = (
    "SELECT o.slug, s.name FROM audit_entry e JOIN accounts_apikey s ON s.id = e.subject_id"
)
_SINCE: LiteralString = (
    " JOIN accounts_company o ON o.id = e.company_id"
    " WHERE e.action = %s AND e.at > %s GROUP BY 1, 2 ORDER BY 1, 2"
)
_SHUT: tuple[tuple[Action, LiteralString, str], ...] = (
    (Action.STAFF_LEFT, _OF_STAFF, "又能登录的离职员工 / left since, and can sign in again"),
    (Action.STAFF_ROLES_CHANGED, _OF_STAFF, "又是原角色 / has the roles of before again"),
    (Action.KEY_REVOKED, _OF_KEYS, "又有效的API密钥 / an API key that was revoked since, and opens again"),
)


@dataclass(frozen=True)
class Reopened:
    """One way in: what it is, in both languages, of which company, and whose."""

    what: str
    company: str
    name: str


def reopened(connection: "psycopg.Connection[Any]", *, since: datetime) -> Iterator[Reopened]:
    """Yield what a database's trail says was shut since; the connection sees through the walls."""
    for action, about, what in _SHUT:
        for company, name in connection.execute(about + _SINCE, [action.value, since]).fetchall():
            yield Reopened(what, company, name)
