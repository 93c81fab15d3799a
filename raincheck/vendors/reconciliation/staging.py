"""Where a vendor's list lies while it is compared: temporary tables of this session, gone with it.

COPY can't write under row-level security, and a list of a million rows every hour would leave a table of ours
bloated; a temporary table knows neither trouble. Nobody but this connection sees it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection

from raincheck.vendors.adapters.base import View
from raincheck.vendors.lines import storable

_TABLES = ("vendor_listed", "vendor_different")
_MAKE = """
CREATE TEMPORARY TABLE vendor_listed (
    seen bigint GENERATED ALWAYS AS IDENTITY, ref text COLLATE "C" NOT NULL, external_id text NOT NULL,
    status text NOT NULL, progress text NOT NULL, starts_at timestamptz, ends_at timestamptz,
    version bigint NOT NULL, tolerance interval NOT NULL
);
CREATE TEMPORARY TABLE vendor_different (
    kind text NOT NULL, ref text COLLATE "C" NOT NULL, external_id text, interview_id uuid,
    unclaimed boolean NOT NULL DEFAULT false, at timestamptz
)
"""
_COPY = "COPY vendor_listed (ref, external_id, status, progress, starts_at, ends_at, version, tolerance) FROM STDIN"
#: What a text column of ours holds; a NUL character would end the whole page.
_REF, _EXTERNAL_ID = 128, 64


@contextmanager
def staging() -> Iterator[None]:
    """Have the tables for a `with` block, empty. Nothing in it may close Django's connection."""
    _drop()
    with connection.cursor() as cursor:
        for statement in _MAKE.split(";"):
            cursor.execute(statement)
    try:
        yield
    finally:
        _drop_if_still_there()


def stage(views: Iterable[View]) -> None:
    """Add a page. What was seen before may come again, for lists change while they are paged."""
    with connection.wrap_database_errors, connection.cursor() as cursor, _copy(cursor) as copy:
        for view in views:
            copy.write_row(
                (
                    storable(view.ref, _REF),
                    storable(view.external_id, _EXTERNAL_ID),
                    view.status.value,
                    view.progress or view.status.progress,
                    view.starts_at,
                    view.ends_at,
                    view.version,
                    _seconds(view.tolerance),
                )
            )


def clear() -> None:
    """Forget the list and what differed."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)}")


def _copy(cursor: Any) -> Any:
    # Django's wrapper hands on what it doesn't know to psycopg's own cursor, whose errors are psycopg's.
    return cursor.copy(_COPY)


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds()} s"


def _drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table}' for table in _TABLES)}")


def _drop_if_still_there() -> None:
    try:
        _drop()
    except DatabaseError:
        # The connection broke, and the tables went with it.
        connection.close()
