"""Many rows at once: COPY into a temporary table, then INSERT … SELECT, for COPY can't write under row-level security.

A temporary table writes no log ahead, so the rows are logged once, where they stay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection


@dataclass(frozen=True)
class Shape:
    """Columns of one table that are filled row by row, name → PostgreSQL type; others get `fixed` values."""

    table: str
    columns: Mapping[str, str]

    @property
    def stage(self) -> str:
        """The temporary table's name: another set of columns has another."""
        return f"pg_temp.stage_{self.table}_{len(self.columns)}"


@dataclass(frozen=True)
class Staged:
    """Rows that wait in a temporary table to be inserted where they belong, each with the `fixed` values."""

    shape: Shape
    fixed: Mapping[str, Any]

    def insert(self) -> int:
        """Insert them; returns how many there were. Python has nothing to do meanwhile."""
        names = ", ".join(self.shape.columns)
        places = "".join(", %s" for _ in self.fixed)
        also = "".join(f", {name}" for name in self.fixed)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.shape.table} ({names}{also}) SELECT {names}{places} FROM {self.shape.stage}",
                [*self.fixed.values()],
            )
            return int(cursor.rowcount)


def insert_rows(shape: Shape, rows: Iterable[Sequence[Any]], **fixed: Any) -> int:
    """Insert rows of values in the order of the shape's columns; returns how many there were.

    Errors are Django's, as those of every other statement.
    """
    return staged(shape, rows, **fixed).insert()


def staged(shape: Shape, rows: Iterable[Sequence[Any]], **fixed: Any) -> Staged:
    """Bring rows to the database, to be inserted later in this transaction; those staged before are let go."""
    stage_rows(shape, rows)
    return Staged(shape, fixed)


def stage_rows(shape: Shape, rows: Iterable[Sequence[Any]]) -> str:
    """Have rows, and no others, in a temporary table until the transaction ends; returns its name."""
    columns = ", ".join(f"{name} {kind}" for name, kind in shape.columns.items())
    name = shape.stage.removeprefix("pg_temp.")
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns}) ON COMMIT DELETE ROWS;"
            f" TRUNCATE {shape.stage}"
        )
        with cursor.copy(
            f"COPY {shape.stage} ({', '.join(shape.columns)}) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types([*shape.columns.values()])
            write = copy.write_row
            for row in rows:
                write(row)
    return shape.stage


@contextmanager
def planned_anew() -> Iterator[None]:
    """Have each statement of a `with` block planned when it is run, by how large its tables are by then.

    A plan that the server keeps is one of the first part, when a table of one page was read as well by any index.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    before, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = before


def plan_for_lookups() -> None:
    """Have the rest of this transaction's checks of references use indexes.

    Tables that grow by the part were empty when anybody last counted them: reading all of one seems cheapest then, and
    takes longer with every part. Joins that must not begin with such a table are written `LATERAL (… OFFSET 0)`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


@contextmanager
def joined_by_hash() -> Iterator[None]:
    """Have what a `with` block asks joined as a whole, never row by row, however few the planner takes them for."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def each(table: str, key: str, value: str, columns: str) -> str:
    """Return SQL that finds the row of a unique `key` for each row joined so far, and never the other way round."""
    alias = key.partition(".")[0]
    return (
        f"CROSS JOIN LATERAL (SELECT {columns} FROM {table} {alias} WHERE {key} = {value} OFFSET 0) {alias}"
    )


def hashes(values: Iterable[bytes]) -> str:
    """Return many hashes as the text of a `bytea[]`: the driver's own way takes a thousand times as long."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def ids(values: Iterable[UUID]) -> str:
    """Return many ids as the text of a `uuid[]`."""
    return "{" + ",".join([f"{value.int:032x}" for value in values]) + "}"
