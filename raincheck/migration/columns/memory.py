"""What a person once said of a source's files, remembered by the company for the next one with the same headings."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from raincheck.migration.columns.headings import candidates
from raincheck.migration.columns.mapping import LOOKED_AT, SAMPLED, ColumnMap
from raincheck.migration.fields import key_of
from raincheck.migration.files.cells import is_blank, plain
from raincheck.migration.files.source import Table
from raincheck.migration.kinds.names import Kind
from raincheck.migration.models import ImportRun, SourceMapping
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.migration.rollback.batches import Standing, fates
from raincheck.migration.saying import UNSAID, Manner, Memory
from raincheck.migration.values.zones import is_zone

#: Manners kept of one source's files, the last.
_KEPT = 20


def recall(company_id: UUID, table: Table) -> Memory | None:
    """Return what was said of a file with these headings; None if none was met before."""
    first = [(number, row) for number, row in islice(table.rows(), SAMPLED) if not is_blank(row)]
    prints = {_print_of(heading.texts): heading.texts for heading in candidates(first[:LOOKED_AT])}
    found = SourceMapping.objects.filter(company_id=company_id, headings_hash__in=list(prints))
    latest = found.order_by("-confirmed_at").first()
    if latest is None:
        return None
    columns = tuple((heading, field) for heading, field in latest.columns)
    kind = Kind(latest.kind) if latest.kind else None
    source = _still_known(latest.source, kind, prints[bytes(latest.headings_hash)])
    manner = _standing(latest)
    return Memory(columns, kind, source, manner if is_zone(manner.timezone) else replace(manner, timezone=""))


def _standing(kept: SourceMapping) -> Manner:
    """Return the manner that was said last by a batch which wasn't rolled back."""
    said = _manners(kept)
    turned = fates(kept.company_id, [UUID(batch) for batch, *_ in said if batch])
    for batch, *manner in reversed(said):
        if batch is None or turned[UUID(batch)].standing is not Standing.UNDONE:
            return Manner(*manner)
    return UNSAID


def _manners(kept: SourceMapping) -> list[list[Any]]:
    """Return what was said with the batches that said it, the last one last.

    What stands there without a batch was said before those were kept.
    """
    now = [kept.timezone, kept.region, kept.date_order]
    by_batch = [one for one in kept.manners if isinstance(one, list)]
    return by_batch if by_batch and by_batch[-1][1:] == now else [*by_batch, [None, *now]]


def _still_known(source: str, kind: Kind | None, headings: Sequence[str]) -> str:
    """Return the system's code, or nothing where this version knows no names of it among these headings."""
    return source if kind and source in profiles() and profile(source).said(kind, headings) else ""


def remember(run: ImportRun, mapping: ColumnMap, *, source: str, manner: Manner, now: datetime) -> None:
    """Keep a mapping that a person has confirmed, and its manner; later ones of the same headings replace them.

    The manner counts as long as the run's batch does. `source` is the code of the system they said it is from, if any.

    Columns that share their heading can't be told apart in another file, and so aren't kept.
    """
    names = [plain(column.heading) for column in mapping.columns]
    columns = [
        [column.heading.strip(), str(column.field or "-")]
        for column, name in zip(mapping.columns, names, strict=True)
        if name and names.count(name) == 1
    ]
    said = {"columns": columns, "kind": mapping.kind, "source": source, "confirmed_at": now}
    headings = _headings_of(mapping)
    SourceMapping.objects.update_or_create(
        company_id=run.company_id, headings_hash=headings, defaults=said | _said_by(run, headings, manner)
    )


def remember_manner(run: ImportRun, mapping: ColumnMap, *, manner: Manner, now: datetime) -> None:
    """Keep the manner of a file of whose columns nothing was said now; what was said of them before stays."""
    headings = _headings_of(mapping)
    said = _said_by(run, headings, manner)
    SourceMapping.objects.update_or_create(
        company_id=run.company_id,
        headings_hash=headings,
        defaults=said,
        create_defaults={"columns": [], "kind": "", "confirmed_at": now, **said},
    )


def _said_by(run: ImportRun, headings: bytes, manner: Manner) -> dict[str, Any]:
    """Return what a mapping keeps of a manner that a run's batch was read in, behind those of earlier ones."""
    kept = SourceMapping.objects.filter(company_id=run.company_id, headings_hash=headings).first()
    one = [str(run.batch_id), *astuple(manner)]
    earlier = [said for said in _manners(kept) if said[0] != one[0]] if kept else []
    return {**asdict(manner), "manners": [*earlier, one][-_KEPT:]}


def _headings_of(mapping: ColumnMap) -> bytes:
    return _print_of([column.heading for column in mapping.columns])


def _print_of(headings: Sequence[str]) -> bytes:
    """Hash headings whatever their order, case and padding."""
    keys = sorted(key_of(heading) for heading in headings if heading.strip())
    return hashlib.sha256("\n".join(keys).encode()).digest()
