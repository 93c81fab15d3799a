"""The worker: one process that takes jobs off the queue until it is asked to stop.

A database that goes away ends the shift, not the worker: it waits until somebody answers again and begins anew.
What the lost shift left half done is taken over (core/tasks.py), by this worker or by another.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from raincheck.core.outages import is_outage

log = structlog.get_logger(__name__)
#: Seconds between two looks at a database that is away, or between two tries to note how a job ended.
AGAIN_AFTER = 0.5
#: How long the end of a job is tried to be noted; after that the worker leaves it to be taken over.
NOTED_WITHIN = 60.0
#: In seconds: what a wait for a connection, and a row of attempts to make one, may take.
PATIENCE = 5.0


def work() -> None:
    """Work off jobs until SIGTERM or SIGINT; those begun get `shutdown_graceful_timeout` seconds to end."""
    asyncio.run(_work())


async def _work() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, asked.set)
    # Python's own default grows with the processors; a job that waits for a vendor must not hold up the rest.
    loop.set_default_executor(ThreadPoolExecutor(settings.RAINCHECK_WORKER_CONCURRENCY, "job"))
    while not asked.is_set():
        await _database_is_there(asked)
        # The clockwork defers on a connection of Django's that no job and no request ever lets go of.
        await sync_to_async(connections.close_all)()
        try:
            await _shift(asked)
        except (ConnectorException, psycopg.OperationalError) as error:
            if not is_outage(error):
                raise
        if not asked.is_set():
            log.warning("lost the database; beginning anew")
            await _either(asked, asyncio.sleep(AGAIN_AFTER))


async def _database_is_there(asked: asyncio.Event) -> None:
    """Wait until the database lets us in, or until we are asked to stop."""
    waiting = False
    while not asked.is_set():
        try:
            connection = await psycopg.AsyncConnection.connect(**_address())
        except psycopg.OperationalError as error:
            if not waiting:
                log.warning("the database doesn't let us in; waiting for it", error=str(error))
            waiting = True
            await _either(asked, asyncio.sleep(AGAIN_AFTER))
        else:
            await connection.close()
            return


async def _shift(asked: asyncio.Event) -> None:
    """Work until asked to stop, or until the database is lost. Raises ConnectorException."""
    # An app of its own for fetching jobs: what a job itself defers must stay on Django's own connection.
    pool = PsycopgConnector(kwargs=_address(), timeout=PATIENCE, reconnect_timeout=PATIENCE)
    own = app.with_connector(pool)
    own.job_manager = NotesEveryEnd(own.connector)
    async with own.open_async():
        running = asyncio.create_task(own.run_worker_async(listen_notify=True, install_signal_handlers=False))
        await _either(asked, running)
        # To be cancelled is how procrastinate is asked to end with grace.
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _address() -> dict[str, Any]:
    """Return where the database is, with the name under which it lists these connections."""
    return {**connector_params(), "application_name": "raincheck worker"}


async def _either(asked: asyncio.Event, other: Any) -> None:
    """Return as soon as we are asked to stop or the other is done, whatever came of it."""
    wish, done = asyncio.create_task(asked.wait()), asyncio.ensure_future(other)
    await asyncio.wait({wish, done}, return_when=asyncio.FIRST_COMPLETED)
    wish.cancel()


class NotesEveryEnd(JobManager):
    """Keeps at it until the database has taken in how a job ended.

    A job whose end was never noted would count as being done for as long as its worker breathes: nobody would
    take it over.
    """

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Note that a job is over."""
        await self._until_noted(job, partial(super().finish_job, job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Note that a job is to be tried again."""
        await self._until_noted(job, partial(super().retry_job, job, retry_at, priority, queue, lock))

    async def _until_noted(self, job: Job, note: Callable[[], Awaitable[None]]) -> None:
        until, tried = time.monotonic() + NOTED_WITHIN, False
        while True:
            try:
                # The first try may have been heard and only its answer lost. Then the job is over, or another's.
                if tried and not await self._is_not_noted(job):
                    return
                await note()
            except ConnectorException as error:
                if not is_outage(error) or time.monotonic() > until:
                    raise
            else:
                return
            tried = True
            await asyncio.sleep(AGAIN_AFTER)

    async def _is_not_noted(self, job: Job) -> bool:
        """Say whether a job we did still counts as being done; to note its end counts one attempt more."""
        found = await self.connector.execute_query_one_async(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs"
            " WHERE id = %(id)s AND status = 'doing' AND attempts = %(attempts)s) AS open",
            id=job.id,
            attempts=job.attempts,
        )
        return bool(found["open"])
