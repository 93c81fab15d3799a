"""How soon a message is handed over, and what a position of ten thousand does to everybody else's.

Two workers; mail server and SMS gateway are loopback servers that take and count. BENCH_MESSAGES scales it
down (0.01: a hundredth) to see that it runs; what that gives is no measurement.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg

from bench import company
from bench.ground import Ground, running
from bench.report import Figure
from bench.sinks import Sinks, sinks
from bench.waiting import until
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.audit.models import Entry
from raincheck.cancellations.actions import Ask, request_cancellation
from raincheck.cancellations.batches import freeze_position
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Interview, Position
from tests.world import World

SCALE = float(os.environ.get("BENCH_MESSAGES", "1"))
#: A deed gives two messages that leave the house (candidate: SMS and mail; interviewer: mail) and two that don't.
SECONDS, DEEDS_A_SECOND = max(2, round(60 * SCALE)), 25
BURST = max(20, round(10_000 * SCALE))
#: One candidate asks so often while the burst is on.
EVERY = 2.0
PATIENCE, WORKERS = 1200.0, 2

#: When the last outside channel of each message of these events took it, by the entry that caused it.
HANDED_OVER = """
SELECT m.entry_id::text, extract(epoch FROM max(d.at))::float
FROM notifications_message m JOIN notifications_delivery d ON d.message_id = m.id
WHERE m.event = %s AND d.state = 'sent' AND d.channel <> 'in_app' AND m.state = 'sent'
GROUP BY m.id
"""


def run(ground: Ground) -> list[Figure]:
    """Measure the steady stream, then the burst."""
    here = company.found(ground)
    with sinks() as there, psycopg.connect(ground.superuser_url, autocommit=True) as db:
        os.environ.update(RAINCHECK_SMTP_PORT=str(there.smtp_port), RAINCHECK_SMS_URL=there.url)
        stream = company.book(here, 200)
        singles = company.book(here, 100)
        burst = _elsewhere(here, BURST)
        db.execute("VACUUM ANALYZE")
        with running("worker"), running("worker"):
            until(lambda: _workers(db) == WORKERS, seconds=PATIENCE, what="both workers to be up")
            waits = _stream(here, stream, db)
            seconds, acks = _burst(here, burst, singles, db)
        twice = _twice(there)
    detail = (
        f"{2 * DEEDS_A_SECOND} messages a second for {SECONDS} s, SMS and mail; slowest {waits[-1]:.2f} s"
    )
    return [
        Figure("message_p50_s", _percentile(waits, 50), "s", detail=detail),
        Figure("message_p99_s", _percentile(waits, 99), "s", at_most=2.0, detail=detail),
        Figure("burst_10k_s", seconds, "s", at_most=60.0, detail=f"{BURST} interviews, two workers"),
        Figure(
            "burst_ack_p99_s", _percentile(acks, 99), "s", at_most=2.0, detail=f"{len(acks)} asked meanwhile"
        ),
        Figure("messages_twice", len(twice), "", at_most=0.0, detail=", ".join(twice[:4])),
    ]


def _workers(db: "psycopg.Connection[tuple[int]]") -> int:
    """Return how many workers have reported: what waits for one to boot says nothing of the way of a message."""
    row = db.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
    return row[0] if row else 0


def _percentile(waits: list[float], percent: int) -> float:
    return waits[min(len(waits) - 1, len(waits) * percent // 100)]


def _stream(
    here: World, interviews: list[Interview], db: "psycopg.Connection[tuple[str, float]]"
) -> list[float]:
    """Commit deeds evenly spaced; return, sorted, how long each message took from its commit to its hand-over."""
    committed: dict[str, float] = {}
    system, began = Actor.system(here.company.id), time.monotonic()
    for number in range(SECONDS * DEEDS_A_SECOND):
        time.sleep(max(0.0, began + number / DEEDS_A_SECOND - time.monotonic()))
        interview = interviews[number % len(interviews)]
        subject = Subject("interview", interview.id, interview_id=interview.id)
        with here.scope() as now:
            entry = record(
                actor=system,
                action=Action.INTERVIEW_RESCHEDULED,
                subject=subject,
                now=now,
                starts_before=interview.starts_at.isoformat(),
                ends_before=interview.ends_at.isoformat(),
            )
        committed[str(entry.id)] = time.time()

    def handed() -> list[tuple[str, float]]:
        return db.execute(HANDED_OVER, [Action.INTERVIEW_RESCHEDULED.value]).fetchall()

    until(
        lambda: len(handed()) == 2 * len(committed), seconds=PATIENCE, what="every message to be handed over"
    )
    return sorted(at - committed[entry] for entry, at in handed())


def _elsewhere(here: World, number: int) -> Position:
    """Put so many interviews on the schedule of a position of their own, no AI interview system involved."""
    # The AI interview system doesn't know them either: what a reconciliation found there would be load of its own.
    booked = company.book(here, number, with_vendor=False)
    with here.scope():
        position = Position.objects.create(
            company=here.company, department=here.department, title="批量岗位", owner=here.staff["recruiter"]
        )
        applications = [interview.application for interview in booked]
        type(applications[0]).objects.filter(id__in=[a.id for a in applications]).update(position=position)
    return position


def _burst(
    here: World, position: Position, singles: list[Interview], db: "psycopg.Connection[tuple[str, float]]"
) -> tuple[float, list[float]]:
    """Freeze the position; return how long until all of it was handed over, and single acknowledgements' waits."""
    manager, asked = here.actor(), dict[str, float]()
    with _asking(here, singles, asked):
        with here.scope() as now:
            freeze_position(position_id=position.id, actor=manager, reason="position_frozen", now=now)
        began = time.time()
        until(lambda: _all_handed_over(db), seconds=PATIENCE, what="the whole burst to be handed over")
    rows = db.execute(
        "SELECT extract(epoch FROM max(d.at))::float FROM notifications_delivery d JOIN notifications_message m"
        " ON m.id = d.message_id WHERE m.event = 'cancelled.together' OR m.batch_id IS NOT NULL"
    ).fetchone()
    acks = dict(db.execute(HANDED_OVER, ["asked.auto"]).fetchall())
    waits = sorted(acks[entry] - at for entry, at in asked.items() if entry in acks)
    if len(waits) != len(asked):
        message = f"{len(asked) - len(waits)} of {len(asked)} were never acknowledged"
        raise RuntimeError(message)
    return float(rows[0] if rows else 0) - began, waits


