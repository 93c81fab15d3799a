"""The clocks: one sweep every few seconds over what is due, and over what was forgotten."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from raincheck.cancellations import clocks, queries
from raincheck.cancellations.actions import ask_vendor
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope

log = structlog.get_logger(__name__)
#: How long a clock that could not be run is left alone, so that it can't crowd out the others.
PUT_OFF = timedelta(minutes=1)


@app.periodic(cron="* * * * * */5")
@job("cancellations.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Run every clock that has ended, and give a job to every open cancellation that has lost its own."""
    with system_scope(Purpose.SWEEP) as now:
        due = queries.due_clocks(now)
        forgotten = queries.forgotten_errands(now)
    for company_id, cancellation_id in due:
        _run(company_id, cancellation_id)
    for company_id, rows in groupby(forgotten, key=itemgetter(0)):
        _ask_again(company_id, [cancellation_id for _, cancellation_id in rows])


def _run(company_id: UUID, cancellation_id: UUID) -> None:
    """Run one clock; what goes wrong with it is logged and is no other's trouble."""
    try:
        with company_scope(company_id) as now:
            clocks.run_clock(cancellation_id=cancellation_id, actor=Actor.system(company_id), now=now)
    except Exception:
        # Whatever it met, a lock held too long or a bug: every sweep would begin with it, and end there.
        log.exception("a clock could not be run", cancellation_id=str(cancellation_id))
        with company_scope(company_id) as now:
            ended = Cancellation.objects.filter(id=cancellation_id, due_at__lte=now)
            ended.update(due_at=now + PUT_OFF)


def _ask_again(company_id: UUID, cancellation_ids: Sequence[UUID]) -> None:
    """Defer the vendor's job anew; asking twice does no harm, for the vendor takes each key once."""
    with company_scope(company_id) as now:
        late = Cancellation.objects.filter(id__in=cancellation_ids, next_attempt_at__lt=now)
        if late.update(next_attempt_at=now):
            ask_vendor(company_id, cancellation_ids)
