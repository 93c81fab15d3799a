"""Taking an export in: the company as it was, with its ids, in an installation that doesn't have it.

All of it in one transaction. Before a row is written every file is held against the manifest; before the commit the
stored rows are told once more, and their checksums must be those of the export. Else nothing of it stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models

from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.founding import Charter
from raincheck.migration.exports import sheets
from raincheck.migration.exports.errors import (
    AlreadyTaken,
    CompanyIsHere,
    ExportDamaged,
    NotTheSame,
    UnknownContent,
)
from raincheck.migration.exports.manifest import Manifest, Told
from raincheck.migration.exports.reading import Lying
from raincheck.migration.exports.sheets import Sheet
from raincheck.migration.exports.writing import BATCH, checksums

_REFERENCES = (
    "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
)


@dataclass(frozen=True)
class _Reference:
    """A reference within the same table, set once all its rows are there."""

    row: UUID
    column: str
    target: UUID


def check_content(lying: Lying) -> None:
    """Hold what an export says and has against what this version knows and the manifest. Changes nothing.

    Raises ExportDamaged, UnknownContent.
    """
    _require_known(lying.manifest, {sheet.name: sheet for sheet in sheets.sheets()})
    lying.check()


def check_room(manifest: Manifest, *, slug: str = "") -> None:
    """Find out whether a company can be here, at its address or at `slug`. Changes nothing.

    Raises CompanyIsHere, AlreadyTaken, BadAddress.
    """
    if slug:
        Charter(slug, manifest.name).check()
    with system_scope(Purpose.COMPANY_FROM_ADDRESS):
        if Company.objects.filter(id=manifest.company).exists():
            raise CompanyIsHere(detail=manifest.name)
        if Company.objects.filter(slug=slug or manifest.slug).exists():
            raise AlreadyTaken(detail=slug or manifest.slug)


def restore(lying: Lying, *, slug: str = "") -> Manifest:
    """Take an export in; `slug` gives the company another address than it had. Returns what was taken in.

    Raises ExportDamaged, UnknownContent, CompanyIsHere, AlreadyTaken, BadAddress, NotTheSame.
    """
    manifest = lying.manifest
    check_content(lying)
    check_room(manifest, slug=slug)
    known = {sheet.name: sheet for sheet in sheets.sheets()}
    told = {one.name: one for one in manifest.sheets}
    with _in_words(), company_scope(manifest.company) as now:
        _plan_for_growth()
        for name in [name for name in _in_order(known) if name in told]:
            _take_in(known[name], lying, told[name])
        _require_same(manifest)
        _settle_in(manifest, slug, now)
    return manifest


def _require_known(manifest: Manifest, known: Mapping[str, Sheet]) -> None:
    for told in manifest.sheets:
        columns = known[told.name].columns if told.name in known else ()
        if not columns or not set(told.columns) <= set(columns):
            raise UnknownContent(detail=told.name)


@contextmanager
def _in_words() -> Iterator[None]:
    """Say what the database refuses without its words, which may quote somebody's row."""
    try:
        yield
    except IntegrityError as error:
        table = getattr(getattr(error.__cause__, "diag", None), "table_name", None)
        raise AlreadyTaken(detail=table or "") from None
    except (DatabaseError, ValidationError, KeyError, TypeError, ValueError) as error:
        raise ExportDamaged(detail=type(error).__name__) from None


def _in_order(known: Mapping[str, Sheet]) -> list[str]:
    """Return the sheets' names, each after those that the database has it refer to: models don't tell all of that."""
    before: dict[str, set[str]] = {name: set() for name in known}
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES)
        for table, target in cursor.fetchall():
            if table in known and target in known and table != target:
                before[table].add(target)
    for label, under in sheets.SEALED_UNDER.items():
        names = {sheet.label: name for name, sheet in known.items()}
        before[names[label]].add(names[under])
    return list(TopologicalSorter(before).static_order())


def _take_in(sheet: Sheet, lying: Lying, told: Told) -> None:
    own = [f for f in sheet.model._meta.local_concrete_fields if f.related_model is sheet.model]
    later: list[_Reference] = []
    for batch in lying.rows(told, at_a_time=BATCH):
        rows = [_read(sheet, row) for row in batch]
        if sheet.sealed:
            sheet.sealed.seal(lying.manifest.company, rows)
        for row in rows:
            later += _held_back(row, own)
            if sheet.label != "accounts.Company":
                row[sheets.COMPANY] = lying.manifest.company
        sheet.rows.bulk_create([sheet.model(**row) for row in rows])
    _refer(sheet, later)


def _read(sheet: Sheet, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's values as its columns hold them. Raises ValidationError."""
    found = {}
    for name, value in row.items():
        field = sheet.field(name)
        found[name] = field.to_python(value) if field is not None and value is not None else value
    return found


def _held_back(row: dict[str, Any], own: Sequence["models.Field[Any, Any]"]) -> Iterator[_Reference]:
    for field in own:
        target = row.get(field.attname)
        if target is not None:
            row[field.attname] = None
            yield _Reference(row["id"], field.attname, target)


def _refer(sheet: Sheet, references: Sequence[_Reference]) -> None:
    for start in range(0, len(references), BATCH):
        some = references[start : start + BATCH]
        rows = []
        for reference in some:
            row = sheet.model(pk=reference.row)
            setattr(row, reference.column, reference.target)
            rows.append(row)
        for column in {reference.column for reference in some}:
            fit = [r for r, reference in zip(rows, some, strict=True) if reference.column == column]
            sheet.rows.bulk_update(fit, [column.removesuffix("_id")])


def _require_same(manifest: Manifest) -> None:
    """Tell everything once more. Raises NotTheSame where a sheet differs by count or checksum."""
    stored = checksums(manifest.company, {told.name: told.columns for told in manifest.sheets})
    differ = [told.name for told in manifest.sheets if stored[told.name] != (told.rows, told.checksum)]
    if differ:
        raise NotTheSame(detail=", ".join(differ))


def _settle_in(manifest: Manifest, slug: str, now: datetime) -> None:
    if slug:
        Company.objects.filter(id=manifest.company).update(slug=slug)
    facts = {
        "taken_at": manifest.taken_at,
        "rows": manifest.rows,
        "checksums": {told.name: told.checksum for told in manifest.sheets if told.rows},
    }
    deed = Deed(Action.RESTORED_HERE, Subject("company", manifest.company), facts)
    note(actor=Actor.system(manifest.company), deed=deed, now=now)


def _plan_for_growth() -> None:
    """Have this transaction's checks use indexes, for nobody counts the tables anew before the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