def _all_handed_over(db: "psycopg.Connection[tuple[str, float]]") -> bool:
    row = db.execute(
        "SELECT (SELECT count(*) FROM notifications_message WHERE batch_id IS NOT NULL AND state = 'sent'"
        " AND recipient_kind = 'candidate'), (SELECT count(*) FROM notifications_message WHERE state = 'waiting'),"
        " (SELECT count(*) FROM notifications_digestitem WHERE digest_id IS NULL)"
    ).fetchone()
    return row is not None and tuple(row) == (BURST, 0, 0)


@contextmanager
def _asking(here: World, singles: list[Interview], asked: dict[str, float]) -> Iterator[None]:
    """Have one candidate after the other ask for a cancellation meanwhile; note when by the request's entry."""
    over = threading.Event()

    def ask() -> None:
        for interview in singles:
            if over.wait(EVERY):
                return
            with here.scope() as now:
                cancellation = request_cancellation(
                    interview_id=interview.id,
                    actor=here.as_candidate(interview.application.candidate),
                    ask=Ask(reason="time_conflict"),
                    now=now,
                )
            asked[_entry_of(here, cancellation.id)] = time.time()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    # Those asked last have their minute, too.
    time.sleep(EVERY)


def _entry_of(here: World, cancellation_id: UUID) -> str:
    with here.scope():
        return str(Entry.objects.get(cancellation_id=cancellation_id, action=Action.REQUESTED).id)


def _twice(there: Sinks) -> list[str]:
    """Return the keys that came more than once, with their kind: no answer was lost here, so none should."""
    return [f"{kind} {key} x{n}" for kind, keys in there.counts().items() for key, n in keys.items() if n > 1]
