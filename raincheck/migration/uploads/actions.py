"""A file's way into the company: taken in, its columns confirmed, tried, loaded; or thrown away.

Each step is a deed of a person; the long ones are a job's (`running.py`), deferred by name with the step itself.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.crypto import DataKey
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.core.ids import new_id
from raincheck.core.jobs import BULK, defer
from raincheck.core.scope import company_scope, take_turns
from raincheck.migration.columns import memory
from raincheck.migration.files.source import Source, Table
from raincheck.migration.files.tables import Reading, open_as_before, open_table
from raincheck.migration.kinds.names import Kind
from raincheck.migration.loading.held_back import let_go
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.migration.refusals import NotFromThere, Refused, UnexpectedFailure
from raincheck.migration.saying import Memory
from raincheck.migration.uploads import shelf
from raincheck.migration.uploads.answers import Answers, checked
from raincheck.migration.uploads.errors import (
    FileRefused,
    KindUnanswered,
    NoSuchSheet,
    NotFromSystem,
    NothingToLoad,
    TooManyUploads,
    UploadVoid,
    WrongStep,
)
from raincheck.migration.uploads.models import AT_WORK, OVER, Upload, UploadState
from raincheck.migration.uploads.proposing import Proposal, propose

JOB = "migration.upload"
#: What one upload takes at most; the command line takes more.
LARGEST = 64 * 1024 * 1024
KEPT = timedelta(days=3)
#: Files that may wait at one company at once.
MOST = 20
#: A job that hasn't said anything for so long is looked for.
SILENT = timedelta(minutes=10)
_BEFORE_TRYING = (UploadState.ASKING, UploadState.TRIED)


@dataclass(frozen=True)
class Sent:
    """A file as it came: held open, and what it was called there."""

    file: IO[bytes]
    name: str


def uploads(actor: Actor) -> "QuerySet[Upload]":
    """Return a company's uploads, newest first. Raises NotAllowed."""
    demand(actor, Ability.MOVE_DATA)
    found = Upload.objects.filter(company_id=actor.company_id).select_related("uploaded_by")
    return found.order_by("-uploaded_at", "-id")


def upload(actor: Actor, upload_id: UUID) -> Upload:
    """Return one. Raises NotAllowed, NotFound."""
    found = uploads(actor).filter(id=upload_id).first()
    if found is None:
        raise NotFound(detail=str(upload_id))
    return found


def stopped(company_id: UUID, sha256s: Collection[str]) -> dict[str, UUID]:
    """Return the uploads whose load stopped and can be gone on with, by their checksum; the latest of each."""
    broken = Upload.objects.filter(company_id=company_id, state=UploadState.BROKEN, sha256__in=sha256s)
    return dict(broken.order_by("uploaded_at").values_list("sha256", "id"))


def proposal(one: Upload) -> Proposal:
    """Return what it and its columns seem to be; nothing once the file is destroyed."""
    values = _opened(one, "proposal", one.proposal_sealed)
    return Proposal.from_json(values) if values else Proposal(None, "", ())


def found(one: Upload) -> dict[str, Any]:
    """Return what the last try said, `{notices, first}`; empty before there was one."""
    return dict(_opened(one, "found", one.found_sealed) or {})


def receive(*, sent: Sent, actor: Actor) -> Upload:
    """Take a file in. No transaction is open while it is read. Raises NotAllowed, FileRefused, TooManyUploads."""
    demand(actor, Ability.MOVE_DATA)
    sent.file.seek(0)
    with _in_words("file"), Source.held(sent.file.fileno(), sent.name) as source:
        table, proposed = _looked_at(source, "", actor.company_id)
        sha256, size = source.sha256, source.size
    with company_scope(actor.company_id) as now:
        take_turns(f"uploads:{actor.company_id}")
        waiting = Upload.objects.filter(company_id=actor.company_id).exclude(state__in=OVER)
        if waiting.count() >= MOST:
            raise TooManyUploads(field="file")
        upload_id = new_id()
        key = DataKey.create(upload_id)
        one = Upload.objects.create(
            id=upload_id,
            company_id=actor.company_id,
            file_name=sent.name[:255],
            size=size,
            sha256=sha256,
            uploaded_at=now,
            uploaded_by_id=actor.person,
            expires_at=now + KEPT,
            data_key=key.wrapped(),
            sheet=table.sheet,
            sheets=list(table.sheets),
            proposal_sealed=_sealed(key, proposed),
        )
        shelf.keep(one, key, sent.file)
        _note(one, Action.UPLOADED, actor, now, bytes=size, sha256=sha256)
    return one


