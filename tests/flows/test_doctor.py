"""`raincheck doctor`: what it says of a healthy house, of each thing that can be wrong, and of none at all."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from raincheck.doctor import database, host, house
from raincheck.doctor.finding import Grade, Said, graded, tried
from raincheck.doctor.place import Place
from raincheck.migration.backup.models import BackupRun
from raincheck.operations import queue
from raincheck.runtime.home import Home
from tests.commands import raincheck
from tests.flows import saga
from tests.flows.test_cli import settings as named_settings
from tests.flows.test_dead_letters import look
from tests.flows.test_promises import aged
from tests.simulators import free_port

EVERYTHING = {
    "settings", "disk", "time_zones", "mail", "sms", "database", "migrations", "walls", "clock", "backup",
    "companies",
    "workers", "queue", "failed_jobs", "open_cancellations", "promises", "vendor_lag", "vendor_adapters", "messages",
    "audit_seal",
    "audit_stamp",
    "master_keys",
}  # fmt: skip


def examined(**settings):
    """Run the command in an environment of its own; return its status and its findings by check."""
    done = raincheck("doctor", "--json", **settings)
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    found = json.loads(done.stdout)
    checks = {}
    for one in found["checks"]:
        checks.setdefault(one["check"], []).append(one)
    return done.returncode, checks


@pytest.fixture
def worker_breathes(superuser):
    """Let a worker have breathed just now."""
    superuser.execute("DELETE FROM procrastinate_workers")
    superuser.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    yield
    superuser.execute("DELETE FROM procrastinate_workers")


class TestTheCommand:
    def test_a_healthy_house_is_said_to_be_well(self, here, outbox, of_tests, worker_breathes, drain):
        now = datetime.now(UTC)
        BackupRun.objects.create(begun_at=now, taken_at=now, verified_at=now, name="raincheck-of-today")
        status, found = examined(**of_tests)
        assert {one["check"] for checks in found.values() for one in checks} == EVERYTHING | {"connections"}
        wrong = {
            name: checks
            for name, checks in found.items()
            if name != "disk" and any(one["status"] != "ok" for one in checks)
        }
        assert wrong == {}
        assert status == int(any(one["status"] == "fail" for one in found["disk"]))

    def test_people_read_a_line_a_check_and_what_to_do(self, here, of_tests, superuser):
        superuser.execute("DELETE FROM procrastinate_workers")
        done = raincheck("doctor", **of_tests)
        assert done.returncode == 1
        lines = done.stdout.splitlines()
        [at] = [place for place, line in enumerate(lines) if line.startswith("故障 FAIL   workers")]
        assert "raincheck worker" in lines[at + 1]
        assert any(line.startswith("正常 ok     walls") for line in lines)
        assert "1 failed" in lines[-1]
        assert done.stderr == ""

    def test_with_the_database_down_it_says_so_and_checks_the_rest(self):
        where = f"postgresql://app:a@127.0.0.1:{free_port()}/raincheck"
        status, found = examined(**named_settings(DATABASE_URL=where))
        assert status == 1
        [database_says] = found["database"]
        assert database_says["status"] == "fail"
        assert "DATABASE_URL" in database_says["todo"]["en"]
        assert {one["status"] for one in found["time_zones"]} == {"ok"}
        assert {one["status"] for name in ("workers", "walls", "queue") for one in found[name]} == {"warn"}
        assert "mail" in found
        assert set(found) == EVERYTHING

    @pytest.mark.parametrize(
        ("name", "value"), [("RAINCHECK_MASTER_KEY", "short"), ("RAINCHECK_SMTP_PORT", "twenty-five")]
    )
    def test_a_wrong_setting_is_named_and_the_host_still_looked_at(self, name, value):
        status, found = examined(**named_settings(**{name: value}))
        assert status == 1
        assert name in found["settings"][0]["seen"]["en"]
        assert found["time_zones"][0]["status"] == "ok"
        assert set(found) == EVERYTHING

    def test_where_nothing_is_installed_it_says_how_to_begin_and_makes_nothing(self, tmp_path):
        status, found = examined(RAINCHECK_HOME=str(tmp_path / "home"))
        assert status == 1
        assert "raincheck serve" in found["settings"][0]["todo"]["en"]
        assert not (tmp_path / "home").exists()

    def test_an_installation_that_is_not_running_is_not_started(self, tmp_path):
        from raincheck.runtime.postgres import Postgres

        home = Home.open(tmp_path / "home")
        server = Postgres(home, fast=True)
        try:
            server.start()
            server.stop()
            status, found = examined(RAINCHECK_HOME=str(home.root))
            assert status == 1
            assert "isn't running" in found["database"][0]["todo"]["en"]
            assert not server.is_alive()
        finally:
            server.destroy()


class TestTheDatabase:
    @pytest.fixture
    def elsewhere(self, tmp_path):
        return Place(Home(tmp_path), None, embedded=False)

    def test_a_schema_behind_the_release_is_a_failure_that_names_the_first_step(self, db, superuser):
        superuser.execute("DELETE FROM django_migrations WHERE app = 'operations'")
        try:
            [found] = database.migrations()
        finally:
            superuser.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('operations', '0001_looks', now())"
            )
        assert found.grade is Grade.FAIL
        assert "operations.0001_looks" in found.seen.en
        assert "raincheck migrate" in found.todo.en

    def test_a_table_without_its_wall_is_named(self, db, superuser):
        superuser.execute("ALTER TABLE recruiting_position NO FORCE ROW LEVEL SECURITY")
        try:
            [found] = database.walls()
        finally:
            superuser.execute("ALTER TABLE recruiting_position FORCE ROW LEVEL SECURITY")
        assert (found.grade, "recruiting_position" in found.seen.en) == (Grade.FAIL, True)
        assert [one.grade for one in database.walls()] == [Grade.OK]

    def test_a_role_that_owns_or_may_bypass_is_a_failure(self, db, superuser):
        superuser.execute("ALTER ROLE raincheck_app BYPASSRLS")
        try:
            [found] = database.walls()
        finally:
            superuser.execute("ALTER ROLE raincheck_app NOBYPASSRLS")
        assert (found.grade, "bypasses" in found.seen.en) == (Grade.FAIL, True)

    @pytest.mark.parametrize(
        ("ahead", "grade"), [(0.2, Grade.OK), (3, Grade.WARN), (60, Grade.FAIL), (-60, Grade.FAIL)]
    )
    def test_clocks_that_differ_are_noticed_whichever_is_ahead(self, db, monkeypatch, ahead, grade):
        from django.utils import timezone

        there = timezone.now() + timedelta(seconds=ahead)
        monkeypatch.setattr(database, "rows", lambda _: [(there,)])
        [found] = database.clock()
        assert found.grade is grade

    def test_it_tells_version_pace_and_connections(self, db, elsewhere):
        first, second = database.reachable(elsewhere)
        assert first.grade is Grade.OK
        assert first.seen.en.startswith("PostgreSQL ")
        assert " connections, " in second.seen.en


class TestTheHouse:
    def test_an_installation_without_a_company_says_how_to_add_one(self, db):
        [found] = house.companies()
        assert (found.grade, "raincheck company add" in found.todo.en) == (Grade.WARN, True)

    def test_a_worker_that_stopped_breathing_is_no_worker(self, db, superuser, worker_breathes):
        superuser.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        [found] = house.workers()
        assert found.grade is Grade.FAIL
        assert "60 s" in found.seen.en

    def test_a_queue_that_stands_still_is_seen_by_its_oldest_job(self, here, interview, superuser):
        here.ask(interview)
        assert queue.oldest_waiting().keys() == {"vendors"}
        for age, grade in ((10, Grade.OK), (40, Grade.WARN), (130, Grade.FAIL)):
            superuser.execute(f"UPDATE procrastinate_events SET at = now() - interval '{age} seconds'")
            [found] = house.oldest_jobs()
            assert (found.grade, "vendors: 1 waiting" in found.seen.en) == (grade, True)

    def test_a_job_for_later_is_no_backlog(self, here, interview, vendor, drain):
        vendor.fault("unreachable")
        here.ask(interview)
        drain()
        assert saga.jobs() == ["vendors.agree"]
        assert [found.grade for found in house.oldest_jobs()] == [Grade.OK]

    def test_jobs_that_gave_up_are_counted_until_somebody_deals_with_them(
        self,
        here,
        interview,
        give_up,
        hr,
    ):
        here.ask(interview)
        give_up("vendors.agree")
        look()
        [found] = house.gave_up()
        assert (found.grade, "vendors.agree" in found.seen.en) == (Grade.WARN, True)
        with here.scope():
            from raincheck.worklist.models import Task

            task = Task.objects.get(kind="job_failed")
        hr.post(f"/console/tasks/{task.id}/settle/", {"resolution": "已办妥"})
        assert [one.grade for one in house.gave_up()] == [Grade.OK]

    def test_an_open_cancellation_without_a_job_is_counted_and_for_how_long(self, here, interview):
        asked = here.ask(interview)
        here.put(asked, next_attempt_at=saga.at(here) - timedelta(seconds=90))
        assert [found.grade for found in house.stranded()] == [Grade.OK]
        saga.forget_jobs()
        [found] = house.stranded()
        assert found.grade is Grade.FAIL
        assert found.seen.en.startswith("1 without a job, 0 clocks not run, 9")
        saga.sweep()
        assert [one.grade for one in house.stranded()] == [Grade.OK], "the sweep has cured it"

    def test_promises_about_to_break_and_broken_are_told_apart(self, here, interview):
        asked = here.ask(interview)
        aged(here, asked, by=45 * saga.SECOND)
        assert [found.grade for found in house.kept_promises()] == [Grade.WARN, Grade.OK]
        aged(here, asked, by=20 * saga.SECOND)
        assert [found.grade for found in house.kept_promises()] == [Grade.FAIL, Grade.OK]

    def test_a_vendor_that_lags_is_named_with_its_pace(self, here, there, vendor, interview, drain):
        there.ask(there.book(hours=90))
        drain()
        vendor.fault("unreachable")
        asked = here.ask(interview)
        drain()
        aged(here, asked, by=3 * saga.MINUTE)
        first, second = house.vendors()
        assert (first.grade, here.company.slug in first.seen.zh) == (Grade.WARN, True)
        assert "1 not agreed" in first.seen.en
        assert (second.grade, there.company.slug in second.seen.zh) == (Grade.OK, True)
        assert "p50" in second.seen.en
        assert "0 failed" in second.seen.en

    def test_messages_that_wait_are_told_by_channel(self, here, interview, outbox, drain):
        outbox.fault("sms", "error_500")
        here.ask(interview)
        drain()
        with here.scope() as now:
            from raincheck.notifications.models import Message

            Message.objects.update(made_at=now - timedelta(minutes=2))
        [found] = house.messages()
        assert (found.grade, found.seen.en.startswith("sms: 2 waiting")) == (Grade.WARN, True)


class TestTheHost:
    def test_a_mail_server_that_is_gone_is_a_failure(self, db, outbox):
        assert [found.grade for found in host.mail()] == [Grade.OK]
        with override_settings(EMAIL_PORT=free_port()):
            [found] = host.mail()
        assert (found.grade, "RAINCHECK_SMTP" in found.todo.en) == (Grade.FAIL, True)

    def test_an_sms_gateway_that_is_gone_or_not_set_is_said(self, outbox):
        assert [found.grade for found in host.sms()] == [Grade.OK]
        with override_settings(RAINCHECK_SMS_URL=f"http://127.0.0.1:{free_port()}"):
            assert [found.grade for found in host.sms()] == [Grade.FAIL]
        with override_settings(RAINCHECK_SMS_URL=""):
            assert [found.grade for found in host.sms()] == [Grade.WARN]

    @pytest.mark.parametrize(
        ("free", "grade"),
        [(400, Grade.OK), (60, Grade.OK), (5, Grade.OK), (4.9, Grade.WARN), (0.9, Grade.FAIL)],
    )
    def test_little_space_is_noticed(self, tmp_path, monkeypatch, free, grade):
        space = (1000 * host.GIGABYTE, 0, int(free * host.GIGABYTE))
        monkeypatch.setattr(host.shutil, "disk_usage", lambda _: space)
        monkeypatch.setattr(host.tempfile, "gettempdir", lambda: str(tmp_path))
        [found] = host.disk(Place(Home(tmp_path / "not" / "there"), None, embedded=False))
        assert found.grade is grade
        assert Path(found.seen.en.split(" has ")[0]) == tmp_path
        assert not (tmp_path / "not").exists()


def test_a_check_that_breaks_is_a_finding():
    def breaks():
        raise RuntimeError("a fault of ours\nand its second line")

    [found] = tried("disk", breaks)
    assert (found.check, found.grade) == ("disk", Grade.FAIL)
    assert "RuntimeError: a fault of ours" in found.seen.en


def test_a_boundary_belongs_to_the_milder_side():
    assert [graded(value, warn=1, fail=5) for value in (1, 1.1, 5, 5.1)] == [
        Grade.OK,
        Grade.WARN,
        Grade.WARN,
        Grade.FAIL,
    ]
    assert str(Said("同", "同")) == "同"


def test_the_environment_of_the_tests_is_left_alone():
    assert "RAINCHECK_SMTP_PORT" not in os.environ
