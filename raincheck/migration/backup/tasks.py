"""The room's job: every minute it asks whether a backup is due. One is made at a time, however long it takes."""

from django.utils import timezone
from procrastinate.contrib.django import app

from raincheck.core.jobs import job
from raincheck.migration.backup.schedule import back_up_if_due


@app.periodic(cron="* * * * *")
@job("migration.back_up", queue="sweep")
def back_up(*, timestamp: int) -> None:
    """Make the backup that is due, if one is."""
    back_up_if_due(timezone.now())
