"""What vendors told us and what we asked them is kept for a time, for people to look at; then it goes.

What follows from it stays: states, audit entries and scores are kept elsewhere.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from raincheck.accounts.models import Company
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.vendors.models import InboundEvent, VendorAccount, VendorCall

#: So many rows a transaction, so that none holds others up for long.
CHUNK = 1000


@app.periodic(cron="37 * * * *")
@job("vendors.prune", queue="sweep")
def prune(*, timestamp: int) -> None:
    """Delete events and calls that are older than the settings keep them."""
    with system_scope(Purpose.OPERATIONS) as now:
        companies = list(Company.objects.values_list("id", flat=True))
    for company_id in companies:
        with company_scope(company_id):
            accounts = list(VendorAccount.objects.values_list("id", flat=True))
        for account_id in accounts:
            _prune(company_id, account_id, now)


def _prune(company_id: UUID, account_id: UUID, now: datetime) -> None:
    events_before = now - timedelta(days=settings.RAINCHECK_KEEP_EVENTS_DAYS)
    calls_before = now - timedelta(days=settings.RAINCHECK_KEEP_CALLS_DAYS)
    events = InboundEvent.objects.filter(account_id=account_id, received_at__lt=events_before)
    calls = VendorCall.objects.filter(account_id=account_id, at__lt=calls_before)
    for old in (events, calls):
        while _forget(company_id, old) == CHUNK:
            pass


def _forget(company_id: UUID, old: "QuerySet[InboundEvent] | QuerySet[VendorCall]") -> int:
    """Delete as many as one transaction may; returns how many there were."""
    with company_scope(company_id):
        some = list(old.values_list("id", flat=True)[:CHUNK])
        old.model.objects.filter(id__in=some).delete()
    return len(some)
