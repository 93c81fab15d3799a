"""The clocks: one sweep every few seconds over what is due, and over what was forgotten."""

from uuid import UUID

from procrastinate.contrib.django import app

from raincheck.cancellations import clocks, queries
from raincheck.cancellations.actions import ask_vendor
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope


@app.periodic(cron="* * * * * */5")
@job("cancellations.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Run every clock that has ended, and give a job to every open cancellation that has lost its own."""
    with system_scope(Purpose.SWEEP) as now:
        due = queries.due_clocks(now)
        forgotten = queries.forgotten_errands(now)
    for company_id, cancellation_id in due:
        with company_scope(company_id) as now:
            clocks.run_clock(cancellation_id=cancellation_id, actor=Actor.system(company_id), now=now)
    for company_id, cancellation_id in forgotten:
        ask_again(company_id, cancellation_id)


def ask_again(company_id: UUID, cancellation_id: UUID) -> None:
    """Defer the vendor's job anew; asking twice does no harm, for the vendor takes each key once."""
    with company_scope(company_id) as now:
        Cancellation.objects.filter(id=cancellation_id).update(next_attempt_at=now)
        ask_vendor(company_id, [cancellation_id])
