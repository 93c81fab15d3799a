"""Statements put together once, for the few that every cancel request makes.

Django writes a statement anew each time, which costs more than PostgreSQL's answer to it. A `Prepared` query is
written by the same querysets as every other, so what an actor may reach is still said in one place.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models import query as django_query

Row = TypeVar("Row", bound=Model)
# What Django itself fills select_related() rows with; its stubs speak of another version.
_populators: Any = django_query.get_related_populators


class Prepared(Generic[Row]):
    """A query with places for values; `build` takes each as an annotated parameter (UUID, str, bytes, datetime).

    The values may only be compared with: `build` is called once, with stand-ins, and must not look at them.
    """

    def __init__(self, build: Callable[..., "QuerySet[Row]"]) -> None:
        self._build = build
        self._written: _Written | None = None

    def first(self, **values: Any) -> Row | None:
        """Run it and return the first row as the model it is, with what was selected along; None without one."""
        # Two threads that write it at once write the same.
        written = self._written = self._written or _Written.by(self._build)
        given = [values[p.name] if isinstance(p, _Place) else p for p in written.parameters]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, given)
            row = cursor.fetchone()
        return None if row is None else written.model_of(row)


class _Place:
    """Where a value goes, and what stands there while the statement is written."""

    def __init__(self, name: str, kind: type) -> None:
        unique = uuid4()
        self.name = name
        self.stand_in: Any = {
            UUID: unique,
            str: unique.hex,
            bytes: unique.bytes,
            datetime: datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=unique.int % 10**12),
        }[kind]

    def is_at(self, parameter: Any) -> bool:
        """Say whether this parameter is the stand-in, which a bytes one is within a wrapper of the driver's."""
        return bool(getattr(parameter, "obj", parameter) == self.stand_in)


@dataclass(frozen=True)
class _Written:
    """A statement, its parameters, and how a row of its answer becomes a model: Django's own way, gone once."""

    sql: str
    parameters: list[Any]
    model: type[Any]
    columns: slice
    names: list[str]
    converters: list[tuple[int, Any]]
    related: list[Any]
    annotations: dict[str, int]

    @classmethod
    def by(cls, build: Callable[..., "QuerySet[Any]"]) -> "_Written":
        places = [_Place(name, p.annotation) for name, p in inspect.signature(build).parameters.items()]
        queryset = build(**{place.name: place.stand_in for place in places})
        compiler: Any = queryset.query.get_compiler(using=queryset.db)
        sql, given = compiler.as_sql()
        parameters = [next((place for place in places if place.is_at(value)), value) for value in given]
        unused = [place.name for place in places if place not in parameters]
        if unused:
            msg = f"{unused} stand nowhere in {sql}"
            raise TypeError(msg)
        selected = [column[0] for column in compiler.select]
        own = compiler.klass_info["select_fields"]
        columns = slice(own[0], own[-1] + 1)
        return cls(
            sql=sql,
            parameters=parameters,
            model=compiler.klass_info["model"],
            columns=columns,
            names=[column.target.attname for column in selected[columns]],
            converters=list(compiler.get_converters(selected).items()),
            related=_populators(compiler.klass_info, compiler.select, queryset.db),
            annotations=compiler.annotation_col_map,
        )

    def model_of(self, row: tuple[Any, ...]) -> Any:
        values = list(row)
        for place, (converters, expression) in self.converters:
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        model = self.model.from_db(connection.alias, self.names, values[self.columns])
        for populator in self.related:
            populator.populate(values, model)
        for name, place in self.annotations.items():
            setattr(model, name, values[place])
        return model


@contextmanager
def together() -> Iterator[None]:
    """Send what `insert`, `update` and `call` are given within the block as one statement, at its end.

    What is read meanwhile doesn't see it, and no part of it may build on another.
    """
    batch = _Batch()
    token = _open.set(batch)
    try:
        yield
    finally:
        _open.reset(token)
    batch.send()


def insert(row: Model) -> None:
    """Store a new row by a statement put together once a model; nothing is read back."""
    _write(_insertion(type(row)), row, _written(type(row)))
    row._state.adding = False  # noqa: SLF001 (as Model.save does: the row is there now)


def update(row: Model, field_name: str) -> None:
    """Store one changed field of a row that the transaction holds locked."""
    _write(_change(type(row), field_name), row, [type(row)._meta.get_field(field_name), type(row)._meta.pk])


def call(select: str, values: Sequence[Any]) -> None:
    """Run a SELECT for what the function in it does; whatever it gives is left there."""
    batch = _open.get()
    if batch is None:
        _execute(select, values)
    else:
        batch.calls.append((select, values))


#: A statement and its values.
_Statement = tuple[str, Sequence[Any]]


@dataclass
class _Batch:
    """Statements that wait to be sent as one: a SELECT runs only where it stands last, the others also in WITH."""

    writes: list[_Statement] = field(default_factory=list)
    calls: list[_Statement] = field(default_factory=list)

    def send(self) -> None:
        if not self.writes and not self.calls:
            return
        *first, (last, _) = [*self.writes, *self.calls[:1]]
        parts = ", ".join(f"w{place} AS ({sql})" for place, (sql, _) in enumerate(first))
        values = [value for _, given in [*self.writes, *self.calls[:1]] for value in given]
        _execute(f"WITH {parts} {last}" if first else last, values)
        for sql, given in self.calls[1:]:
            _execute(sql, given)


_open: ContextVar[_Batch | None] = ContextVar("raincheck_batch", default=None)


def _write(sql: str, row: Model, fields: Iterable[Any]) -> None:
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    batch = _open.get()
    if batch is None:
        _execute(sql, values)
    else:
        batch.writes.append((sql, values))


def _execute(sql: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@cache
def _written(model: type[Model]) -> list[Any]:
    """Return the fields that are ours to write; the database generates the others."""
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


@cache
def _insertion(model: type[Model]) -> str:
    columns = [_quoted(field) for field in _written(model)]
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 (our own names)


@cache
def _change(model: type[Model], field_name: str) -> str:
    changed, key = _quoted(model._meta.get_field(field_name)), _quoted(model._meta.pk)
    return f"UPDATE {model._meta.db_table} SET {changed} = %s WHERE {key} = %s"  # noqa: S608 (our own names)


def _quoted(field: Any) -> str:
    return str(connection.ops.quote_name(field.column))
