"""How fast an inbound webhook is verified, stored and answered, at a steady rate that waits for no answer."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence

import psycopg

from bench import company, load
from bench.ground import Ground, running, web
from bench.report import Figure
from bench.waiting import until
from raincheck.core.ids import new_id
from raincheck.recruiting.models import Interview
from tests.world import World

RATE = 100
SECONDS = 20
WARM_UP = 300
INTERVIEWS = 500
AT_ONCE = 64
WEB_PROCESSES = 2
GOAL = 50.0
PATIENCE = 300.0
APPLIED = "SELECT count(*) FROM vendors_inboundevent WHERE applied_at IS NOT NULL"


def run(ground: Ground) -> list[Figure]:
    """Post signed events at a hundred a second, worker running; a wait for a free line counts as ours, too."""
    here = company.found(ground)
    interviews = company.book(here, INTERVIEWS)
    with psycopg.connect(ground.superuser_url, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
        with web(workers=WEB_PROCESSES) as site, running("worker"):
            _post(here, interviews, site.port, number=WARM_UP, version=10)
            result = _post(here, interviews, site.port, number=RATE * SECONDS, version=1000)
            begun = time.monotonic()

            def all_applied() -> bool:
                [(applied,)] = db.execute(APPLIED).fetchall()
                return bool(applied == WARM_UP + RATE * SECONDS)

            until(all_applied, seconds=PATIENCE, what="every event to be applied")
            behind = time.monotonic() - begun
    return _figures(result, behind)


def _figures(result: load.Result, behind: float) -> list[Figure]:
    late = sorted(seconds * 1000 for seconds in result.latencies)
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    detail = (
        f"{RATE} a second for {SECONDS} s from the instant each was due, {WEB_PROCESSES} web processes and a worker;"
        f" p50 {p50:.0f} ms, slowest {late[-1]:.0f} ms; all applied {behind:.1f} s after the last"
    )
    return [Figure("webhook_p99_ms", p99, "ms", at_most=GOAL, detail=detail)]


def _post(
    here: World, interviews: Sequence[Interview], port: int, *, number: int, version: int
) -> load.Result:
    """Send `number` events, each of a new version of its interview, evenly spaced."""
    host, secret = f"127.0.0.1:{port}", here.account.secret("webhook_secret")
    wanted = [_order(here, interviews[n % len(interviews)], host, secret, version + n) for n in range(number)]
    result = load.run(wanted, address=("127.0.0.1", port), at_once=AT_ONCE, per_second=RATE)
    if result.statuses != {204: number}:
        message = f"not every event was accepted: {dict(result.statuses)}"
        raise RuntimeError(message)
    return result


def _order(here: World, interview: Interview, host: str, secret: str, version: int) -> load.Order:
    """Return one event as the vendor sends it: a page opened, which changes little here."""
    event_id, stamp = f"evt_{new_id()}", str(int(time.time()))
    data = {
        "id": interview.vendor_ref,
        "external_id": str(interview.id),
        "status": "invited",
        "progress": "opened",
        "version": version,
        "starts_at": interview.starts_at.isoformat(),
        "ends_at": interview.ends_at.isoformat(),
        "scores": [],
    }
    body = json.dumps({"id": event_id, "type": "interview.opened", "data": data}).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.digest(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256)
    head = (
        f"POST /hooks/{here.account.adapter}/{here.account.id}/ HTTP/1.1\r\nHost: {host}\r\n"
        f"webhook-id: {event_id}\r\nwebhook-timestamp: {stamp}\r\n"
        f"webhook-signature: v1,{base64.b64encode(signature).decode()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return load.Order(event_id, head.encode() + body)
