"""Writing into people's calendars: claim, do, note. No transaction is open while a server is called.

The job is told which interviews to look at, never what to do: it compares what should be there with what is. So it may
run late, twice, or beside another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from time import monotonic
from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from raincheck.core.actor import Actor
from raincheck.core.jobs import defer, job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.notifications.calendars import dav
from raincheck.notifications.calendars.errands import Errand, claim, prepare, server_of, still_differ
from raincheck.notifications.calendars.troubles import answered, refused, silent
from raincheck.notifications.models import CalendarServer, PushedEvent
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind

log = structlog.get_logger(__name__)
CHUNK = 5
TOGETHER = 100
#: In seconds: nothing is begun later than this after the claim, which holds much longer.
BEGUN_WITHIN = 60.0
#: A due row this much overdue has lost its job.
OVERDUE = timedelta(seconds=30)
#: Behind the messages: a calendar can wait, a candidate can't.
PRIORITY = -10


@dataclass(frozen=True)
class _Done:
    """What came of an errand: where the appointment is, or what went wrong; neither where it wasn't begun."""

    errand: Errand
    place: dav.Place | None = None
    trouble: Exception | None = None


def follow(company_id: UUID, interview_ids: Iterable[UUID]) -> None:
    """Have these interviews looked at, where the company has a calendar server: one job for up to a hundred."""
    found = sorted(set(interview_ids))
    if found and server_of(company_id) is not None:
        look_at(company_id, found)


def look_at(company_id: UUID, interview_ids: Sequence[UUID], *, at: datetime | None = None) -> None:
    """Defer the job."""
    for start in range(0, len(interview_ids), TOGETHER):
        batch = [str(i) for i in interview_ids[start : start + TOGETHER]]
        defer(
            "calendars.push",
            queue="tell",
            priority=PRIORITY,
            at=at,
            company_id=str(company_id),
            interview_ids=batch,
        )


@job("calendars.push", queue="tell")
def push(*, company_id: str, interview_ids: Sequence[str]) -> None:
    """Make the calendars of these interviews' panels hold what they should."""
    company, ids = UUID(company_id), [UUID(i) for i in interview_ids]
    with company_scope(company):
        server = server_of(company)
        if server is not None:
            prepare(server, ids)
    for start in range(0, len(ids), CHUNK):
        with company_scope(company) as now:
            server = server_of(company)
            if server is None:
                return
            if server.paused_until is not None and server.paused_until > now:
                _wait(server, ids[start:], server.paused_until)
                return
            errands = claim(server, ids[start : start + CHUNK], now)
        done = _do_while_ours(errands)
        with company_scope(company) as now:
            _note(company, done, now)


def _wait(server: CalendarServer, interview_ids: Sequence[UUID], until: datetime) -> None:
    rows = PushedEvent.objects.filter(server=server, interview_id__in=interview_ids, claimed_until=None)
    rows.update(due_at=until)
    look_at(server.company_id, list(interview_ids), at=until)


def _do_while_ours(errands: Sequence[Errand]) -> list[_Done]:
    """Do one after the other; where the server itself is in trouble, the rest isn't begun."""
    until = monotonic() + BEGUN_WITHIN
    done: list[_Done] = []
    for errand in errands:
        stopped = any(isinstance(one.trouble, dav.Later | dav.Barred) for one in done)
        done.append(_Done(errand) if stopped or monotonic() > until else _do(errand))
    return done


def _do(errand: Errand) -> _Done:
    """Do one errand. Never raises, so that one person's calendar holds up nobody else's."""
    try:
        if errand.wanted is not None:
            place = dav.put(
                errand.account, errand.place, calendar=errand.calendar, uid=errand.uid, text=errand.text
            )
            return _Done(errand, place)
        dav.remove(
            errand.account, errand.place, calendar=errand.calendar, uid=errand.uid, cancelled=errand.text
        )
        return _Done(errand, dav.Place(""))
    except (dav.Later, dav.Barred, dav.Refused) as trouble:
        return _Done(errand, trouble=trouble)
    except Exception as bug:  # noqa: BLE001 (any bug at one person's calendar: the others go on; its text may hold an address, its kind doesn't)
        log.warning("calendar push broke", kind=type(bug).__name__)
        return _Done(errand, trouble=dav.Refused(type(bug).__name__))


def _note(company_id: UUID, done: Sequence[_Done], now: datetime) -> None:
    """Store what came of it, and have what is still to do looked at again."""
    if not done:
        return
    server = CalendarServer.objects.select_for_update(no_key=True).get(id=done[0].errand.row.server_id)
    rows = {row.id: row for row in PushedEvent.objects.filter(id__in=[one.errand.row.id for one in done])}
    for one in done:
        row = rows[one.errand.row.id]
        row.claimed_until = None
        if one.place is not None:
            _done(server, row, one, now)
        elif isinstance(one.trouble, dav.Refused):
            refused(server, row, one.trouble, now)
        elif one.trouble is not None:
            silent(server, one.trouble, now)
    for one in done:
        if not isinstance(one.trouble, dav.Refused) and one.place is None:
            rows[one.errand.row.id].due_at = server.paused_until or now
    moved_on = still_differ([rows[one.errand.row.id] for one in done if one.place is not None], now)
    for row in moved_on:
        row.due_at = now
    fields = [
        "href",
        "etag",
        "there",
        "unsure",
        "due_at",
        "claimed_until",
        "failures",
        "failing_since",
        "trouble",
    ]
    PushedEvent.objects.bulk_update(list(rows.values()), fields)
    _again(company_id, rows.values())


def _done(server: CalendarServer, row: PushedEvent, one: _Done, now: datetime) -> None:
    place = one.place or dav.Place("")
    row.href, row.etag, row.there, row.unsure = place.href, place.etag, one.errand.wanted, False
    row.due_at = None
    if row.failing_since is not None:
        row.failures, row.failing_since, row.trouble = 0, None, ""
        close_for_subject(
            subject_id=row.staff_id,
            kinds=[Kind.CALENDAR_UNREACHED],
            actor=Actor.system(row.company_id),
            resolution="written after all",
            now=now,
        )
    answered(server, now)


def _again(company_id: UUID, rows: Iterable[PushedEvent]) -> None:
    due = sorted((row.due_at, row.interview_id) for row in rows if row.due_at is not None)
    for at, together in groupby(due, key=lambda pair: pair[0]):
        look_at(company_id, list(dict.fromkeys(interview_id for _, interview_id in together)), at=at)


@app.periodic(cron="* * * * * */30")
@job("calendars.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Find what is overdue and nobody is at, and have it looked at again."""
    with system_scope(Purpose.SWEEP) as now:
        late = PushedEvent.objects.filter(due_at__lt=now - OVERDUE).order_by("company_id")
        found = list(late.values_list("company_id", "interview_id").distinct()[:500])
    for company_id, rows in groupby(found, key=lambda pair: pair[0]):
        ids = [interview_id for _, interview_id in rows]
        with company_scope(company_id) as now:
            PushedEvent.objects.filter(interview_id__in=ids, due_at__lt=now - OVERDUE).update(due_at=now)
            look_at(company_id, ids)
