"""Reading across tables by plain SQL, for figures that the ORM would say in more words and more queries."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection


def rows(query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Return what a query finds, in whichever scope is open."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or {})
        return list(cursor.fetchall())


def limit_time(limit: timedelta) -> None:
    """Have the database give up any one statement of this transaction that takes longer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true)", [str(int(limit.total_seconds() * 1000))]
        )