def choose_sheet(*, upload_id: UUID, sheet: str, actor: Actor) -> Upload:
    """Read another sheet of the workbook. Raises NotAllowed, NotFound, WrongStep, NoSuchSheet, FileRefused."""
    with company_scope(actor.company_id):
        one = upload(actor, upload_id)
    if sheet not in one.sheets:
        raise NoSuchSheet(field="sheet")
    with _in_words("sheet"), shelf.laid_out(one) as source:
        _, proposed = _looked_at(source, sheet, actor.company_id)
    return _read_anew(upload_id, sheet, proposed, actor)


def choose_kind(*, upload_id: UUID, kind: str, source: str, actor: Actor) -> Upload:
    """Take its rows for what a person says, from the system they say, and propose the columns anew.

    Raises NotAllowed, NotFound, WrongStep, KindUnanswered, NotFromSystem, FileRefused.
    """
    with company_scope(actor.company_id):
        one = upload(actor, upload_id)
    if one.state not in _BEFORE_TRYING:
        raise WrongStep
    if kind not in list(Kind):
        raise KindUnanswered(field="kind")
    if source not in {*profiles(), ""}:
        raise NotFromSystem(field="source")
    with _in_words("kind"), shelf.laid_out(one) as file:
        table = open_table(file, Reading(one.sheet, deep=bool(source)))
        proposed = _proposed(table, _recall(actor.company_id, table), Kind(kind), source)
    return _read_anew(upload_id, one.sheet, proposed, actor)


def answer(*, upload_id: UUID, answers: Answers, actor: Actor, now: datetime) -> Upload:
    """Say what the columns are, and have it tried. Raises NotAllowed, NotFound, WrongStep, and `checked`'s."""
    one = _locked(actor, upload_id, _BEFORE_TRYING)
    one.answers = checked(answers, proposal(one), asks_order=one.asks_order).as_json()
    _send_to_work(one, UploadState.TRYING, now)
    return one


def confirm(*, upload_id: UUID, actor: Actor, now: datetime) -> Upload:
    """Have it loaded, or gone on with where that was broken off.

    Raises NotAllowed, NotFound, WrongStep, NothingToLoad, UploadVoid.
    """
    one = _locked(actor, upload_id, (UploadState.TRIED, UploadState.BROKEN))
    if _somebody_was_erased(one):
        raise UploadVoid
    if one.state == UploadState.TRIED:
        if not one.figures.get("loaded"):
            raise NothingToLoad
        one.confirmed_at = now
    _send_to_work(one, UploadState.LOADING, now)
    _note(one, Action.LOAD_ASKED, actor, now, sha256=one.sha256, **one.figures)
    return one


def discard(*, upload_id: UUID, actor: Actor, now: datetime) -> None:
    """Throw a file away that isn't at work; what of it was loaded stays. Raises NotAllowed, NotFound, WrongStep."""
    one = _locked(actor, upload_id, (*_BEFORE_TRYING, UploadState.BROKEN))
    if one.state == UploadState.BROKEN:
        let_go(sha256=one.sha256, resolution="the file was given up", actor=actor, now=now)
    _forget(one, actor, now, why="discarded")


def destroy_outlived(company_id: UUID) -> int:
    """Destroy files that waited too long, or hold somebody who was erased since; returns how many."""
    with company_scope(company_id) as now:
        mine = Upload.objects.select_for_update().filter(company_id=company_id)
        waiting = mine.exclude(state__in=[*AT_WORK, *OVER])
        gone = [one for one in waiting if one.expires_at <= now or _somebody_was_erased(one)]
        for one in gone:
            _forget(one, Actor.system(company_id), now, why="outlived")
    return len(gone)


def look_for_jobs(company_id: UUID) -> int:
    """Defer anew the jobs of uploads that nobody seems to be at; of two that take turns the second does nothing."""
    with company_scope(company_id) as now:
        mine = Upload.objects.select_for_update().filter(company_id=company_id, state__in=AT_WORK)
        silent = list(mine.filter(moved_at__lt=now - SILENT))
        for one in silent:
            one.moved_at = now
            one.save(update_fields=["moved_at"])
            _defer(one)
    return len(silent)


