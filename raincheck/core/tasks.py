"""Housekeeping: finished jobs are pruned, jobs of dead workers taken over, ended sessions forgotten."""

import structlog
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from raincheck.core.allowance import forget_spent
from raincheck.core.jobs import job

log = structlog.get_logger(__name__)
KEEP_FINISHED_HOURS = 24
DEAD_AFTER_SECONDS = 10


@app.periodic(cron="17 * * * *")
@app.task(name="core.prune_jobs", queue="sweep", pass_context=True)
async def prune_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended a day ago; failed ones stay a week for someone to look at. Forget what has come back."""
    await context.app.job_manager.delete_old_jobs(nb_hours=KEEP_FINISHED_HOURS)
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FINISHED_HOURS * 7, include_failed=True, include_cancelled=True, include_aborted=True
    )
    await sync_to_async(forget_spent)()


@app.periodic(cron="*/5 * * * *")
@job("core.forget_sessions", queue="sweep")
def forget_sessions(*, timestamp: int) -> None:
    """Delete what stands in sessions that have ended: nobody is led to it any more, and some of it was typed."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


@app.periodic(cron="* * * * * */5")
@app.task(name="core.take_over", queue="sweep", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that stopped breathing back to the queue."""
    stalled = await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS)
    for one in stalled:
        log.warning("taking over", job_id=one.id, task=one.task_name)
        try:
            await context.app.job_manager.retry_job(one)
        except ConnectorException:
            log.warning("ended meanwhile, or taken by another", job_id=one.id)
