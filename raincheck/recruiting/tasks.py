"""Interviews whose time has passed leave the schedule by themselves."""

from uuid import UUID

import structlog
from django.db import DatabaseError
from procrastinate.contrib.django import app

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.recruiting.models import Interview, InterviewKind, InterviewState

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * *")
@job("recruiting.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Mark slots nobody came to as no-shows and windows nobody used as expired."""
    with system_scope(Purpose.SWEEP) as now:
        over = Interview.objects.filter(state=InterviewState.SCHEDULED, ends_at__lt=now)
        found = list(over.values_list("company_id", "id")[:500])
    for company_id, interview_id in found:
        try:
            _lapse(company_id, interview_id)
        except DatabaseError:
            log.exception("an interview could not be marked as over", interview_id=str(interview_id))


def _lapse(company_id: UUID, interview_id: UUID) -> None:
    with company_scope(company_id) as now:
        interview = (
            Interview.objects.select_for_update(no_key=True)
            .filter(id=interview_id, state=InterviewState.SCHEDULED, ends_at__lt=now)
            .first()
        )
        if interview is None:
            return
        slot = interview.kind == InterviewKind.SLOT
        interview.state = InterviewState.NO_SHOW if slot else InterviewState.EXPIRED
        interview.save(update_fields=["state"])
        subject = Subject("interview", interview.id, interview_id=interview.id)
        deed = Deed(Action.INTERVIEW_LAPSED, subject, {"state": interview.state})
        note(actor=Actor.system(company_id), deed=deed, now=now)
