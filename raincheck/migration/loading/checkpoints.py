"""How far a run is: opened with its batch, kept with every part, found again if it was broken off, finished."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.migration import refusals
from raincheck.migration.loading import quarantine
from raincheck.migration.loading.rejections import RejectionsFile
from raincheck.migration.models import ImportRun, RunState
from raincheck.migration.outcome import Outcome, mapping_of
from raincheck.migration.rollback.batches import open_batch
from raincheck.migration.rollback.models import BatchKind
from raincheck.migration.rows.survey import Study
from raincheck.migration.sorting import tasks
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind

_FIGURES = ("rows_in", "loaded", "rejected", "unchanged")
_KEPT = (*_FIGURES, "position", "counts", "checksum")


@dataclass(frozen=True)
class Brief:
    """What a run is of: the file, its zone, how many rows, and on which terms they are read."""

    file_name: str
    sha256: str
    timezone: str
    rows: int
    terms: Mapping[str, Any]


def opened(company_id: UUID, brief: Brief, *, now: datetime) -> ImportRun:
    """Write a new run and its batch; from here on all that is written can be rolled back."""
    batch = open_batch(kind=BatchKind.IMPORT, name=brief.file_name, actor=Actor.system(company_id), now=now)
    run_id = new_id()
    return ImportRun.objects.create(
        id=run_id,
        company_id=company_id,
        at=now,
        file_name=brief.file_name[:255],
        sha256=brief.sha256,
        timezone=brief.timezone,
        rows_total=brief.rows,
        terms=dict(brief.terms),
        batch=batch,
        state=RunState.RUNNING,
        data_key=quarantine.new_key(run_id),
        **dict.fromkeys(_FIGURES, 0),
    )


def unfinished(company_id: UUID, sha256: str, terms: Mapping[str, Any]) -> ImportRun | None:
    """Return the run of this very file that was broken off. Raises UnfinishedRun where its terms were others."""
    waiting = ImportRun.objects.filter(company_id=company_id, sha256=sha256, state=RunState.RUNNING)
    run = waiting.select_related("batch").order_by("-at").first()
    if run is not None and run.terms != dict(terms):
        raise refusals.UnfinishedRun(row=run.position, batch=run.batch_id)
    return run


def restore(run: ImportRun, outcome: Outcome, rejections: RejectionsFile) -> None:
    """Go on where a run was broken off: its figures, what was said of rows, what it rejected."""
    for name in ("loaded", "rejected", "unchanged"):
        setattr(outcome, name, getattr(run, name))
    outcome.notices.restore(run.counts)
    outcome.resumed_after = run.position
    outcome.batch = run.batch_id
    for rejection in quarantine.rejections(run):
        rejections.add(rejection)
        outcome.show(rejection)


def keep(run: ImportRun, outcome: Outcome) -> None:
    """Write how far the run is, in the transaction of the part that brought it there."""
    for name in ("loaded", "rejected", "unchanged"):
        setattr(run, name, getattr(outcome, name))
    run.rows_in = outcome.settled
    run.counts = outcome.notices.counts()
    run.save(update_fields=_KEPT)


def finish(run: ImportRun, outcome: Outcome, study: Study, *, now: datetime) -> None:
    """Write the run's end, what was said aloud, and the tasks of what waits for a person."""
    keep(run, outcome)
    run.state = RunState.DONE
    run.warnings, run.mapping = outcome.notices.all(), mapping_of(study)
    if not outcome.rejected:
        run.data_key = None
    run.save(update_fields=["state", "warnings", "mapping", "data_key"])
    actor = Actor.system(run.company_id)
    figures = {name: getattr(outcome, name) for name in _FIGURES}
    facts = {**figures, "sha256": run.sha256, "timezone": run.timezone, "checksum": run.checksum}
    note(actor=actor, deed=Deed(Action.IMPORTED, Subject("import", run.id), facts), now=now)
    if outcome.rejected:
        details = {"count": outcome.rejected, "of": outcome.rows_in, "batch": str(run.batch_id)}
        need = Need(Kind.QUARANTINED, "import", run.id, details=details, tell=False)
        open_task(need=need, actor=actor, now=now)
    tasks.bring_up_to_date(run_id=run.id, actor=actor, now=now)
