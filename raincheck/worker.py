"""The worker: one process that takes jobs off the queue until it is asked to stop.

A database that goes away ends the shift, not the worker: it waits until somebody answers again and begins anew.
What the lost shift left half done is taken over (core/tasks.py), by this worker or by another.
"""

import asyncio
import contextlib
import signal
from concurrent.futures import ThreadPoolExecutor
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

from raincheck.core.garbage import settle_down
from raincheck.core.outages import is_outage
from raincheck.lanes import TwoLanes

log = structlog.get_logger(__name__)
#: Seconds between two looks at a database that is away.
AGAIN_AFTER = 0.5
#: By this procrastinate holds a job to the worker that does it.
_TO_ITS_WORKER = "procrastinate_jobs_worker_id_fkey"
#: In seconds: what a wait for a connection, and a row of attempts to make one, may take.
PATIENCE = 5.0


def work() -> None:
    """Work off jobs until SIGTERM or SIGINT; those begun get `shutdown_graceful_timeout` seconds to end."""
    settle_down()
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
            if _was_struck_off(error):
                log.warning("this worker stood still and was taken for dead; beginning anew")
                continue
            if not is_outage(error):
                raise
        if not asked.is_set():
            log.warning("lost the database; beginning anew")
            await _either(asked, asyncio.sleep(AGAIN_AFTER))


def _was_struck_off(error: BaseException) -> bool:
    """Say whether another worker struck us off the list meanwhile: no job can be given to who isn't on it."""
    met = error.__cause__
    return isinstance(met, psycopg.errors.ForeignKeyViolation) and met.diag.constraint_name == _TO_ITS_WORKER


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
    own.job_manager = TwoLanes(own.connector, at_once=max(1, settings.RAINCHECK_WORKER_CONCURRENCY // 4))
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
