"""What a person does about reasons that wait: says what each text means, or that the rest stay “another reason”.

All cancellations of the run that say the same are sorted together, with their histories and profiles, and so are
applications that stand where “another reason” left them. It is the deed of the run's own batch: it stays undoable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations.errors import UnknownReason
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid, TextTooLong
from raincheck.migration.mending.reads import run_of
from raincheck.migration.mending.turns import turn
from raincheck.migration.models import ImportRun
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.sorting import tasks
from raincheck.migration.sorting.unsorted import SAID, WAITING, choices
from raincheck.migration.values.states import OTHER
from raincheck.worklist.actions import ResolutionMissing

#: Into the pool only with the candidate's consent.
_LEADS = (
    "CASE WHEN {0}.leads_to = 'pooled' AND NOT COALESCE(c.pool_consent, false)"
    " THEN 'to_rebook' ELSE {0}.leads_to END"
)
_SORT = f"""
WITH mine AS MATERIALIZED (
    SELECT k.id, k.interview_id, k.state, k.reason_id AS before, w.reason_id, w.code
    FROM (SELECT k.*, encode(sha256(convert_to({SAID}, 'UTF8')), 'hex') AS key {WAITING}) k
    JOIN unnest(%(keys)s::text[], %(reasons)s::uuid[], %(codes)s::text[]) w (key, reason_id, code) USING (key)
), sorted AS (
    UPDATE cancellations_cancellation k SET reason_id = m.reason_id, unsorted = NULL FROM mine m
    WHERE k.company_id = %(company)s AND k.id = m.id
), told AS (
    UPDATE archive_historyrecord h SET reason_code = m.code FROM mine m
    WHERE h.company_id = %(company)s AND h.cancellation_id = m.id AND h.reason_code <> m.code
    RETURNING h.candidate_id, m.id, m.code
), linked AS (
    UPDATE archive_profileentry e SET data = jsonb_build_object('reason', t.code)
    FROM told t JOIN archive_talentprofile p ON p.candidate_id = t.candidate_id
    WHERE e.company_id = %(company)s AND e.profile_id = p.id AND e.kind = 'cancellation' AND e.subject_id = t.id
), followed AS (
    UPDATE recruiting_application a SET state = {_LEADS.format("q")}
    FROM mine m JOIN recruiting_interview i ON i.id = m.interview_id
    JOIN cancellations_reason o ON o.id = m.before JOIN cancellations_reason q ON q.id = m.reason_id,
    recruiting_candidate c
    WHERE a.company_id = %(company)s AND m.state = 'completed' AND a.id = i.application_id AND c.id = a.candidate_id
        AND a.state = {_LEADS.format("o")} AND a.state <> {_LEADS.format("q")}
        AND NOT EXISTS (SELECT FROM recruiting_interview j
            WHERE j.application_id = a.id AND (j.starts_at, j.id) > (i.starts_at, i.id))
)
SELECT code, count(*) FROM mine GROUP BY 1 ORDER BY 1
"""
_LEAVE = f"UPDATE cancellations_cancellation SET unsorted = NULL WHERE id IN (SELECT k.id {WAITING})"


class NothingChosen(Invalid):
    """The form says nothing of any text."""

    code = "nothing_chosen"
    message = _("还没有选择任何原因")
    advice = _("请至少为一条原文选择原因")


@dataclass(frozen=True)
class Sorted:
    """How many cancellations were sorted, and how many still wait."""

    count: int
    left: int


def sort(*, batch_id: UUID, chosen: Mapping[str, str], actor: Actor, now: datetime) -> Sorted:
    """Give every cancellation of a batch whose text has such a key the reason of this code; no code, no change.

    Raises NotAllowed, NotFound, ImportRunning, UnknownReason, NothingChosen: then nothing has changed.
    """
    demand(actor, Ability.MOVE_DATA)
    run = turn(actor, run_of(actor, batch_id))
    known = {reason.code: reason.id for reason in choices(run.company_id)}
    told = {key: code for key, code in chosen.items() if code}
    for key, code in told.items():
        if code not in known:
            raise UnknownReason(field=key, detail=code)
    if not told:
        raise NothingChosen(field="reasons")
    codes = list(told.values())
    words = {"keys": list(told), "codes": codes, "reasons": [known[code] for code in codes]}
    counts = dict(_do(run, _SORT, words).fetched)
    left = tasks.bring_up_to_date(run_id=run.id, actor=actor, now=now)
    _note(run.id, counts, left, actor, now)
    return Sorted(sum(counts.values()), left)


def leave_rest(*, run_id: UUID, resolution: str, actor: Actor, now: datetime) -> int:
    """Let all that still wait stay “another reason”, and close their task, even of a run that was rolled back.

    Returns how many. Raises NotAllowed, ImportRunning, ResolutionMissing, TextTooLong.
    """
    demand(actor, Ability.MOVE_DATA)
    said = TextTooLong.check(resolution, field="resolution")
    if not said:
        raise ResolutionMissing(field="resolution")
    run = ImportRun.objects.filter(company_id=actor.company_id, id=run_id).select_related("batch").first()
    many = _do(turn(actor, run), _LEAVE, {}).count if run is not None else 0
    _note(run_id, {OTHER: many}, 0, actor, now)
    tasks.close(run_id=run_id, resolution=said, actor=actor, now=now)
    return many


@dataclass(frozen=True)
class _Done:
    count: int
    fetched: list[tuple[Any, ...]]


def _do(run: ImportRun, statement: str, values: Mapping[str, Any]) -> _Done:
    """Run a statement about a locked run, in its batch."""
    if run.batch is not None:
        record_into(run.batch)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"company": run.company_id, "run": run.id, **values})
        return _Done(cursor.rowcount, cursor.fetchall() if cursor.description else [])


def _note(run_id: UUID, counts: Mapping[str, int], left: int, actor: Actor, now: datetime) -> None:
    facts = {"sorted": dict(counts), "left": left}
    note(actor=actor, deed=Deed(Action.REASONS_SORTED, Subject("import", run_id), facts), now=now)
