"""The worker as a process of its own: it outlives its database's troubles, and ends when it is asked to."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from raincheck.core.jobs import defer
from raincheck.job_ends import NotesEveryEnd
from raincheck.worker import _address
from tests.site import Site

PATIENCE = 30.0
REFUSE = """
CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE UPDATE OF status ON public.procrastinate_jobs
FOR EACH ROW WHEN (OLD.status = 'doing' AND OLD.task_name = 'notifications.deliver')
EXECUTE FUNCTION public.full_disk();
"""


@pytest.fixture
def worker(db, outbox) -> Iterator[Site]:
    """Run one worker, alone."""
    site, before = Site(outbox), _workers()
    site.start_worker()
    try:
        eventually(lambda: _workers() - before)
        yield site
    finally:
        site.stop()


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def _workers() -> set[tuple[object, ...]]:
    return set(_rows("SELECT id FROM procrastinate_workers"))


def _rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _defer(here) -> None:
    defer("notifications.deliver", queue="tell", company_id=str(here.company.id), message_ids=[])


def _ends() -> list[tuple[object, ...]]:
    return _rows("SELECT status, attempts FROM procrastinate_jobs WHERE task_name = 'notifications.deliver'")


def test_a_worker_whose_connections_are_all_cut_goes_on(here, worker, superuser):
    process = worker.processes["worker"]
    _cut_everyone_while_the_clockwork_writes(superuser)
    _defer(here)
    eventually(lambda: _ends() == [("succeeded", 1)])
    before = _ticks()
    eventually(lambda: _ticks() > before + 1)
    assert process.poll() is None, "it ended"


def _cut_everyone_while_the_clockwork_writes(superuser) -> None:
    connection.close()
    connection.close_pool()
    ours = "SELECT pid FROM pg_stat_activity WHERE usename = 'raincheck_app'"

    def writes() -> object:
        superuser.execute("SELECT pg_stat_clear_snapshot()")
        waiting = f"{ours} AND wait_event_type = 'Lock' AND query LIKE '%defer_periodic%'"
        return superuser.execute(waiting).fetchone()

    with superuser.transaction():
        superuser.execute("LOCK TABLE procrastinate_jobs IN EXCLUSIVE MODE")
        eventually(writes)
        # No job of the clockwork's own may come to its connection's help.
        superuser.execute("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo'")
        cut = superuser.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({ours}) AS own").fetchall()
    assert len(cut) > 1, "nothing was cut"


def _ticks() -> int:
    """Return how often the clockwork has made a job."""
    found = _rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'cancellations.sweep'")
    return int(str(found[0][0]))


def test_a_job_whose_end_can_not_be_noted_is_not_left_as_being_done(here, worker, superuser):
    with _full_disk(superuser):
        _defer(here)
        eventually(lambda: _ends() == [("doing", 0)])
        time.sleep(1)
        assert _ends() == [("doing", 0)]
    eventually(lambda: _ends() == [("succeeded", 1)])
    assert worker.processes["worker"].poll() is None, "it ended"


@contextlib.contextmanager
def _full_disk(superuser) -> Iterator[None]:
    superuser.execute(REFUSE)
    try:
        yield
    finally:
        superuser.execute("DROP FUNCTION public.full_disk CASCADE")


def test_a_retry_whose_answer_got_lost_takes_the_job_from_nobody_who_began_it_since(
    here, monkeypatch, superuser
):
    _defer(here)
    retry = JobManager.retry_job

    async def story() -> None:
        own = app.with_connector(PsycopgConnector(kwargs=_address()))
        async with own.open_async():
            notes = NotesEveryEnd(own.connector)
            ours, another = await notes.register_worker(), await notes.register_worker()
            job = await notes.fetch_job(["tell"], ours)

            async def heard_but_cut_off(self, *args):
                await retry(self, *args)
                assert await self.fetch_job(["tell"], another)
                raise ConnectorException from psycopg.OperationalError("cut off")

            monkeypatch.setattr(JobManager, "retry_job", heard_but_cut_off)
            await notes.retry_job(job)
            stands = superuser.execute("SELECT status, attempts, worker_id FROM procrastinate_jobs")
            assert stands.fetchall() == [("doing", 1, another)]
            for worker_id in (ours, another):
                await notes.unregister_worker(worker_id)

    # In a thread of its own: a browser test before us may have left an event loop in this one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(lambda: asyncio.run(story())).result()


def test_a_worker_that_was_stopped_says_in_a_line_that_another_did_its_job(
    here, outbox, superuser, monkeypatch, capfd
):
    monkeypatch.setenv("RAINCHECK_LOG_LEVEL", "WARNING")
    stopped, another = Site(outbox), Site(outbox)
    stopped.start_worker()
    said = []

    def hears(words: str) -> bool:
        said.append(capfd.readouterr().err)
        return words in "".join(said)

    try:
        pid = stopped.processes["worker"].pid
        with superuser.transaction():
            superuser.execute("LOCK TABLE notifications_message IN ACCESS EXCLUSIVE MODE")
            defer("notifications.sweep", queue="sweep", timestamp=0)
            doing = "task_name = 'notifications.sweep' AND status = 'doing'"
            eventually(lambda: _rows(f"SELECT id FROM procrastinate_jobs WHERE {doing}"))
            [(job, *_)] = _rows(f"SELECT id FROM procrastinate_jobs WHERE {doing}")
            os.killpg(pid, signal.SIGSTOP)
        superuser.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        another.start_worker()
        eventually(lambda: _rows(f"SELECT FROM procrastinate_jobs WHERE id = {job} AND status = 'succeeded'"))
        os.killpg(pid, signal.SIGCONT)
        eventually(lambda: hears("the job went to another worker meanwhile"))
        # It was struck off the list as well: no job can be given to it before it is on it again.
        another.stop()
        _defer(here)
        eventually(lambda: ("succeeded", 0) in _ends() or ("succeeded", 1) in _ends())
        assert not hears("Traceback"), "".join(said)
        assert hears("was taken for dead; beginning anew")
        assert stopped.processes["worker"].poll() is None, "it ended"
    finally:
        stopped.stop()
        another.stop()


def test_a_worker_that_is_asked_to_stop_ends_well_and_unregisters(here, worker):
    process, there = worker.processes["worker"], _workers()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert len(_workers()) == len(there) - 1
