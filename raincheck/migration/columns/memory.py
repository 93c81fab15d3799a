"""What a person once said of a source's files, remembered by the company for the next one with the same headings."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from uuid import UUID

from raincheck.migration.columns.headings import candidates
from raincheck.migration.columns.mapping import LOOKED_AT, SAMPLED, ColumnMap
from raincheck.migration.fields import key_of
from raincheck.migration.files.cells import is_blank, plain
from raincheck.migration.files.source import Table
from raincheck.migration.kinds.names import Kind
from raincheck.migration.models import SourceMapping
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.migration.saying import Manner, Memory
from raincheck.migration.values.zones import is_zone


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
    timezone = latest.timezone if is_zone(latest.timezone) else ""
    return Memory(columns, kind, source, Manner(timezone, latest.region, latest.date_order))


def _still_known(source: str, kind: Kind | None, headings: Sequence[str]) -> str:
    """Return the system's code, or nothing where this version knows no names of it among these headings."""
    return source if kind and source in profiles() and profile(source).said(kind, headings) else ""


def remember(company_id: UUID, mapping: ColumnMap, *, source: str, manner: Manner, now: datetime) -> None:
    """Keep a mapping that a person has confirmed, and its manner; later ones of the same headings replace them.

    `source` is the code of the system they said it is from, or empty.

    Columns that share their heading can't be told apart in another file, and so aren't kept.
    """
    names = [plain(column.heading) for column in mapping.columns]
    columns = [
        [column.heading.strip(), str(column.field or "-")]
        for column, name in zip(mapping.columns, names, strict=True)
        if name and names.count(name) == 1
    ]
    SourceMapping.objects.update_or_create(
        company_id=company_id,
        headings_hash=_headings_of(mapping),
        defaults={
            "columns": columns,
            "kind": mapping.kind,
            "source": source,
            "confirmed_at": now,
            **asdict(manner),
        },
    )


def remember_manner(company_id: UUID, mapping: ColumnMap, *, manner: Manner, now: datetime) -> None:
    """Keep the manner of a file of whose columns nothing was said now; what was said of them before stays."""
    SourceMapping.objects.update_or_create(
        company_id=company_id,
        headings_hash=_headings_of(mapping),
        defaults=asdict(manner),
        create_defaults={"columns": [], "kind": "", "confirmed_at": now, **asdict(manner)},
    )


def _headings_of(mapping: ColumnMap) -> bytes:
    return _print_of([column.heading for column in mapping.columns])


def _print_of(headings: Sequence[str]) -> bytes:
    """Hash headings whatever their order, case and padding."""
    keys = sorted(key_of(heading) for heading in headings if heading.strip())
    return hashlib.sha256("\n".join(keys).encode()).digest()
