"""A run: kind by kind, a thousand rows a transaction, each with the ids of what it took; in the end one audit entry.

A run that was cut off is gone on with, so that its proof is whole. Holds are looked at in each transaction anew. Two
that are at one run take turns, so that nothing counts twice.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.audit.models import Entry
from raincheck.audit.proving import inclusion
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.jobs import BULK, defer
from raincheck.core.scope import company_scope, take_turns
from raincheck.migration.retention.kinds import KINDS, free
from raincheck.migration.retention.models import Gone, RetentionRun
from raincheck.migration.retention.rules import cutoffs

JOB = "migration.retention"
CHUNK = 1000


class NothingToKeepBy(Conflict):
    """There is no rule."""

    code = "no_retention_rule"
    message = _("还没有设置任何保留期限")
    advice = _("请先填写并保存至少一项")


class RunUnderWay(Conflict):
    """One run at a time."""

    code = "retention_under_way"
    message = _("正在按保留期限删除")
    advice = _("请等它完成")


def ask(*, actor: Actor, now: datetime) -> RetentionRun:
    """Have the rules carried out now, by a job. Raises NotAllowed, NothingToKeepBy, RunUnderWay."""
    demand(actor, Ability.EDIT_RETENTION)
    take_turns(f"retention:{actor.company_id}")
    if RetentionRun.objects.filter(company_id=actor.company_id, finished_at=None).exists():
        raise RunUnderWay
    run = _begin(actor.company_id, now, asked_by=actor.id)
    if run is None:
        raise NothingToKeepBy
    defer(JOB, queue=BULK, company_id=str(actor.company_id))
    return run


def carry_out(company_id: UUID) -> RetentionRun | None:
    """Carry the rules out, going on with a run that waits or was cut off; None where there is no rule."""
    with company_scope(company_id) as now:
        take_turns(f"retention:{company_id}")
        open_ = RetentionRun.objects.filter(company_id=company_id, finished_at=None).first()
        run = open_ or _begin(company_id, now, asked_by=None)
    if run is None:
        return None
    for code, before in run.before.items():
        while _take(run, code, datetime.fromisoformat(before)) == CHUNK:
            pass
    with company_scope(company_id) as now:
        return _finish(run.id, now)


def runs(actor: Actor) -> "QuerySet[RetentionRun]":
    """Return a company's runs, newest first. Raises NotAllowed."""
    demand(actor, Ability.EDIT_RETENTION)
    return RetentionRun.objects.filter(company_id=actor.company_id).order_by("-begun_at", "-id")


def proof(*, run_id: UUID, actor: Actor) -> dict[str, Any]:
    """Return what a finished run took, by kind, with the audit entry that holds its checksums. Raises NotFound.

    `ids` hashed as `digest` does give the entry's checksums; the entry's own proof is there once it is sealed.
    """
    run = runs(actor).filter(id=run_id, finished_at__isnull=False).first()
    if run is None or run.entry_id is None:
        raise NotFound(detail=str(run_id))
    entry = Entry.objects.filter(company_id=actor.company_id, id=run.entry_id).first()
    return {
        "type": "raincheck-retention/1",
        "run": str(run.id),
        "begun_at": run.begun_at.isoformat(),
        "result": run.result,
        "ids": {code: [str(one) for one in _ids(run, code)] for code in run.result},
        "entry": entry.canonical if entry else None,
        "proof": inclusion(run.entry_id),
    }


def digest(ids: Iterator[UUID]) -> tuple[int, str]:
    """Return how many ids there are, and the SHA-256 of them, a line each in the order in which they went."""
    measured, many = hashlib.sha256(), 0
    for one in ids:
        measured.update(f"{one}\n".encode())
        many += 1
    return many, measured.hexdigest()


def _begin(company_id: UUID, now: datetime, *, asked_by: UUID | None) -> RetentionRun | None:
    before = {code: instant.isoformat() for code, instant in cutoffs(company_id, now).items()}
    if not before:
        return None
    return RetentionRun.objects.create(
        company_id=company_id, begun_at=now, asked_by_id=asked_by, before=before
    )


def _take(run: RetentionRun, code: str, before: datetime) -> int:
    """Take as many rows of a kind as one transaction may; returns how many there were."""
    kind = KINDS.get(code)
    if kind is None:
        return 0
    with company_scope(run.company_id) as now, transaction.atomic():
        open_ = RetentionRun.objects.select_for_update(no_key=True).filter(id=run.id, finished_at=None)
        if open_.first() is None:
            return 0
        ids = list(free(kind, run.company_id, before).order_by("id").values_list("id", flat=True)[:CHUNK])
        if ids:
            kind.forget(run.company_id, ids, now)
            Gone.objects.create(company_id=run.company_id, run=run, kind=code, ids=ids)
    return len(ids)


def _finish(run_id: UUID, now: datetime) -> RetentionRun:
    run = RetentionRun.objects.select_for_update().get(id=run_id)
    if run.finished_at is not None:
        return run
    for code, before in run.before.items():
        many, checksum = digest(_ids(run, code))
        held = KINDS[code].due(run.company_id, datetime.fromisoformat(before)).count() if code in KINDS else 0
        run.result[code] = {"before": before, "gone": many, "held": held, "sha256": checksum}
    facts = {"kinds": run.result, "asked_by": str(run.asked_by_id) if run.asked_by_id else None}
    deed = Deed(Action.RETENTION_RAN, Subject("retention", run.id), facts)
    entry = note(actor=Actor.system(run.company_id), deed=deed, now=now)
    run.finished_at, run.entry_id = now, entry.id
    run.save()
    return run


def _ids(run: RetentionRun, code: str) -> Iterator[UUID]:
    parts = Gone.objects.filter(company_id=run.company_id, run=run, kind=code).order_by("id")
    for ids in parts.values_list("ids", flat=True).iterator(chunk_size=10):
        yield from ids
