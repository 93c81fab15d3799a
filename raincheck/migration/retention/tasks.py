"""The room's jobs: every night at every company, and when somebody asks."""

from uuid import UUID

from procrastinate.contrib.django import app

from raincheck.accounts.models import Company
from raincheck.core.jobs import BULK, defer, job
from raincheck.core.scope import Purpose, system_scope
from raincheck.migration.retention import running


@app.periodic(cron="17 18 * * *")
@job("migration.retention_nightly", queue="sweep")
def every_night(*, timestamp: int) -> None:
    """Defer a run for each company: theirs alone to be late with."""
    with system_scope(Purpose.OPERATIONS):
        for company_id in Company.objects.values_list("id", flat=True):
            defer(running.JOB, queue=BULK, company_id=str(company_id))


@job(running.JOB, queue=BULK)
def run(*, company_id: str) -> None:
    """Carry one company's rules out."""
    running.carry_out(UUID(company_id))
