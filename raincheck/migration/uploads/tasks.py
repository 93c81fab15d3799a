"""The room's jobs: carrying an upload on; destroying those that waited too long; finding those nobody is at."""

from uuid import UUID

from procrastinate.contrib.django import app

from raincheck.accounts.models import Company
from raincheck.core.jobs import BULK, job
from raincheck.core.scope import Purpose, system_scope
from raincheck.migration.uploads import actions, running


@job(actions.JOB, queue=BULK)
def carry_on(*, company_id: str, upload_id: str) -> None:
    """Try an upload, or load it."""
    running.carry_on(company_id=UUID(company_id), upload_id=UUID(upload_id))


@app.periodic(cron="13 * * * *")
@job("migration.uploads_expire", queue="sweep")
def expire(*, timestamp: int) -> None:
    """Destroy what has outlived its days, at every company."""
    for company_id in _companies():
        actions.destroy_outlived(company_id)


@app.periodic(cron="*/5 * * * *")
@job("migration.uploads_sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Look for uploads whose job is lost, at every company."""
    for company_id in _companies():
        actions.look_for_jobs(company_id)


def _companies() -> list[UUID]:
    with system_scope(Purpose.OPERATIONS):
        return list(Company.objects.values_list("id", flat=True))
