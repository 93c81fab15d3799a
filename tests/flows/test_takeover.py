"""A worker dies between a deed and the note of it: whoever takes its job over finds out, and nothing is left behind."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.actions import lease
from raincheck.cancellations.models import Agreement, State
from raincheck.cancellations.queries import errands
from raincheck.cancellations.settling import Answer, VendorAnswer, settle
from raincheck.core.actor import Actor
from raincheck.core.jobs import defer
from raincheck.recruiting.actions import invite
from raincheck.recruiting.models import Interview
from raincheck.vendors.adapters.base import Inbound
from raincheck.vendors.adapters.simulated.adapter import view_of
from raincheck.vendors.models import InboundEvent
from raincheck.vendors.stored import plain
from tests import world
from tests.flows import saga
from tests.world import World, drain


def _dies_at_its_job(name: str) -> None:
    """Have a worker that has stopped breathing hold the job of this name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
        )
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing',"
            " worker_id = (SELECT max(id) FROM procrastinate_workers) WHERE task_name = %s",
            [name],
        )


def _take_over() -> None:
    from procrastinate.contrib.django import app

    app.configure_task("core.take_over", queue="sweep").defer(timestamp=0)
    drain()


def _invited_but_never_noted(here: World) -> tuple[Interview, str]:
    """Have the vendor invite for an interview, and the worker that asked die before it wrote so."""
    interview = here.book(hours=120, with_vendor=False)
    here.put(interview, vendor_account_id=here.account.id)
    interview = here.fresh(interview)
    with here.scope():
        invite(interview)
    sent = {
        "external_id": str(interview.id),
        "kind": interview.kind,
        "starts_at": world._z(interview.starts_at),
        "ends_at": world._z(interview.ends_at),
        "candidate": {"name": interview.application.candidate.name, "locale": "zh-hans"},
        "title": interview.application.position.title,
    }
    there = here.vendor.call("POST", "", sent, key=f"invite-{interview.id}").raise_for_status().json()
    _dies_at_its_job("vendors.invite")
    return interview, str(there["id"])


def test_an_invitation_whose_note_was_lost_is_found_again_and_revoked(here):
    interview, ref = _invited_but_never_noted(here)
    cancellation = here.ask(interview, actor=here.actor())
    drain()
    _take_over()
    for _ in range(8):
        saga.hurry(here)
        drain()
    assert here.fresh(interview).vendor_ref == ref, "the vendor holds an invitation nobody knows of"
    assert here.vendor.effects()[ref] == 1
    assert here.fresh(cancellation).agreement == Agreement.AGREED
    assert here.vendor.creates()[str(interview.id)] == 1


def test_a_cancel_the_vendor_took_but_nobody_noted_is_not_made_twice(here, interview):
    cancellation = here.ask(interview)
    key = f"cancel-{cancellation.id}"
    assert here.vendor.cancel(interview.vendor_ref, key=key).status_code == 200
    _dies_at_its_job("vendors.agree")
    _take_over()
    found = here.fresh(cancellation)
    assert (found.state, found.agreement) == (State.COMPLETED, Agreement.AGREED)
    assert here.vendor.effects()[interview.vendor_ref] == 1
    assert here.entries(interview=interview).count(Action.COMPLETED) == 1


def test_a_worker_that_died_within_its_errand_holds_it_up_no_longer_than_its_lease(here, interview):
    cancellation = here.ask(interview)
    with here.scope() as now:
        lease(here.company.id, errands(here.company.id, [cancellation.id], now=now), until=now)
    here.put(cancellation, next_attempt_at=saga.at(here) - 6 * saga.SECOND)
    saga.forget_jobs()
    saga.sweep()
    drain()
    assert here.fresh(cancellation).state == State.COMPLETED


def test_news_of_the_vendor_whose_job_lost_its_worker_is_taken_in_once(here, interview):
    there = here.vendor.progress(interview.vendor_ref, "opened", webhook=False)
    with here.scope() as now:
        payload = plain(Inbound("e-1", "k", str(interview.id), view_of(there), now))
        event = InboundEvent.objects.create(
            company=here.company,
            account=here.account,
            event_id="e-1",
            kind="k",
            payload=payload,
            received_at=now,
        )
        defer("vendors.apply", queue="vendors", company_id=str(here.company.id), event_id=str(event.id))
    _dies_at_its_job("vendors.apply")
    _take_over()
    assert here.fresh(event).outcome == "applied"
    assert here.entries(interview=interview) == [Action.VENDOR_PROGRESS]


@pytest.mark.parametrize("hours", [1, 2.5, 30])
def test_after_an_outage_past_both_clocks_the_rules_last_word_counts_at_once(here, soon, hours):
    cancellation = saga.clock(here, here.ask(soon), after=hours * saga.HOUR)
    assert cancellation.state == State.PROCESSING, "silence became the answer"
    assert here.entries(interview=soon) == [Action.REQUESTED, Action.APPROVED]
    saga.hurry(here)
    drain()
    assert here.fresh(cancellation).state == State.COMPLETED
    saga.check_invariants(here)


def test_an_answer_overtaken_by_the_clock_is_taken_in_as_a_late_one(here, interview):
    cancellation = here.ask(interview)
    here.put(cancellation, due_at=saga.at(here) - saga.SECOND)
    answer = VendorAnswer(cancellation.id, Answer.AGREED)
    with here.scope() as now:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(_sweep_elsewhere).result()
        settle(answers=[answer], actor=Actor.system(here.company.id), now=now)
    found = here.fresh(cancellation)
    assert (found.state, found.agreement) == (State.COMPLETED, Agreement.AGREED)
    with here.scope():
        written = Entry.objects.filter(cancellation_id=cancellation.id).order_by("id")
        actions = list(written.values_list("action", flat=True))
    assert actions == [
        Action.REQUESTED,
        Action.VENDOR_SILENT,
        Action.MOVED,
        Action.COMPLETED,
        Action.AGREED,
    ]


def _sweep_elsewhere() -> None:
    saga.sweep()
    connection.close()
