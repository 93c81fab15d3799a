"""The room's jobs: one looks whose turn it is, the other reconciles one account."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Max
from procrastinate.contrib.django import app

from raincheck.core.actor import Actor
from raincheck.core.errors import RaincheckError
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.vendors.models import Reconciliation, VendorAccount
from raincheck.vendors.reconciliation.actions import ask_worker, begin, lost
from raincheck.vendors.reconciliation.run import reconcile

log = structlog.get_logger(__name__)


@app.periodic(cron="*/5 * * * *")
@job("vendors.reconcile_due", queue="sweep")
def reconcile_due(*, timestamp: int) -> None:
    """Have every active account reconciled whose last run was asked for an hour ago, or as settings have it."""
    if settings.RAINCHECK_RECONCILE_MINUTES <= 0:
        return
    with system_scope(Purpose.SWEEP) as now:
        due = _due(now)
    for company_id, account_id in due:
        try:
            with company_scope(company_id) as now:
                actor = Actor.system(company_id)
                ask_worker(begin(actor=actor, account_id=account_id, trigger="schedule", now=now))
        except (RaincheckError, DatabaseError):
            log.exception("an account could not be reconciled", account_id=str(account_id))


@job("vendors.reconcile", queue="vendors")
def reconcile_account(*, company_id: str, reconciliation_id: str) -> None:
    """Run one reconciliation; taken over from a dead worker, it begins anew under the same report."""
    reconcile(company_id=UUID(company_id), reconciliation_id=UUID(reconciliation_id))


def _due(now: datetime) -> list[tuple[UUID, UUID]]:
    """Return (company, account) of those whose turn it is and that no living run is at."""
    interval = timedelta(minutes=settings.RAINCHECK_RECONCILE_MINUTES)
    busy = Reconciliation.objects.filter(finished_at=None).exclude(lost(now)).values("account_id")
    last = Reconciliation.objects.values("account_id").annotate(at=Max("requested_at"))
    recent = last.filter(at__gt=now - interval).values("account_id")
    accounts = VendorAccount.objects.filter(active=True).exclude(id__in=busy).exclude(id__in=recent)
    return list(accounts.order_by("id").values_list("company_id", "id"))
