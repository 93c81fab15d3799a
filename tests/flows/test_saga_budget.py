"""ADR 3's budget: how many jobs a cancellation costs; and no call to the outside while a row is locked."""

import smtplib
from typing import Any

import pytest
from django.db import connection

from raincheck.accounts.models import RoleGrant, Staff
from raincheck.cancellations import batches
from raincheck.cancellations.models import Cancellation, State
from raincheck.core import http
from raincheck.core.actor import Role
from raincheck.notifications.models import Message
from raincheck.recruiting.models import Interviewer
from raincheck.vendors.models import VendorCall
from tests.flows import saga

THE_THREE = ["vendors.agree", "fanout.tell", "notifications.deliver"]


def test_a_smooth_cancellation_costs_one_job_at_the_request_and_three_in_all(here, interview, drain):
    here.ask(interview)
    assert saga.jobs() == ["vendors.agree"]
    drain()
    assert saga.jobs(done=True) == THE_THREE


def test_the_trail_adds_no_round_trip_to_a_cancel_sealed_proven_and_stamped_though_it_is(here, signed_in):
    """What makes it evidence is done later, elsewhere: the request writes its entry with the rest, and that is all."""

    def cancel(one, asked):
        def noted(execute, sql, params, many, context):
            asked.append(str(sql))
            return execute(sql, params, many, context)

        steps = f"/c/{here.company.slug}/interviews/{one.id}/cancel/"
        with connection.execute_wrapper(noted):
            assert signed_in.post(steps, {"reason": "time_conflict"}).status_code == 302

    cancel(here.book(hours=100), [])
    asked: list[str] = []
    cancel(here.book(hours=110), asked)
    # Scope, session, allowance, interview, reason; and one that writes request, entry and job together.
    assert len(asked) == 6, "\n".join(one[:90] for one in asked)
    [written] = [one for one in asked if "audit_entry" in one]
    assert "cancellations_cancellation" in written
    assert "procrastinate_defer_jobs" in written
    proof = ("audit_leaf", "audit_node", "audit_seal", "audit_stamp")
    assert not any(table in one for one in asked for table in proof)


def test_twelve_recipients_cost_no_job_more(here, interview, drain):
    with here.scope():
        for number in range(9):
            person = Staff(
                company=here.company, email=f"panel{number}@yunfan.example.com", name=f"示例面试官{number}"
            )
            person.set_unusable_password()
            person.save()
            RoleGrant.objects.create(company=here.company, staff=person, role=Role.INTERVIEWER)
            Interviewer.objects.create(company=here.company, interview=interview, staff=person)
    here.ask(interview)
    drain()
    with here.scope():
        told = set(Message.objects.values_list("recipient_id", flat=True))
    # The candidate, ten interviewers, the position's owner, the department's viewer.
    assert len(told) == 13
    assert saga.jobs(done=True) == THE_THREE


def test_freezing_thirty_interviews_defers_one_vendor_job(here, drain):
    for _ in range(30):
        here.book(hours=100, candidate=here.add_candidate())
    manager = here.actor()
    with here.scope() as now:
        batches.freeze_position(
            position_id=here.position.id, actor=manager, reason="position_frozen", now=now
        )
    assert saga.jobs() == ["vendors.agree"]
    drain()
    assert here.count(Cancellation, state=State.COMPLETED) == 30
    jobs = saga.jobs(done=True)
    assert (jobs.count("vendors.agree"), jobs.count("fanout.tell")) == (1, 2)
    assert jobs.count("notifications.deliver") <= 4
    assert here.count(VendorCall) == 90, "a look, a cancel and a look at what came of it each"


@pytest.fixture
def outside(monkeypatch):
    """Watch every way out of the house; return what went out while a transaction was open."""
    calls: list[str] = []
    held: list[str] = []

    def watch(owner: Any, name: str) -> None:
        whole = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            if connection.in_atomic_block:
                held.append(name)
            return whole(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    watch(http, "call")
    watch(smtplib.SMTP, "sendmail")
    return calls, held


def test_no_row_is_locked_while_anybody_outside_is_called(here, interview, soon, vendor, drain, outside):
    vendor.fault("error_500", times=1)
    here.ask(interview)
    here.ask(soon, actor=here.actor(), reason="vendor_outage")
    drain()
    saga.hurry(here)
    drain()
    calls, held = outside
    assert {"call", "sendmail"} <= set(calls)
    assert held == []
