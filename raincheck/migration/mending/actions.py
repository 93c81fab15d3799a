"""What a person does about rows that wait: mend and load them, try them again, or discard them with a reason.

Audited, and counted in the task of their run, which closes with the last of them. One company's imports and these take
turns, for neither would see the other's people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import TextTooLong
from raincheck.migration.fields import Field
from raincheck.migration.loading import quarantine
from raincheck.migration.mending import departments, reads
from raincheck.migration.mending.again import Came, load_again
from raincheck.migration.mending.errors import NoReason, RowSettled, StillRejected
from raincheck.migration.mending.turns import locked, turn
from raincheck.migration.models import ImportRun, QuarantinedRow, QuarantineState
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rows.drafts import CONTINUES
from raincheck.migration.sorting import tasks
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind, State, Task

#: Rows that one request looks at, at most.
AT_ONCE = 5000
#: Characters of a cell that a form takes.
LONGEST = 2000


@dataclass(frozen=True)
class Mended:
    """How many rows were loaded or known to be there already, and how many still wait."""

    loaded: int
    unchanged: int
    left: int


@dataclass(frozen=True)
class Which:
    """Rows of a batch that wait: one, or all with this code against them, or all."""

    batch_id: UUID
    code: str = ""
    row_id: UUID | None = None


@dataclass(frozen=True)
class Mend:
    """What a person typed of a row: other texts in some of its cells, and a department that its list can't name.

    `alike`: rows that say the same there are mended alike, where they can be.
    """

    texts: Mapping[int, str]
    department_id: UUID | None = None
    alike: bool = False


def fix(*, row_id: UUID, mend: Mend, actor: Actor, now: datetime) -> Mended:
    """Load a row as it was mended.

    Raises NotAllowed, NotFound, RowSettled, ImportRunning, UnknownDepartment, StillRejected: then nothing has changed.
    """
    run, row = _one(actor, row_id)
    before = quarantine.texts(run, row) or []
    changed = {
        i: text.strip() for i, text in mend.texts.items() if i < len(before) and _is_other(before[i], text)
    }
    department = departments.chosen(run, row, mend.department_id)
    mended = {row.number: _with(before, changed)}
    others = _alike(run, row, before, changed, by_place=bool(department)) if mend.alike else {}
    rows = {**others, **mended}
    came = load_again(
        run, rows.items(), now=now, departments=dict.fromkeys(rows if department else (), department)
    )
    if row.number in came.refused:
        raise StillRejected(came.refused[row.number][1])
    fields = {run.mapping[i]["field"] or "-" for i in changed if i < len(run.mapping)}
    fields |= {str(Field.DEPARTMENT)} if department else set()
    return _settled(run, list(rows), came, actor, now, fields=sorted(fields))


def retry(*, which: Which, actor: Actor, now: datetime) -> Mended:
    """Load rows as they are, after something was added here that they lacked.

    Those that still fail wait on, with what stands against them now; so do those that only say more of another row,
    against which nothing that is added here does anything.
    Raises NotAllowed, NotFound, RowSettled, ImportRunning.
    """
    run = turn(actor, reads.run_of(actor, which.batch_id))
    able = _chosen(run, which).exclude(codes__contains=[CONTINUES.code])
    rows = list(able.select_for_update(no_key=True)[:AT_ONCE])
    if not rows:
        return Mended(0, 0, _bring_up_to_date(run, actor, now))
    texts = {row.number: quarantine.texts(run, row) or [] for row in rows}
    came = load_again(run, texts.items(), now=now)
    for row in rows:
        if row.number in came.refused:
            quarantine.reseal(run, row, *came.refused[row.number])
    return _settled(run, list(texts), came, actor, now)


def discard(*, which: Which, reason: str, actor: Actor, now: datetime) -> int:
    """Give up rows and say why; returns how many.

    Raises NotAllowed, NotFound, RowSettled, NoReason, TextTooLong.
    """
    run = locked(actor, reads.run_of(actor, which.batch_id))
    said = _reason(reason)
    rows = _chosen(run, which)
    many = rows.update(
        state=QuarantineState.DISCARDED, reason=said, sealed=None, settled_at=now, settled_by=actor.person
    )
    if not many and which.row_id:
        raise RowSettled
    _note(run, Action.ROWS_DISCARDED, actor, now, rows=many, code=which.code)
    _bring_up_to_date(run, actor, now)
    return many


def discard_all(*, run_id: UUID, reason: str, actor: Actor, now: datetime) -> int:
    """Give up all that is left of a run, even one that was rolled back; its task closes. Raises as `discard`."""
    demand(actor, Ability.MOVE_DATA)
    said = _reason(reason, field="resolution")
    run = ImportRun.objects.filter(company_id=actor.company_id, id=run_id).select_related("batch").first()
    if run is not None:
        run = locked(actor, run)
    mine = QuarantinedRow.objects.filter(
        company_id=actor.company_id, run_id=run_id, state=QuarantineState.OPEN
    )
    many = mine.update(
        state=QuarantineState.DISCARDED, reason=said, sealed=None, settled_at=now, settled_by=actor.person
    )
    deed = Deed(Action.ROWS_DISCARDED, Subject("import", run_id), {"rows": many, "code": ""})
    note(actor=actor, deed=deed, now=now)
    _close(actor, run_id, said, now)
    if run is not None:
        _forget_key(run)
    return many


def _one(actor: Actor, row_id: UUID) -> tuple[ImportRun, QuarantinedRow]:
    run, row = reads.row_of(actor, row_id)
    run = turn(actor, run)
    row = QuarantinedRow.objects.select_for_update(no_key=True).get(id=row.id)
    if row.state != QuarantineState.OPEN:
        raise RowSettled
    return run, row


def _chosen(run: ImportRun, which: Which) -> "QuerySet[QuarantinedRow]":
    rows = reads.rows(run, code=which.code)
    return rows.filter(id=which.row_id) if which.row_id else rows


def _alike(
    run: ImportRun, row: QuarantinedRow, before: Sequence[str], changed: Mapping[int, str], *, by_place: bool
) -> dict[int, Sequence[str]]:
    """Return the other rows, mended alike, that say what this one said in every cell that was changed.

    `by_place`: of those that ask for the department of the same position alone.
    """
    found: dict[int, Sequence[str]] = {}
    if not changed and not by_place:
        return found
    waiting = reads.rows(run).exclude(id=row.id).filter(codes__overlap=row.codes)
    for other in islice(waiting.select_for_update(no_key=True).iterator(), AT_ONCE - 1):
        texts = quarantine.texts(run, other) or []
        if by_place and not departments.alike(run, before, texts, other):
            continue
        if all(i < len(texts) and texts[i] == before[i] for i in changed):
            found[other.number] = _with(texts, changed)
    return found


def _is_other(before: str, typed: str) -> bool:
    """Say whether somebody typed something else: a field takes out line ends, and cuts what is too long for it."""
    in_field = before.replace("\r", "").replace("\n", "")[:LONGEST]
    return typed.strip() not in {before, in_field.strip()}


def _with(texts: Sequence[str], changed: Mapping[int, str]) -> list[str]:
    return [changed.get(index, text) for index, text in enumerate(texts)]


def _settled(
    run: ImportRun, numbers: Sequence[int], came: Came, actor: Actor, now: datetime, **facts: object
) -> Mended:
    done = [number for number in numbers if number not in came.refused]
    rows = QuarantinedRow.objects.filter(company_id=run.company_id, run_id=run.id, number__in=done)
    rows.update(state=QuarantineState.LOADED, sealed=None, settled_at=now, settled_by=actor.person)
    counted = {"rows": len(numbers), "loaded": came.loaded, "unchanged": came.unchanged}
    _note(run, Action.ROWS_MENDED, actor, now, **counted, **facts)
    left = _bring_up_to_date(run, actor, now)
    tasks.bring_up_to_date(run_id=run.id, actor=actor, now=now)
    return Mended(came.loaded, came.unchanged, left)


def _bring_up_to_date(run: ImportRun, actor: Actor, now: datetime) -> int:
    """Count what is left into the run's task, or close it; returns how many that are."""
    left = reads.waiting(run)
    if left:
        waiting = Task.objects.filter(
            company_id=run.company_id, kind=Kind.QUARANTINED, subject_id=run.id, state=State.OPEN
        )
        for task in waiting.select_for_update(no_key=True):
            task.details = {**task.details, "count": left}
            task.save(update_fields=["details"])
        return left
    _close(actor, run.id, "every row is settled", now)
    _forget_key(run)
    return 0


def _close(actor: Actor, run_id: UUID, resolution: str, now: datetime) -> None:
    close_for_subject(
        subject_id=run_id, kinds=[Kind.QUARANTINED], actor=actor, resolution=resolution, now=now
    )


def _forget_key(run: ImportRun) -> None:
    """Destroy the key of rows that are all settled, as a deed of the run's own batch: it stays undoable."""
    if run.batch is not None:
        record_into(run.batch)
    run.data_key = None
    run.save(update_fields=["data_key"])


def _reason(text: str, *, field: str = "reason") -> str:
    said = TextTooLong.check(text, field=field)
    if not said:
        raise NoReason(field=field)
    return said


def _note(run: ImportRun, action: Action, actor: Actor, now: datetime, **facts: object) -> None:
    note(actor=actor, deed=Deed(action, Subject("import", run.id), facts), now=now)
