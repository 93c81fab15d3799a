"""The job of an upload: tries it, or loads it part by part, and tells how far it is as it goes.

Killed at any moment it is taken up by whoever gets the job next: a load goes on behind the last committed part, a try
begins anew. One that is done already changes nothing.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import Error, connections
from django.db.models import F, QuerySet

from raincheck.core.scope import company_scope
from raincheck.migration import importing, refusals
from raincheck.migration.columns.masking import shown
from raincheck.migration.fields import Field
from raincheck.migration.files.source import Source
from raincheck.migration.files.tables import Reading, open_table
from raincheck.migration.importing import Errand, Watch
from raincheck.migration.kinds.names import Kind
from raincheck.migration.loading.held_back import Held, hold_back
from raincheck.migration.models import ImportRun, RunState
from raincheck.migration.outcome import Outcome
from raincheck.migration.rows.drafts import Rejection
from raincheck.migration.rows.survey import Study, Wishes, study
from raincheck.migration.uploads import shelf
from raincheck.migration.uploads.actions import proposal, seal_found
from raincheck.migration.uploads.answers import Answers
from raincheck.migration.uploads.models import AT_WORK, Upload, UploadState
from raincheck.migration.uploads.wording import plainly
from raincheck.migration.words import Words

#: Seconds between two words on how far it is.
EVERY = 1.0
_FIGURES = ("rows_in", "loaded", "rejected", "unchanged")
#: How far it came, where that isn't known; the page says that what is loaded stays.
_NOT_SAID = {"so_far_zh": "", "so_far_en": ""}


class _OrderOpen(refusals.OpenQuestion):
    """The file doesn't prove the order of day and month, and nobody has said it."""

    code = "date_order_open"
    zh = "文件中的日期分不清日和月，请选择“日月顺序”后再试算"
    en = "Day and month can't be told apart in the file's dates: choose their order, then try again"


class Progress(Watch):
    """Writes how far the job is, in a thread and transactions of its own: those of a try are rolled back."""

    def __init__(self, upload: Upload) -> None:
        self._company_id, self._id = upload.company_id, upload.id
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="progress")
        self._last = -EVERY

    def __call__(self, done: int, total: int) -> None:
        """Hear that `done` rows of `total` are settled."""
        if done < total and monotonic() - self._last < EVERY:
            return
        self._last = monotonic()
        self._pool.submit(self._write, {"rows_done": done, "rows_total": total})

    def go_on(self, done: int) -> None:
        """Hear behind how many rows a run that was broken off goes on."""
        self._pool.submit(self._write, {"rows_before": done, "rows_done": done})

    def close(self) -> None:
        """Wait until all is written."""
        self._pool.submit(connections.close_all)
        self._pool.shutdown()

    def _write(self, values: Mapping[str, Any]) -> None:
        with company_scope(self._company_id) as now:
            _one(self._company_id, self._id).update(moved_at=now, **values)


def carry_on(*, company_id: UUID, upload_id: UUID) -> None:
    """Do what an upload waits for. Raises DatabaseFailed and whatever the database says; then it is tried again."""
    with company_scope(company_id) as now:
        waiting = _one(company_id, upload_id).filter(state__in=AT_WORK)
        upload = waiting.first()
        if upload is None:
            return
        waiting.update(begun_at=now, moved_at=now, **_behind(upload))
    told = Progress(upload)
    try:
        with shelf.laid_out(upload) as source:
            came: Outcome | refusals.Refused = _carried_out(upload, source, told)
    except (refusals.DatabaseFailed, Error):
        raise
    except refusals.Refused as refusal:
        came = refusal
    except Exception as error:  # noqa: BLE001 (a job that broke would be tried again for hours, and the page say that it loads)
        came = refusals.UnexpectedFailure.of(error, _NOT_SAID)
    finally:
        told.close()
    if isinstance(came, Outcome):
        _done(upload, came)
    else:
        _stopped(upload, came)


def _behind(upload: Upload) -> dict[str, int]:
    """Return where the job begins: a load behind what one before it did, which isn't its own speed; a try anew."""
    done = upload.rows_done if upload.state == UploadState.LOADING else 0
    return {"rows_before": done, "rows_done": done}


