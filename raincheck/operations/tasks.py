"""The room's jobs: the look at promises, the look at what gave up, the operator's letter.

The looks have priority over all other jobs: a queue that is full is just what they are there to see.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError
from procrastinate.contrib.django import app

from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.operations import letters
from raincheck.operations.alerts import KINDS, review_promises
from raincheck.operations.dead_letters import Failed, failed_jobs, report, reported
from raincheck.operations.letters import ask_to_mail_operator
from raincheck.operations.promises import at_risk
from raincheck.worklist.models import State, Task

log = structlog.get_logger(__name__)
FIRST = 100


@app.periodic(cron="* * * * * */10", priority=FIRST)
@job("operations.watch_promises", queue="sweep")
def watch_promises(*, timestamp: int) -> None:
    """Open, bring up to date and close the alerts about promises, company by company."""
    with system_scope(Purpose.OPERATIONS) as now:
        alerted = Task.objects.filter(kind__in=KINDS.values(), state=State.OPEN)
        concerned = {owed.company_id for owed in at_risk(now)} | set(
            alerted.values_list("company_id", flat=True)
        )
    _each(concerned, lambda company_id, now: review_promises(company_id=company_id, now=now))


@app.periodic(cron="* * * * * */30", priority=FIRST)
@job("operations.report_failed_jobs", queue="sweep")
def report_failed_jobs(*, timestamp: int) -> None:
    """Open tasks for jobs that gave up since the last look; those of no company are the operator's to see."""
    with system_scope(Purpose.OPERATIONS) as now:
        known = reported(now)
        fresh: dict[UUID, list[Failed]] = defaultdict(list)
        for failed in failed_jobs():
            if failed.company_id is not None and failed.id not in known:
                fresh[failed.company_id].append(failed)
    _each(fresh, lambda company_id, now: report(company_id=company_id, jobs=fresh[company_id], now=now))


@job(letters.JOB, queue="tell")
def mail_operator(*, letter_id: str) -> None:
    """Mail the operator what is open."""
    letters.mail_operator(UUID(letter_id))


def _each(companies: Iterable[UUID], look: Callable[[UUID, datetime], list[Task]]) -> None:
    """Look at each company in its own scope; one that fails leaves the others their turn."""
    for company_id in sorted(companies):
        try:
            with company_scope(company_id) as now:
                if look(company_id, now):
                    ask_to_mail_operator()
        except DatabaseError:
            log.exception("a company could not be looked at", company_id=str(company_id))
