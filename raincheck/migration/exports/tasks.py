"""The room's jobs: preparing an export, and destroying the files that are past their days."""

from uuid import UUID

from procrastinate.contrib.django import app

from raincheck.accounts.models import Company
from raincheck.core.jobs import BULK, job
from raincheck.core.scope import Purpose, system_scope
from raincheck.migration.exports import actions


@job(actions.JOB, queue=BULK)
def prepare(*, company_id: str, export_id: str) -> None:
    """Make the file of an export."""
    actions.prepare(company_id=UUID(company_id), export_id=UUID(export_id))


@app.periodic(cron="11 * * * *")
@job("migration.exports_expire", queue="sweep")
def expire(*, timestamp: int) -> None:
    """Destroy what has outlived its days, at every company."""
    with system_scope(Purpose.OPERATIONS):
        companies = list(Company.objects.values_list("id", flat=True))
    for company_id in companies:
        actions.destroy_outlived(company_id)
