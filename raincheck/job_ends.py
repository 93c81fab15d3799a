"""How a job ended is noted, whatever the database is up to."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from raincheck.core.outages import is_outage, sqlstate

log = structlog.get_logger(__name__)
#: What procrastinate's own functions raise about a job that isn't being done.
_REFUSED = "P0001"
#: Seconds between two tries to note how a job ended.
AGAIN_AFTER = 0.5
#: How long the end of a job is tried to be noted; after that the worker leaves it to be taken over.
NOTED_WITHIN = 60.0


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
                if sqlstate(error) == _REFUSED and not await self._is_not_noted(job):
                    # Whoever stands still, as a laptop that sleeps, is thought dead, and its jobs are taken over.
                    log.warning(
                        "the job went to another worker meanwhile; its end is not ours to note",
                        job_id=job.id,
                        task=job.task_name,
                    )
                    return
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
