"""What a vendor lists against what we hold: each difference read again, mended or asked about, and closed by evidence."""

from datetime import timedelta

import pytest

from raincheck.audit.catalogue import Action
from raincheck.core.actor import Actor
from raincheck.vendors.models import Reconciliation, VendorCall
from raincheck.vendors.reconciliation.actions import begin
from raincheck.vendors.reconciliation.run import reconcile
from raincheck.worklist.models import Task
from tests import simulators
from tests.flows import saga


@pytest.fixture
def vendor(tmp_path):
    """Return a vendor that lists nothing but what this test books there."""
    with simulators.start_ai_interview(tmp_path) as running:
        yield running


def run(here, account=None):
    account = account or here.account
    with here.scope() as now:
        row = begin(actor=Actor.system(here.company.id), account_id=account.id, trigger="command", now=now)
    return reconcile(company_id=here.company.id, reconciliation_id=row.id)


def test_two_sides_that_agree_are_said_to(here, drain):
    for hours in (30, 50, 70):
        here.book(hours=hours)
    cancelled = here.book(hours=90)
    here.ask(cancelled)
    drain()
    report = run(here)
    assert (report.outcome, report.counts, report.reason) == ("ok", {}, "")
    assert (report.rows_there, report.rows_here, report.pages) == (4, 4, 1)
    assert report.checksum_here == report.checksum_there
    assert (report.tasks_opened, report.repaired, report.gone_on_reread) == (0, 0, 0)
    assert report.seconds > 0
