"""What goes wrong at a calendar server: waits that grow, and a person who is asked once it has gone on for long."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from raincheck.core.actor import Actor
from raincheck.notifications.calendars.dav import Barred, Later
from raincheck.notifications.models import CalendarServer, PushedEvent
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind

#: After this long a person is asked; one whose password is wrong, at once: waiting mends no password.
LONG = timedelta(hours=1)
#: A server that locks accounts out after wrong passwords isn't tried often enough to.
BARRED_FOR = timedelta(minutes=30)
LONGEST_WAIT = timedelta(minutes=15)
#: One person's calendar that refuses isn't tried for ever; the task about it stands.
GIVEN_UP_AFTER = timedelta(days=7)
_FIELDS = ["failures", "failing_since", "paused_until", "trouble", "answered_at"]


def silent(server: CalendarServer, trouble: Exception, now: datetime) -> None:
    """Leave a locked server alone for a while, that grows; ask HR when it has lasted long or waiting won't help."""
    server.failures += 1
    server.failing_since = server.failing_since or now
    server.trouble = str(trouble)[:200]
    barred = isinstance(trouble, Barred)
    after = trouble.after if isinstance(trouble, Later) else 0.0
    grown = min(timedelta(seconds=after) * 2 ** min(server.failures - 1, 8), LONGEST_WAIT)
    server.paused_until = now + (BARRED_FOR if barred else grown)
    server.save(update_fields=_FIELDS)
    if barred or now - server.failing_since >= LONG:
        _ask("calendar_server", server.id, server, server.trouble, now)


def answered(server: CalendarServer, now: datetime) -> None:
    """Note that a locked server works, and that nobody need look after it."""
    if server.failing_since is not None:
        close_for_subject(
            subject_id=server.id,
            kinds=[Kind.CALENDAR_UNREACHED],
            actor=Actor.system(server.company_id),
            resolution="answers again",
            now=now,
        )
    server.failures, server.failing_since, server.paused_until, server.trouble = 0, None, None, ""
    server.answered_at = now
    server.save(update_fields=_FIELDS)


def refused(server: CalendarServer, row: PushedEvent, trouble: Exception, now: datetime) -> None:
    """Try one person's calendar again later, less and less often; ask HR when it has lasted long."""
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.trouble = str(trouble)[:200]
    lasted = now - row.failing_since
    wait = min(timedelta(minutes=1) * 2 ** min(row.failures - 1, 8), LONG)
    row.due_at = now + wait if lasted < GIVEN_UP_AFTER else None
    if lasted >= LONG:
        _ask("staff", row.staff_id, server, row.trouble, now)


def _ask(subject: str, subject_id: UUID, server: CalendarServer, trouble: str, now: datetime) -> None:
    details = {"account": urlsplit(server.url).netloc, "trouble": trouble}
    need = Need(Kind.CALENDAR_UNREACHED, subject, subject_id, details=details)
    open_task(need=need, actor=Actor.system(server.company_id), now=now)