def seal_found(one: Upload, found_now: dict[str, Any]) -> None:
    """Keep what a try said with the file."""
    key = one.key()
    one.found_sealed = key.seal("found", json.dumps(found_now, ensure_ascii=False)) if key else None


@contextmanager
def _in_words(field: str) -> Iterator[None]:
    """Say beside a field what stands against a file. Raises NotFromSystem, FileRefused, whatever else is ours."""
    try:
        yield
    except NotFromThere:
        raise NotFromSystem(field="source") from None
    except Refused as refusal:
        raise FileRefused(refusal, field=field) from None
    except (RaincheckError, DatabaseError):
        raise
    except Exception as error:  # noqa: BLE001 (a file of anybody's, read by others' libraries, raises anything; it is said in words that quote none of it)
        raise FileRefused(UnexpectedFailure.of(error), field=field) from None


def _looked_at(source: Source, sheet: str, company_id: UUID) -> tuple[Table, Proposal]:
    """Return the file's table and what it seems to be: as was said of files with these headings, if it was."""
    table, before = open_as_before(source, Reading(sheet), partial(_recall, company_id))
    return table, _proposed(table, before, before.kind if before else None, before.source if before else "")


def _recall(company_id: UUID, table: Table) -> Memory | None:
    with company_scope(company_id):
        return memory.recall(company_id, table)


def _proposed(table: Table, before: Memory | None, kind: Kind | None, source: str) -> Proposal:
    # What was said of the columns was said of this kind's, and not of another system's.
    counts = before if before and before.kind in {kind, None} and before.source in {source, ""} else None
    said = counts.columns if counts else ()
    proposed = propose(table, said=said, kind=kind, source=profile(source) if source else None)
    return replace(proposed, manner=counts.manner) if counts else proposed


def _read_anew(upload_id: UUID, sheet: str, proposed: Proposal, actor: Actor) -> Upload:
    with company_scope(actor.company_id):
        one = _locked(actor, upload_id, _BEFORE_TRYING)
        key = one.key()
        if key is None:
            raise WrongStep
        one.sheet, one.proposal_sealed = sheet, _sealed(key, proposed)
        one.state, one.answers, one.refusal, one.asks_order = UploadState.ASKING, {}, {}, False
        one.save()
    return one


def _sealed(key: DataKey, proposed: Proposal) -> bytes | None:
    return key.seal("proposal", json.dumps(proposed.as_json(), ensure_ascii=False))


def _opened(one: Upload, name: str, sealed: bytes | memoryview | None) -> Any:
    key = one.key()
    return json.loads(key.open(name, sealed)) if key and sealed else None


def _locked(actor: Actor, upload_id: UUID, states: Sequence[str]) -> Upload:
    demand(actor, Ability.MOVE_DATA)
    mine = Upload.objects.select_for_update(no_key=True).filter(company_id=actor.company_id)
    one = mine.filter(id=upload_id).first()
    if one is None:
        raise NotFound(detail=str(upload_id))
    if one.state not in states:
        raise WrongStep
    return one


def _send_to_work(one: Upload, state: UploadState, now: datetime) -> None:
    one.state, one.refusal, one.moved_at, one.begun_at = state, {}, now, None
    one.rows_done = one.rows_before = one.rows_total = 0
    one.save()
    _defer(one)


def _defer(one: Upload) -> None:
    company_id = str(one.company_id)
    defer(JOB, queue=BULK, lock=f"import:{company_id}", company_id=company_id, upload_id=str(one.id))


def _somebody_was_erased(one: Upload) -> bool:
    since = Entry.objects.filter(company_id=one.company_id, action=Action.ERASED, at__gte=one.uploaded_at)
    return since.exists()


def _forget(one: Upload, actor: Actor, now: datetime, *, why: str) -> None:
    shelf.destroy(one)
    one.state = UploadState.GONE
    one.save()
    _note(one, Action.UPLOAD_GONE, actor, now, why=why, sha256=one.sha256)


def _note(one: Upload, action: Action, actor: Actor, now: datetime, **facts: object) -> None:
    note(actor=actor, deed=Deed(action, Subject("upload", one.id), facts), now=now)
