"""kill -9 of web and worker at random instants under load: nothing acknowledged is lost, nothing is doubled."""

import os
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest
from django.db import connection

from raincheck.archive.models import HistoryRecord
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation, State
from raincheck.notifications.models import Message
from tests import site
from tests.world import World

SETTLE_LIMIT = 120.0
CLIENTS = 4
TOKEN = "t" * 32


@dataclass
class Load:
    """Candidates who each cancel one interview over HTTP and try again until they are answered."""

    here: World
    url: str
    orders: list[tuple[str, dict[str, str]]]
    acknowledged: set[str] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Work through the orders, a client a thread."""
        while not self.stop.is_set():
            with self.lock:
                if not self.orders:
                    return
                interview_id, cookies = self.orders.pop()
            if self._cancel(interview_id, cookies):
                with self.lock:
                    self.acknowledged.add(interview_id)

    def _cancel(self, interview_id: str, cookies: dict[str, str]) -> bool:
        form = {"reason": "time_conflict", "key": str(uuid.uuid4()), "csrfmiddlewaretoken": TOKEN}
        address = f"{self.url}/c/{self.here.company.slug}/interviews/{interview_id}/cancel/"
        while not self.stop.is_set():
            try:
                sent = httpx.post(
                    address, data=form, cookies={**cookies, "csrftoken": TOKEN}, trust_env=False, timeout=10
                )
            except httpx.HTTPError:
                time.sleep(0.1)
                continue
            if sent.status_code == 302:
                return True
            assert sent.status_code >= 500, f"{sent.status_code}: {sent.text[:300]}"
            time.sleep(0.1)
        return False


def _prepare(here: World, orders: int) -> list[tuple[str, dict[str, str]]]:
    made = []
    for _ in range(orders):
        candidate = here.add_candidate()
        interview = here.book(hours=100, candidate=candidate)
        made.append((str(interview.id), site.candidate_cookies(here.company, candidate)))
    return made


def _run_with_kills(here: World, outbox, *, kills: int, orders: int, seed: int) -> Load:
    chance = random.Random(seed)
    print(f"seed {seed}, {kills} kills, {orders} cancellations")
    with site.running(outbox) as running:
        load = Load(here, running.url, _prepare(here, orders))
        clients = [threading.Thread(target=load.run) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.8))
            victim = chance.choice(["web", "worker"])
            running.kill(victim)
            (running.start_web if victim == "web" else running.start_worker)()
        for client in clients:
            client.join(SETTLE_LIMIT)
        load.stop.set()
        _await_settled(here)
    return load


def _await_settled(here: World) -> None:
    deadline = time.monotonic() + SETTLE_LIMIT
    while time.monotonic() < deadline:
        open_ones = here.count(Cancellation) - here.count(
            Cancellation, state=State.COMPLETED, agreement="agreed"
        )
        told = here.count(Message, event="cancelled.candidate", state="sent")
        waiting = here.count(Message, state="waiting")
        if not open_ones and not waiting and told >= here.count(Cancellation):
            return
        time.sleep(0.5)
    raise AssertionError(f"not settled in time: {_what_is_open(here)}")


def _what_is_open(here: World) -> dict[str, object]:
    """Say what waits and which jobs there are, for whoever reads the failure."""
    with here.scope():
        waiting = Message.objects.filter(state="waiting").values_list("event", "next_attempt_at")
        states = Counter(Cancellation.objects.values_list("state", "agreement"))
        failed = Counter(Message.objects.values_list("event", "state"))
        found = {"cancellations": states, "messages": failed, "waiting": list(waiting[:5])}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, status, count(*) FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return {**found, "jobs": cursor.fetchall()}


def _check(here: World, vendor, outbox, load: Load) -> None:
    with here.scope():
        cancelled = {str(i) for i in Cancellation.objects.values_list("interview_id", flat=True)}
        histories = Counter(str(i) for i in HistoryRecord.objects.values_list("interview_id", flat=True))
        trail = Counter(Entry.objects.values_list("cancellation_id", "action"))
        refs = set(
            Cancellation.objects.filter(state=State.COMPLETED).values_list("interview__vendor_ref", flat=True)
        )
        keys = {
            f"{m.id}-{channel}"
            for m in Message.objects.all()
            for channel in m.channels
            if channel != "in_app"
        }
    assert load.acknowledged <= cancelled, "an acknowledged request was lost"
    assert set(histories.values()) == {1}
    assert set(histories) == cancelled
    for action in (Action.REQUESTED, Action.COMPLETED, Action.MOVED):
        assert {n for (_, what), n in trail.items() if what == action} == {1}, action
    effects = vendor.effects()
    assert {effects[ref] for ref in refs} == {1}
    counts = outbox.counts()
    assert set(counts["sms"].values()) == {1}
    assert set(counts["sms"]) | {key.strip("<>").partition("@")[0] for key in counts["mail"]} == keys


@pytest.mark.parametrize("seed", [1])
def test_three_kills_lose_nothing_and_double_nothing(here, vendor, outbox, seed):
    load = _run_with_kills(here, outbox, kills=3, orders=40, seed=seed)
    _check(here, vendor, outbox, load)


@pytest.mark.soak
def test_many_kills_lose_nothing_and_double_nothing(here, vendor, outbox):
    short = os.environ.get("RAINCHECK_SOAK") == "short"
    seed = int(os.environ.get("RAINCHECK_SEED", random.SystemRandom().randrange(10**6)))
    load = _run_with_kills(here, outbox, kills=8 if short else 30, orders=120 if short else 400, seed=seed)
    _check(here, vendor, outbox, load)
