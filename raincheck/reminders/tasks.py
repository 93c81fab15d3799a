"""The clock of reminders: one sweep over what is due by now, nothing kept in the queue for days.

What a sweep finds is decided anew each time, so a crash costs nothing, a moved interview is reminded of at its new
time alone, and a company that changes its leads needs no job of anybody's to be found again.
"""

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.db import DatabaseError
from procrastinate.contrib.django import app

from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.reminders.deciding import remind
from raincheck.reminders.due import companies_with_due

log = structlog.get_logger(__name__)
#: So many are decided in one transaction, and told of by one job.
TOGETHER = 500


@app.periodic(cron="* * * * * */20")
@job("reminders.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Remind of what is due, company by company; one that fails leaves the others their turn."""
    with system_scope(Purpose.SWEEP) as now:
        concerned = companies_with_due(now)
    _each(concerned)


def _each(companies: Sequence[UUID]) -> None:
    for company_id in companies:
        try:
            decided = TOGETHER
            while decided == TOGETHER:
                with company_scope(company_id) as now:
                    decided = remind(company_id=company_id, limit=TOGETHER, now=now)
        except DatabaseError:
            log.exception("a company's reminders could not be decided", company_id=str(company_id))