def _carried_out(upload: Upload, source: Source, told: Watch) -> Outcome:
    answers = Answers.from_json(upload.answers)
    understood = _understood(upload, source, answers)
    errand = Errand(
        company="",
        zone=ZoneInfo(answers.timezone),
        for_good=upload.state == UploadState.LOADING,
        rejections=None,
        source=source,
        region=answers.region,
        said=answers.said,
        told=told,
        company_id=upload.company_id,
    )
    return importing.carry_out(understood, errand)


def _understood(upload: Upload, source: Source, answers: Answers) -> Study:
    before = proposal(upload).manner.date_order
    year = int(answers.year) if answers.year else None
    kind = Kind(answers.kind)
    wishes = Wishes(answers.said, answers.date_order or None, before, kind, answers.profile, year)
    try:
        found = study(open_table(source, Reading(upload.sheet, deep=bool(answers.source))), wishes)
    except refusals.Refused:
        raise
    except Exception as error:  # noqa: BLE001 (a job that broke would be tried again without end, and nobody told why)
        raise refusals.UnexpectedFailure.of(error) from None
    open_ = any(said["code"] == "date_order_unknown" for said in found.notices.all())
    if open_ and not answers.date_order:
        raise _OrderOpen
    return found


def _stopped(upload: Upload, refusal: refusals.Refused) -> None:
    """Say why it didn't go on. A try leads back to the columns; a load that was begun waits for a person's word.

    Whoever confirmed it may have left the page: of a load there is a task.
    """
    trying = upload.state == UploadState.TRYING
    with company_scope(upload.company_id) as now:
        _one(upload.company_id, upload.id).filter(state=upload.state).update(
            state=UploadState.ASKING if trying else UploadState.BROKEN,
            refusal=plainly(refusal.code, refusal.words),
            asks_order=F("asks_order") if not isinstance(refusal, _OrderOpen) else True,
        )
        if not trying:
            file = Held(upload.file_name, upload.sha256, rows=upload.figures.get("rows_in", 0))
            hold_back(company_id=upload.company_id, file=file, why=refusal, now=now)


def _done(upload: Upload, outcome: Outcome) -> None:
    with company_scope(upload.company_id):
        one = _one(upload.company_id, upload.id).select_for_update().filter(state=upload.state).first()
        if one is None:
            return
        one.figures = {name: getattr(outcome, name) for name in _FIGURES}
        one.rows_total = one.rows_done = outcome.rows_in
        if one.state == UploadState.TRYING:
            one.state = UploadState.TRIED
            notices = [plainly(said["code"], Words(said["zh"], said["en"])) for said in outcome.notices.all()]
            seal_found(one, {"notices": notices, "first": [_first(one_) for one_ in outcome.first]})
        else:
            one.state, one.batch_id = UploadState.DONE, outcome.batch
            _as_before(one)
            shelf.destroy(one)
        one.save()


def _as_before(one: Upload) -> None:
    """Find what was loaded by a job that died before it could say so: to this one all was unchanged."""
    if one.batch_id is not None or one.confirmed_at is None:
        return
    runs = ImportRun.objects.filter(company_id=one.company_id, sha256=one.sha256, state=RunState.DONE)
    run = runs.filter(at__gte=one.confirmed_at).order_by("-at").first()
    if run is not None:
        one.batch_id = run.batch_id
        one.figures = {name: getattr(run, name) for name in _FIGURES}


def _first(rejection: Rejection) -> dict[str, Any]:
    """Return one of the first rejections as the page shows it: what may be a contact is hidden."""
    field = Field(rejection.field) if rejection.field else None
    return {
        "row": rejection.row,
        "column": rejection.column[:60],
        "value": shown(field, rejection.value)[:60],
        **plainly(rejection.fault.code, rejection.fault.words),
    }


def _one(company_id: UUID, upload_id: UUID) -> "QuerySet[Upload]":
    return Upload.objects.filter(company_id=company_id, id=upload_id)
