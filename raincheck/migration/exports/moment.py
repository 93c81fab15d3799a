"""One moment of a company: all that is read within it is of one snapshot, however long that takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection

from raincheck.core.scope import company_scope

_LEVEL = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {}"


@contextmanager
def one_moment(company_id: UUID) -> Iterator[datetime]:
    """Open the company's scope at one snapshot and yield its time. No scope may be open."""
    _isolate("REPEATABLE READ")
    try:
        with company_scope(company_id) as now:
            yield now
    finally:
        # The connection goes back to others.
        _isolate("READ COMMITTED")


def _isolate(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEVEL.format(level))
