"""Two lanes to one worker: what comes by the thousand takes few of its threads, and only when nothing else waits.

So a single candidate's acknowledgement overtakes a position's ten thousand messages, however many workers run.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

from raincheck.core.jobs import BULK
from raincheck.job_ends import NotesEveryEnd

#: As procrastinate's own trigger tells the workers of a new job.
_WAKE = "SELECT pg_notify('procrastinate_any_queue_v1', %(payload)s)"


class TwoLanes(NotesEveryEnd):
    """Hands a worker its next job: bulk last, and never more than `at_once` of it."""

    def __init__(self, connector: BaseConnector, *, at_once: int) -> None:
        super().__init__(connector)
        self._at_once = at_once
        self._bulk: set[int] = set()
        self._others = sorted({task.queue for task in app.tasks.values()} - {BULK})

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Return the next job, if there is one this worker has a thread for."""
        job = await super().fetch_job(self._others if queues is None else queues, worker_id)
        if job is None and queues is None and len(self._bulk) < self._at_once:
            job = await super().fetch_job([BULK], worker_id)
            if job is not None and job.id is not None:
                self._bulk.add(job.id)
        return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Note that a job is over."""
        await super().finish_job(job, status, delete_job)
        await self._is_free(job)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Note that a job is to be tried again."""
        await super().retry_job(job, retry_at, priority, queue, lock)
        await self._is_free(job)

    async def _is_free(self, job: Job) -> None:
        """Have the worker look again: a job that had to wait for this one's thread was passed over."""
        if job.id in self._bulk:
            self._bulk.discard(job.id)
            await self.connector.execute_query_async(
                _WAKE, payload=json.dumps({"type": "job_inserted", "job_id": job.id})
            )
