"""A sheet as Parquet: typed columns, each with what it means, in row groups of a size; and such a file read back.

What is written are the plain values of JSON lines under their types, so that what is read back has the same checksum.
pyarrow comes with `raincheck[parquet]` alone, and is imported when somebody asks for Parquet.
"""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import time
from importlib import import_module
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any, Protocol

from django.contrib.postgres.fields import ArrayField
from django.db import models

from raincheck.migration.exports.describing import meaning, said
from raincheck.migration.exports.errors import ParquetMissing
from raincheck.migration.exports.plain import json_text, plain
from raincheck.migration.exports.sheets import Sheet

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

#: A row group is closed when so many bytes wait for it; no more than that, and a batch, is ever in memory.
GROUP = 16 << 20
#: What a column of JSON bears in its metadata, for Parquet has it as text.
_TYPE, _JSON = b"raincheck.type", b"json"


class _Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


def available() -> bool:
    """Say whether Parquet can be written and read here, without the weight of finding out for sure."""
    return find_spec("pyarrow") is not None


def require() -> None:
    """Raise ParquetMissing where Parquet can't be written and read."""
    if not available():
        raise ParquetMissing(field="parquet")


@contextmanager
def written(
    sheet: Sheet, names: Sequence[str], sink: _Sink
) -> Iterator[Callable[[Sequence[Sequence[Any]]], None]]:
    """Have these columns of a sheet written to a sink: what is yielded takes rows of plain values."""
    pa = _library()
    schema = _schema(sheet, names)
    waiting: list[Any] = []
    with pa.parquet.ParquetWriter(_Outward(sink), schema, compression="zstd") as writer:

        def close_group() -> None:
            if waiting:
                table = pa.Table.from_batches(waiting, schema)
                writer.write_table(table, row_group_size=table.num_rows)
                waiting.clear()

        def take(rows: Sequence[Sequence[Any]]) -> None:
            columns = zip(*rows, strict=True)
            arrays = [_array(values, column) for values, column in zip(columns, schema, strict=True)]
            waiting.append(pa.record_batch(arrays, schema=schema))
            if sum(batch.nbytes for batch in waiting) >= GROUP:
                close_group()

        yield take
        close_group()


def rows(file: IO[bytes], *, at_a_time: int) -> Iterator[list[dict[str, Any]]]:
    """Yield a file's rows in plain values, some at a time. Raises ParquetMissing, ValueError where it is broken."""
    pa = _library()
    try:
        with pa.parquet.ParquetFile(file) as lying:
            for batch in lying.iter_batches(batch_size=at_a_time, use_threads=False):
                columns = [_plain(values, column) for values, column in zip(batch, batch.schema, strict=True)]
                names = batch.schema.names
                yield [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    except (pa.ArrowException, OSError) as error:
        raise ValueError(type(error).__name__) from error


class _Outward(io.RawIOBase):
    """A sink as pyarrow wants a file to be."""

    def __init__(self, sink: _Sink) -> None:
        super().__init__()
        self._sink, self._at = sink, 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: "ReadableBuffer", /) -> int:
        taken = bytes(data)
        self._sink.write(taken)
        self._at += len(taken)
        return len(taken)


def _library() -> Any:
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError as error:
        raise ParquetMissing from error


def _schema(sheet: Sheet, names: Sequence[str]) -> Any:
    pa = _library()
    columns = []
    for name in names:
        field = sheet.kind(name)
        as_json = isinstance(field, models.JSONField)
        notes = {b"description": meaning(sheet, name).encode(), **({_TYPE: _JSON} if as_json else {})}
        # JSON has a null of its own, which plain values don't tell from none.
        nullable = field.null or as_json
        columns.append(pa.field(name, _type(field), nullable=nullable, metadata=notes))
    return pa.schema(columns, metadata={b"description": said(sheet).encode()})


def _type(field: "models.Field[Any, Any]") -> Any:
    """Return the type of a column. Ids are text: so they are in JSON and CSV, and every reader can join by them."""
    pa = _library()
    if isinstance(field, ArrayField):
        return pa.list_(_type(field.base_field))
    if isinstance(field, models.DecimalField):
        return pa.decimal128(field.max_digits, field.decimal_places)
    types = (
        (models.BooleanField, pa.bool_()),
        (models.DateTimeField, pa.timestamp("us", tz="UTC")),
        (models.DateField, pa.date32()),
        (models.TimeField, pa.time64("us")),
        (models.IntegerField, pa.int64()),
        (models.FloatField, pa.float64()),
    )
    return next((arrow for kind, arrow in types if isinstance(field, kind)), pa.string())


def _array(values: Sequence[Any], column: Any) -> Any:
    """Return plain values of one column under its type."""
    pa = _library()
    if _is_json(column):
        return pa.array([None if value is None else json_text(value) for value in values], column.type)
    if pa.types.is_time(column.type):
        return pa.array(
            [None if value is None else time.fromisoformat(value) for value in values], column.type
        )
    if any(isinstance(value, str) for value in values):
        # Instants, days and decimals, too, are text in plain values; pyarrow reads that much faster than Python.
        return pa.array(values, pa.string()).cast(column.type)
    return pa.array(values, column.type)


def _plain(values: Any, column: Any) -> list[Any]:
    read = json.loads if _is_json(column) else plain
    return [None if value is None else read(value) for value in values.to_pylist()]


def _is_json(column: Any) -> bool:
    return bool(column.metadata) and column.metadata.get(_TYPE) == _JSON
