"""/metrics as Prometheus reads it: in its format, true to what is there, and not for everybody."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client, override_settings
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_metrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from raincheck.core.scope import Purpose, system_scope
from raincheck.operations import metrics
from raincheck.operations.totals import Totals
from tests.flows import saga

PROMISES = {"answer", "outcome"}


def scraped(client=None, **headers):
    """Return every sample by (name, labels), having parsed the answer as Prometheus does."""
    answer = (client or Client()).get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain")
    families = list(text_string_to_metric_families(answer.content.decode()))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation for family in families)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples, name, **labels):
    return samples.get((f"raincheck_{name}", tuple(sorted(labels.items()))))


def test_every_figure_is_there_and_true(here, interview, soon, vendor, outbox, drain):
    here.ask(interview)
    drain()
    vendor.fault("unreachable")
    outbox.fault("sms", "error_500")
    waiting = here.ask(here.book(hours=90))
    review = here.ask(soon)
    drain()
    here.put(waiting, requested_at=waiting.requested_at - timedelta(seconds=41))
    here.put(review, requested_at=review.requested_at - timedelta(seconds=70))
    found = scraped()
    assert value(found, "database_up") == 1
    assert value(found, "scrape_left_out") == 0
    assert value(found, "open_cancellations", state="processing", agreement="pending") == 1
    assert value(found, "open_cancellations", state="in_review", agreement="pending") == 1
    assert value(found, "cancellations_without_job") == 0
    assert value(found, "cancellations_ended_total", outcome="completed", initiator="candidate") == 1
    assert value(found, "vendor_waiting", adapter="simulated") == 1
    assert 41 <= value(found, "vendor_lag_seconds", adapter="simulated") < 120
    assert value(found, "messages_waiting", channel="sms") == 2
    assert value(found, "oldest_message_seconds", channel="sms") < 60
    assert value(found, "jobs", queue="vendors", status="scheduled") == 1
    assert value(found, "promise_at_risk", promise="answer") == 1
    assert value(found, "promise_broken", promise="answer") == 1
    assert value(found, "promise_due", promise="answer") == 2
    assert value(found, "promise_kept_ratio", promise="answer") == 0.5
    assert value(found, "promise_kept_ratio", promise="outcome") == 1


def test_tasks_workers_and_waiting_jobs_are_counted(here, interview, superuser):
    here.ask(interview)
    superuser.execute("UPDATE procrastinate_events SET at = now() - interval '90 seconds'")
    superuser.execute("DELETE FROM procrastinate_workers")
    superuser.execute(
        "INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (now() - interval '3 seconds'), (now() - interval '40 seconds')"
    )
    found = scraped()
    assert value(found, "jobs", queue="vendors", status="waiting") == 1
    assert 89 < value(found, "oldest_job_seconds", queue="vendors") < 120
    assert value(found, "workers_alive") == 1
    assert 2 < value(found, "worker_heartbeat_age_seconds") < 15
    superuser.execute("DELETE FROM procrastinate_workers")
    assert value(scraped(), "workers_alive") == 0
    assert value(scraped(), "worker_heartbeat_age_seconds") is None


def test_what_lost_its_job_and_whose_clock_nobody_ran_is_counted(here, interview, soon):
    for cancellation in (here.ask(interview), here.ask(soon)):
        late = saga.at(here) - timedelta(minutes=1)
        here.put(cancellation, due_at=late)
        if cancellation.next_attempt_at:
            here.put(cancellation, next_attempt_at=late)
    assert value(scraped(), "cancellations_without_job") == 0, "a job that names it waits"
    assert value(scraped(), "clocks_overdue") == 2
    saga.forget_jobs()
    assert value(scraped(), "cancellations_without_job") == 1


def test_no_label_names_a_company_or_a_person(here, interview, soon, drain):
    here.ask(interview)
    here.ask(soon)
    drain()
    labels = {text for _, pairs in scraped() for _, text in pairs}
    for secret in (here.company.slug, here.company.name, str(here.company.id), str(here.account.id)):
        assert not any(secret in label for label in labels)
    assert all(len(label) < 40 for label in labels)


def test_two_companies_are_counted_together(here, there):
    here.ask(here.book(hours=90))
    there.ask(there.book(hours=90))
    assert value(scraped(), "open_cancellations", state="processing", agreement="pending") == 2


def test_openmetrics_is_spoken_to_who_asks_for_it(here):
    accept = "application/openmetrics-text;version=1.0.0"
    answer = Client().get("/metrics", headers={"Accept": accept})
    assert answer["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    names = {family.name for family in open_metrics_families(answer.content.decode())}
    assert {"raincheck_workers_alive", "raincheck_promise_at_risk"} <= names


class TestWhoMayRead:
    def test_this_host_may_where_no_token_is_set(self, db):
        assert Client().get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="::1").get("/metrics").status_code == 200

    @pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.9", "2001:db8::1", "", "unknown"])
    def test_others_may_not(self, db, address):
        answer = Client(REMOTE_ADDR=address).get("/metrics")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "metrics_refused")
        assert b"raincheck_" not in answer.content

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via"])
    def test_nor_may_who_comes_through_a_proxy_on_this_host(self, db, header):
        assert Client().get("/metrics", headers={header: "127.0.0.1"}).status_code == 401

    def test_nor_may_anyone_where_tls_ends_at_a_proxy(self, db):
        with override_settings(RAINCHECK_BASE_URL="https://interviews.example.com"):
            assert Client().get("/metrics").status_code == 401

    def test_where_a_token_is_set_it_alone_counts(self, db):
        with override_settings(RAINCHECK_METRICS_TOKEN="s3cret"):
            for wrong in ({}, {"Authorization": "Bearer s3cre"}, {"Authorization": "Basic s3cret"}):
                assert Client().get("/metrics", headers=wrong).status_code == 401
            away = Client(REMOTE_ADDR="10.0.0.7")
            assert value(scraped(away, Authorization="Bearer s3cret"), "database_up") == 1

    def test_it_is_read_not_written_to(self, db):
        assert Client().post("/metrics").status_code == 405


def test_a_database_that_is_down_is_a_figure(db, monkeypatch):
    def down(*_):
        raise DatabaseError("down")

    monkeypatch.setattr(metrics, "system_scope", down)
    found = scraped()
    assert value(found, "database_up") == 0
    assert value(found, "workers_alive") is None


def test_a_figure_that_takes_too_long_is_left_out_and_the_others_come(here, monkeypatch):
    def slow(now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return ()

    monkeypatch.setattr(metrics, "FAMILIES", (slow, *metrics.FAMILIES))
    monkeypatch.setattr(metrics, "STATEMENT_LIMIT", timedelta(milliseconds=500))
    found = scraped()
    assert value(found, "scrape_left_out") == 1
    assert value(found, "workers_alive") is not None


def test_a_read_of_the_figures_changes_nothing(here, superuser):
    from tests.walk import changes, state_of_database

    here.ask(here.book(hours=90))
    before = state_of_database(superuser)
    scraped()
    assert changes(before, state_of_database(superuser)) == {}


class TestTheCounter:
    def read(self, totals, *, later=timedelta()):
        with system_scope(Purpose.OPERATIONS) as now:
            found = totals.read(now + later)
            return None if found is None else dict(found)

    def test_it_never_counts_twice_and_never_forgets(self, here, soon, outbox, drain):
        totals, day = Totals(), timedelta(days=1)
        here.ask(here.book(hours=90))
        review = here.ask(soon)
        drain()
        first = {("completed", "candidate"): 1}
        assert self.read(totals) == first
        assert self.read(totals, later=3 * day) == first, "settled for good"
        hr = here.actor()
        with here.scope() as now:
            from raincheck.cancellations.actions import reject

            reject(cancellation_id=review.id, actor=hr, decision_note="请参加", now=now)
        both = {**first, ("rejected", "candidate"): 1}
        assert self.read(totals, later=3 * day) == both, "what was open then is looked at again"
        assert self.read(totals, later=6 * day) == both
        assert self.read(totals, later=9 * day) == both
        assert self.read(Totals()) == both

    def test_what_came_later_is_counted_on_top(self, here, outbox, drain):
        totals = Totals()
        assert self.read(totals) == {}
        here.ask(here.book(hours=90), actor=here.actor())
        drain()
        assert self.read(totals) == {("completed", "hr"): 1}

    def test_a_long_history_is_counted_over_several_looks_and_shown_once_it_is_whole(
        self, here, outbox, drain
    ):
        here.ask(here.book(hours=90))
        drain()
        totals, looks = Totals(patience=0), 0
        while (found := self.read(totals, later=timedelta(days=100))) is None:
            looks += 1
        assert looks == 3
        assert found == {("completed", "candidate"): 1}
        assert self.read(totals, later=timedelta(days=101)) == found
