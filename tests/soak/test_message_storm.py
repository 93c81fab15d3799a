"""kill -9 of the worker while messages go out: none is lost, and what comes twice bears the same key.

A mail server takes no idempotency key: what a dying worker had handed over and not yet noted goes out again. An SMS
gateway does take one, and so has each once.
"""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db.models.functions import Now

from raincheck.core.ids import new_id
from raincheck.notifications.models import Delivery, Message, MessageState, RecipientKind
from raincheck.notifications.tasks import CLAIMED_IN_BULK, CLAIMED_TOGETHER, deliver_later
from tests import seeds
from tests.simulators import Outbox
from tests.site import Site
from tests.world import World

SHORT = os.environ.get("RAINCHECK_SOAK") == "short"
CHANNELS = ["in_app", ["app_push", "sms"], "email"]
HANDED_OVER = "notifications_delivery WHERE state = 'sent' AND channel <> 'in_app'"
SETTLED_WITHIN = 300.0
TOGETHER = 50
#: What one dying worker may have handed over without a note: a claim a thread, of each lane.
AT_RISK = 8 * CLAIMED_TOGETHER + 2 * CLAIMED_IN_BULK


@dataclass(frozen=True)
class Storm:
    """How many messages, and how often the worker is killed meanwhile."""

    messages: int
    kills: int


@pytest.fixture
def worker(here, outbox) -> Iterator[Site]:
    """Run one worker, alone."""
    site = Site(outbox)
    site.start_worker()
    yield site
    site.stop()


def _write(here: World, count: int) -> list[str]:
    """Commit messages to candidates, with the jobs that deliver them: every second lot by the lane for bulk."""
    ids: list[str] = []
    people = [c.identity_id for c in here.candidates]
    for lot, start in enumerate(range(0, count, TOGETHER)):
        bulk = lot % 2 == 1
        with here.scope() as now:
            rows = [
                _message(here, people[n % len(people)], now, bulk=bulk)
                for n in range(start, min(start + TOGETHER, count))
            ]
            Message.objects.bulk_create(rows)
            deliver_later(here.company.id, [row.id for row in rows], bulk=bulk)
        ids += [str(row.id) for row in rows]
    return ids


def _message(here: World, identity_id, now, *, bulk: bool) -> Message:
    when = {
        "kind": "slot",
        "precision": "minute",
        "starts_at": now.isoformat(),
        "ends_at": now.isoformat(),
    }
    return Message(
        company=here.company,
        entry_id=new_id(),
        event="asked.auto",
        template="candidate_asked",
        recipient_kind=RecipientKind.CANDIDATE,
        recipient_id=identity_id,
        language="zh-hans",
        timezone="Asia/Shanghai",
        channels=CHANNELS,
        params={"company": here.company.name, "position": "数据分析师", "when": when},
        batch_id=new_id() if bulk else None,
        made_at=now,
        next_attempt_at=now,
    )


def _rage(here: World, worker: Site, storm: Storm, chance: random.Random, superuser) -> int:
    """Kill the worker in the midst of its work; returns how many jobs that cut off."""
    cut = 0
    for nth in range(1, storm.kills + 1):
        # After so many hand-overs, wherever it then is; the last kill leaves enough to be cut off.
        wanted = int(storm.messages * 2 * nth / (storm.kills + 2))
        _wait(lambda wanted=wanted: _count(superuser, HANDED_OVER) >= wanted, "the worker to get on")
        time.sleep(chance.uniform(0, 0.2))
        cut += _count(superuser, "procrastinate_jobs WHERE status = 'doing' AND queue_name <> 'sweep'")
        worker.kill("worker")
        _take_over(here, superuser)
        worker.start_worker()
    return cut


def _take_over(here: World, superuser) -> None:
    """With the only worker dead nobody holds a claim: let leases and heartbeats be over at once."""
    with here.scope():
        Message.objects.filter(state=MessageState.WAITING).update(next_attempt_at=Now())
    superuser.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")


def _count(superuser, sql: str) -> int:
    return int(superuser.execute(f"SELECT count(*) FROM {sql}").fetchone()[0])


def _wait(condition, what: str) -> None:
    end = time.monotonic() + SETTLED_WITHIN
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def _run(here: World, outbox: Outbox, worker: Site, storm: Storm, chance: random.Random, superuser) -> None:
    for _ in range(9):
        here.add_candidate()
    written = _write(here, storm.messages)
    cut = _rage(here, worker, storm, chance, superuser)
    waiting = "notifications_message WHERE state = 'waiting'"
    _wait(lambda: _count(superuser, waiting) == 0, "every message to be settled")
    came, requests = outbox.counts(), outbox.counts()["sms_requests"]
    for channel, kind in (("email", "mail"), ("sms", "sms")):
        assert {key.partition("@")[0].strip("<") for key in came[kind]} == {f"{i}-{channel}" for i in written}
    assert set(came["sms"].values()) == {1}, "an SMS reached a phone twice"
    twice = {
        "mail": sum(came["mail"].values()) - storm.messages,
        "sms": sum(requests.values()) - storm.messages,
    }
    assert max(twice.values()) <= storm.kills * AT_RISK, f"more came again than dying workers held: {twice}"
    with here.scope():
        assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}
        sent = Delivery.objects.filter(state="sent").values_list("message_id", "channel")
        assert len(sent) == len(set(sent)) == 3 * storm.messages
        assert Delivery.objects.filter(state="skipped", channel="app_push").count() == storm.messages
    assert cut >= storm.kills / 3, "the kills hit nothing"
    seeds.say(
        f"{storm.messages} messages, {storm.kills} kills cut {cut} jobs off; handed over again: {twice}"
    )


def test_three_kills_of_the_worker_lose_no_message(here, outbox, worker, chance, superuser):
    _run(here, outbox, worker, Storm(messages=300, kills=3), chance, superuser)


@pytest.mark.soak
def test_twenty_kills_of_the_worker_lose_no_message(here, outbox, worker, chance, superuser):
    _run(
        here,
        outbox,
        worker,
        Storm(messages=800, kills=5) if SHORT else Storm(messages=5000, kills=20),
        chance,
        superuser,
    )
