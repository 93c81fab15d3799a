"""How long until everybody knows: from a request's acceptance to the last message handed over; and how many a second.

Requests come evenly spaced from signed-in candidates over HTTP; web, worker, vendor, SMS gateway and mail server run
as processes of their own on this machine, and take their share of it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from bench import company, load
from bench.cancel_http import orders
from bench.ground import Ground, running, web
from bench.report import Figure
from bench.waiting import until
from raincheck.recruiting.models import Interview
from tests.world import World

SECONDS = 60
RATE = 10
BESIDE = 20
BURST = 400
WARM_UP = 30
AT_ONCE = 16
GOAL = 1.0
PATIENCE = 120.0

#: When the vendor had agreed and the record had moved, and when the last message was handed over on each channel.
KNOWN = """
SELECT c.interview_id::text, extract(epoch FROM greatest(c.agreed_at, c.completed_at, max(d.at)))::float
FROM cancellations_cancellation c
JOIN archive_historyrecord h ON h.cancellation_id = c.id
JOIN notifications_message m ON m.interview_id = c.interview_id
JOIN notifications_delivery d ON d.message_id = m.id
WHERE c.state = 'completed' AND c.agreement = 'agreed'
GROUP BY c.id
HAVING bool_and(m.state = 'sent') AND bool_or(m.event LIKE 'cancelled%%')
"""


def run(ground: Ground) -> list[Figure]:
    """Measure at ten a second against the goal, at twenty beside it, and all at once."""
    here = company.found(ground)
    rates = {WARM_UP: 5.0, RATE * SECONDS: float(RATE), BESIDE * SECONDS: float(BESIDE)}
    booked = [(company.book(here, number), rate) for number, rate in rates.items()]
    burst = company.book(here, BURST)
    with psycopg.connect(ground.superuser_url, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
        with web(workers=1) as site, running("worker"):
            _, asked, beside = [_cancel(here, interviews, site.port, rate, db) for interviews, rate in booked]
        with web(workers=2) as site, running("worker"), running("worker"):
            at_once = _cancel(here, burst, site.port, 0, db)
    detail = f"{RATE} a second for {SECONDS} s, over SMS, mail and app; slowest {asked.waits[-1]:.2f} s"
    return [
        Figure("everyone_knows_p50_s", asked.percentile(50), "s", detail=detail),
        Figure("everyone_knows_p99_s", asked.percentile(99), "s", at_most=GOAL, detail=detail),
        Figure("everyone_knows_20_p50_s", beside.percentile(50), "s", detail=f"{BESIDE} a second"),
        Figure("everyone_knows_20_p99_s", beside.percentile(99), "s", detail=f"{BESIDE} a second"),
        Figure(
            "everything_done_per_s",
            BURST / at_once.seconds,
            "1/s",
            detail=f"{BURST} asked at once, two workers: vendor agreed, moved, every message handed over",
        ),
    ]


@dataclass(frozen=True)
class _Known:
    """How long after its acceptance everybody knew of each, sorted; and how long all of it took."""

    waits: list[float]
    seconds: float

    def percentile(self, percent: int) -> float:
        return self.waits[min(len(self.waits) - 1, len(self.waits) * percent // 100)]


def _cancel(
    here: World,
    interviews: Sequence[Interview],
    port: int,
    rate: float,
    db: "psycopg.Connection[tuple[str, float]]",
) -> _Known:
    """Cancel these at this rate, or as fast as it goes at 0, and wait until everybody knows."""
    wanted = orders(here, interviews, port)
    begun = time.time()
    result = load.run(wanted, address=("127.0.0.1", port), at_once=AT_ONCE, per_second=rate)
    if result.statuses != {302: len(interviews)}:
        message = f"not every request was accepted: {dict(result.statuses)}"
        raise RuntimeError(message)
    mine = set(result.accepted)

    def known() -> dict[str, float]:
        return {key: at for key, at in db.execute(KNOWN).fetchall() if key in mine}

    until(lambda: len(known()) == len(mine), seconds=PATIENCE, what="everybody to know of everything")
    told = known()
    waits = sorted(at - result.accepted[key] for key, at in told.items())
    return _Known(waits, max(told.values()) - begun)
