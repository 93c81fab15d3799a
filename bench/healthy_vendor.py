"""What a vendor that hangs costs the other vendors' candidates: nothing, or it would show here.

Requests for interviews at two vendors come in together. One vendor is well; the other takes every call and never
answers. Measured is how long everybody waits to know of the first one's.
"""

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from uuid import uuid4

import psycopg

from bench import company, load
from bench.cancel_http import orders
from bench.everyone_knows import AT_ONCE, KNOWN, PATIENCE
from bench.ground import Ground, running, web
from bench.report import Figure
from bench.waiting import until
from raincheck.recruiting.models import Interview
from raincheck.vendors.models import VendorAccount
from tests.world import World

SECONDS = 60
#: A second: at the vendor that is well, and besides at the one that hangs.
RATE, BESIDE = 10, 2
WARM_UP = 30
GOAL = 1.0


def run(ground: Ground) -> list[Figure]:
    """Measure the wait of the healthy vendor's candidates, the worst included."""
    here = company.found(ground)
    warm_up, well = (company.book(here, number) for number in (WARM_UP, RATE * SECONDS))
    hung = company.book(here, BESIDE * SECONDS)
    with (
        _hanging() as url,
        psycopg.connect(ground.superuser_url, autocommit=True) as db,
        web(workers=1) as site,
        running("worker"),
    ):
        _move(here, hung, url)
        db.execute("VACUUM ANALYZE")
        _cancel(here, warm_up, warm_up, site.port, db, rate=5)
        together = well + hung
        random.Random(1).shuffle(together)  # noqa: S311
        waits = _cancel(here, together, well, site.port, db, rate=RATE + BESIDE)
    detail = f"{RATE} a second, and {BESIDE} a second more at a vendor that never answers; slowest {waits[-1]:.2f} s"
    return [
        Figure("healthy_vendor_p50_s", waits[len(waits) // 2], "s", detail=detail),
        Figure("healthy_vendor_p99_s", waits[len(waits) * 99 // 100], "s", at_most=GOAL, detail=detail),
    ]


def _cancel(
    here: World,
    interviews: list[Interview],
    watched: list[Interview],
    port: int,
    db: "psycopg.Connection[tuple[str, float]]",
    *,
    rate: float,
) -> list[float]:
    """Cancel these at this rate; return how long it took everybody to know of each one watched, sorted."""
    wanted = orders(here, interviews, port)
    result = load.run(wanted, address=("127.0.0.1", port), at_once=AT_ONCE, per_second=rate)
    if result.statuses != {302: len(interviews)}:
        message = f"not every request was accepted: {dict(result.statuses)}"
        raise RuntimeError(message)
    mine = {str(interview.id) for interview in watched}

    def known() -> dict[str, float]:
        return {key: at for key, at in db.execute(KNOWN).fetchall() if key in mine}

    until(lambda: len(known()) == len(mine), seconds=PATIENCE, what="everybody to know")
    return sorted(at - result.accepted[key] for key, at in known().items())


def _move(here: World, interviews: list[Interview], url: str) -> None:
    """Give these to an account at the vendor that hangs."""
    account = VendorAccount(
        id=uuid4(), company=here.company, name="不响应的系统", adapter="simulated", base_url=url
    )
    account.seal("api_key", "bench")
    with here.scope():
        account.save(force_insert=True)
        Interview.objects.filter(id__in=[i.id for i in interviews]).update(vendor_account_id=account.id)


@contextlib.contextmanager
def _hanging() -> Iterator[str]:
    """Listen, take every connection, and say nothing."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(listening.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    for connection in held:
        connection.close()
