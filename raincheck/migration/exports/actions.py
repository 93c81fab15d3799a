"""Exports asked for in the console: asked, prepared by a job, handed out, destroyed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.crypto import DataKey
from raincheck.core.errors import NotFound
from raincheck.core.jobs import BULK, defer
from raincheck.core.scope import company_scope, take_turns
from raincheck.migration.exports import parquet
from raincheck.migration.exports.errors import (
    ExportNotReady,
    ExportUnderWay,
    NotConfirmed,
    ParquetMissing,
)
from raincheck.migration.exports.forms import forms_of
from raincheck.migration.exports.models import Export, ExportPiece, ExportState
from raincheck.migration.exports.moment import one_moment
from raincheck.migration.exports.writing import write
from raincheck.migration.exports.zipped import Pieces, Zip, opened

log = structlog.get_logger()
JOB = "migration.export"
KEPT = timedelta(days=3)
#: An export that isn't ready by then never will be: its job has been given up.
LOST_AFTER = timedelta(days=1)
#: An erasure bears the instant at which its transaction began; none takes so long.
_ERASING = timedelta(days=1)


def exports(actor: Actor) -> "QuerySet[Export]":
    """Return a company's exports, newest first. Raises NotAllowed."""
    demand(actor, Ability.EXPORT_EVERYTHING)
    found = Export.objects.filter(company_id=actor.company_id).select_related("asked_by")
    return found.order_by("-asked_at", "-id")


def ask(*, confirmed: str, with_parquet: bool, actor: Actor, now: datetime) -> Export:
    """Ask for an export of everything. Raises NotAllowed, NotConfirmed, ParquetMissing, ExportUnderWay."""
    demand(actor, Ability.EXPORT_EVERYTHING)
    if with_parquet:
        parquet.require()
    take_turns(f"export-all:{actor.company_id}")
    if " ".join(confirmed.split()) != Company.objects.get(id=actor.company_id).name:
        raise NotConfirmed(field="confirm")
    mine = Export.objects.filter(company_id=actor.company_id, state=ExportState.ASKED)
    mine.filter(asked_at__lt=now - LOST_AFTER).update(state=ExportState.FAILED)
    if mine.exists():
        raise ExportUnderWay
    export = Export.objects.create(
        company_id=actor.company_id, asked_at=now, asked_by_id=actor.person, parquet=with_parquet
    )
    _note(export, Action.EXPORT_ASKED, actor, now, by="console")
    defer(JOB, queue=BULK, company_id=str(actor.company_id), export_id=str(export.id))
    return export


def prepare(*, company_id: UUID, export_id: UUID) -> None:
    """Make the file of an export that was asked for; doing it again changes nothing."""
    with one_moment(company_id) as now:
        export = Export.objects.filter(id=export_id, state=ExportState.ASKED).first()
        if export is None:
            return
        if export.parquet and not parquet.available():
            # It was asked for at a host that has it; trying again at this one is of no use.
            log.error("export_failed", export_id=str(export.id), code=ParquetMissing.code)
            export.state = ExportState.FAILED
            export.save(update_fields=["state"])
            return
        _make(export, now)


def _make(export: Export, now: datetime) -> None:
    key = DataKey.create(export.id)
    pieces = Pieces(export, key)
    shelf = Zip(pieces, forms_of(with_parquet=export.parquet))
    manifest = write(Company.objects.get(id=export.company_id), shelf, taken_at=now)
    shelf.close()
    export.sha256, export.bytes, export.rows = pieces.finish(), pieces.size, manifest.rows
    export.state, export.data_key = ExportState.READY, key.wrapped()
    export.taken_at, export.expires_at = now, now + KEPT
    export.erasures = _erasures(export.company_id, now)
    export.save()
    facts = {"rows": export.rows, "bytes": export.bytes, "sha256": export.sha256}
    _note(export, Action.EXPORT_READY, Actor.system(export.company_id), now, **facts)


def hand_out(*, export_id: UUID, actor: Actor, now: datetime) -> tuple[Export, Iterator[bytes]]:
    """Record that somebody takes an export's file and return it; what is yielded opens a scope of its own.

    Raises NotAllowed, NotFound, ExportNotReady: also where a candidate was erased since, who would still be in it.
    """
    demand(actor, Ability.EXPORT_EVERYTHING)
    export = (
        Export.objects.select_for_update(no_key=True)
        .filter(company_id=actor.company_id, id=export_id)
        .first()
    )
    if export is None:
        raise NotFound(detail=str(export_id))
    if export.state != ExportState.READY or outlived(export, now):
        raise ExportNotReady
    export.downloads += 1
    export.save(update_fields=["downloads"])
    _note(export, Action.EXPORT_TAKEN, actor, now, sha256=export.sha256, rows=export.rows)
    return export, _streamed(export)


def outlived(export: Export, now: datetime) -> bool:
    """Say whether a ready export's file must go: its days are over, or somebody in it was erased."""
    if export.taken_at is None or export.expires_at is None or export.expires_at <= now:
        return True
    return _erasures(export.company_id, export.taken_at) > export.erasures


def destroy_outlived(company_id: UUID) -> int:
    """Destroy the files that must go: pieces and key; returns how many exports that were."""
    with company_scope(company_id) as now:
        ready = Export.objects.select_for_update().filter(company_id=company_id, state=ExportState.READY)
        gone = [export for export in ready if outlived(export, now)]
        for export in gone:
            ExportPiece.objects.filter(company_id=company_id, export=export).delete()
            export.state, export.data_key = ExportState.GONE, None
            export.save(update_fields=["state", "data_key"])
            _note(export, Action.EXPORT_GONE, Actor.system(company_id), now)
    return len(gone)


def _erasures(company_id: UUID, moment: datetime) -> int:
    """Count the erasures that a file of this moment might miss: counted, because one under way has begun before it."""
    since = Entry.objects.filter(company_id=company_id, action=Action.ERASED, at__gte=moment - _ERASING)
    return since.count()


def _streamed(export: Export) -> Iterator[bytes]:
    with company_scope(export.company_id):
        yield from opened(export)


def _note(export: Export, action: Action, actor: Actor, now: datetime, **facts: object) -> None:
    note(actor=actor, deed=Deed(action, Subject("export", export.id), facts), now=now)
