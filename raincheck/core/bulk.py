"""Many rows at once: COPY into a temporary table, then INSERT … SELECT, for COPY can't write under row-level security.

A temporary table writes no log ahead, so the rows are logged once, where they stay.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.adapt import Dumper
from psycopg.copy import FileWriter
from psycopg.pq import Format


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


@dataclass(frozen=True)
class Packed:
    """Rows as COPY takes them, each to be inserted with the `fixed` values."""

    shape: Shape
    fixed: Mapping[str, Any]
    data: bytes

    def stage(self) -> Staged:
        """Bring them to the database, to be inserted later in this transaction; those staged before are let go."""
        stage = self.shape.stage
        temporary(stage, ", ".join(f"{name} {kind}" for name, kind in self.shape.columns.items()))
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {stage} ({', '.join(self.shape.columns)}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.write(self.data)
        return Staged(self.shape, self.fixed)


class Packer:
    """Packs rows for the connection of the thread that made it; any thread may, for none of it needs the database."""

    def __init__(self) -> None:
        connection.ensure_connection()
        native: psycopg.Connection[Any] = connection.connection
        self._connection = native

    def pack(self, shape: Shape, rows: Iterable[Sequence[Any]], **fixed: Any) -> Packed:
        """Pack rows of values in the order of the shape's columns."""
        data = BytesIO()
        with psycopg.Copy(self._connection.cursor(), binary=True, writer=FileWriter(data)) as copy:
            copy.set_types([*shape.columns.values()])
            write = copy.write_row
            for row in rows:
                write(row)
        return Packed(shape, fixed, data.getvalue())


def temporary(name: str, columns: str) -> None:
    """Have a temporary table (`pg_temp.…`) with nothing in it until the transaction ends.

    Most often there is nothing in it: to see so takes a tenth of what the new file does that TRUNCATE gives it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns}) ON COMMIT DELETE ROWS;"
            f" SELECT EXISTS (SELECT FROM {name})"
        )
        cursor.nextset()
        if cursor.fetchone()[0]:
            cursor.execute(f"TRUNCATE {name}")


def insert_rows(shape: Shape, rows: Iterable[Sequence[Any]], **fixed: Any) -> int:
    """Insert rows of values in the order of the shape's columns; returns how many there were.

    Errors are Django's, as those of every other statement.
    """
    return Packer().pack(shape, rows, **fixed).stage().insert()


def stage_rows(shape: Shape, rows: Iterable[Sequence[Any]]) -> str:
    """Have rows, and no others, in a temporary table until the transaction ends; returns its name."""
    return Packer().pack(shape, rows).stage().shape.stage


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


class _Array(bytes):
    """An array in PostgreSQL's binary form, which it reads several times as fast as any text."""


class _HashArray(_Array):
    """A `bytea[]`."""


class _IdArray(_Array):
    """A `uuid[]`."""


class _ArrayDumper(Dumper):
    """Hands the driver an array as it is."""

    format = Format.BINARY

    def dump(self, obj: _Array) -> bytes:
        return obj


class _HashArrayDumper(_ArrayDumper):
    oid = psycopg.adapters.types["bytea"].array_oid


class _IdArrayDumper(_ArrayDumper):
    oid = psycopg.adapters.types["uuid"].array_oid


psycopg.adapters.register_dumper(_HashArray, _HashArrayDumper)
psycopg.adapters.register_dumper(_IdArray, _IdArrayDumper)


def hashes(values: Iterable[bytes]) -> bytes:
    """Return many hashes as a parameter, a `bytea[]`: the driver's own way takes a thousand times as long."""
    return _HashArray(_array("bytea", [*values]))


def ids(values: Iterable[UUID]) -> bytes:
    """Return many ids as a parameter, a `uuid[]`."""
    return _IdArray(_array("uuid", [value.int.to_bytes(16) for value in values]))


def _array(kind: str, values: Sequence[bytes]) -> bytes:
    """Write an array of one dimension, none of it NULL: its head, and each value behind its length (array_recv)."""
    oid = psycopg.adapters.types[kind].oid
    if not values:
        return struct.pack("!3i", 0, 0, oid)
    head = struct.pack("!5i", 1, 0, oid, len(values), 1)
    return head + b"".join([part for value in values for part in (struct.pack("!i", len(value)), value)])
