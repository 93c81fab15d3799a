"""The worker: one process that takes jobs off the queue until it is asked to stop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app


def work() -> None:
    """Work off jobs until SIGTERM or SIGINT; those begun get `shutdown_graceful_timeout` seconds to end."""
    # A copy of the app for fetching jobs: what a job itself defers must stay on Django's own connection.
    connector: Any = app.connector
    asyncio.run(_work(app.with_connector(connector.get_worker_connector())))


async def _work(own: Any) -> None:
    # Python's own default grows with the processors; a job that waits for a vendor must not hold up the rest.
    threads = ThreadPoolExecutor(settings.RAINCHECK_WORKER_CONCURRENCY, "job")
    asyncio.get_running_loop().set_default_executor(threads)
    async with own.open_async():
        await own.run_worker_async(listen_notify=True)
