"""kill -9 of web, worker and database at random instants under load: nothing acknowledged is lost or doubled."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import DatabaseError, InterfaceError, connection

from tests import seeds, site
from tests.simulators import Outbox
from tests.soak import checks
from tests.soak.installation import installed
from tests.soak.load import Load, moody_peers, stories
from tests.world import World, build, number

#: Seconds; with a request four times a second, something is under way well before.
MID_WORK_WITHIN = 5.0
SHORT = os.environ.get("RAINCHECK_SOAK") == "short"


@dataclass(frozen=True)
class Storm:
    """How many kills, how far apart in seconds, under how many requests a second."""

    kills: int
    pause: float
    rate: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.kills * self.pause


@dataclass
class Strikes:
    """What was under way at the instants of the kills."""

    victims: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    jobs: int = 0

    def note(self, victims: tuple[str, ...], load: Load) -> bool:
        """Take down what a kill this instant would cut off; say whether it is anything."""
        requests = 0 if victims == ("worker",) else load.flying
        jobs = 0 if victims == ("web",) else _jobs_being_done()
        self.requests += requests
        self.jobs += jobs
        return bool(requests or jobs)


def _jobs_being_done() -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
            return int(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError):
        # Killed while it was down: nothing is being done.
        return 0
    finally:
        connection.close()


def _rage(
    storm: Storm,
    load: Load,
    chance: random.Random,
    *,
    victims: tuple[tuple[str, ...], ...],
    kill: Callable[[str], object],
) -> Strikes:
    """Kill at instants drawn evenly from the whole length of the load, which must outlast them.

    Every second kill falls at its instant, whatever is going on; the others wait, but not for long, until
    they cut something off: on a quick machine at a low rate, chance alone may hit nothing at all.
    """
    strikes, began = Strikes(), time.monotonic()
    load.start()
    instants = sorted(chance.uniform(0, storm.seconds) for _ in range(storm.kills))
    for nth, at in enumerate(instants):
        time.sleep(max(0.0, began + at - time.monotonic()))
        hit = chance.choice(victims)
        assert not load.done, "the load was over before the last kill"
        patience = time.monotonic() + (0.0 if nth % 2 else MID_WORK_WITHIN)
        while not strikes.note(hit, load) and time.monotonic() < patience:
            time.sleep(0.01)
        strikes.victims.update(hit)
        for what in hit:
            kill(what)
    return strikes


def _finish(here: World, outbox: Outbox, load: Load, storm: Storm, strikes: Strikes) -> None:
    """Wait until all is settled, check it, and say what happened."""
    load.join()
    settled = checks.await_settled(here)
    figures = checks.check(here, outbox, load)
    assert strikes.requests + strikes.jobs >= storm.kills / 3, f"the kills hit nothing: {strikes}"
    cut = f"{load.cut} unanswered, {dict(load.refused)} refused"
    seeds.say(f"killed {dict(strikes.victims)} in {storm.seconds:.0f} s")
    seeds.say(f"hit {strikes.requests} requests, {strikes.jobs} jobs; {cut}; settled {settled:.0f} s later")
    seeds.say(", ".join(f"{count} {what}" for what, count in figures.items()))


def _web_and_worker(here: World, outbox: Outbox, storm: Storm, chance: random.Random) -> None:
    orders = stories(here, count=int(storm.seconds * storm.rate), seconds=storm.seconds + 1, chance=chance)
    with site.running(outbox) as running, site.kept_up(running):
        load = Load(here, running.url, orders)
        with moody_peers(here, outbox, chance=chance):
            victims = (("web",), ("worker",), ("worker",), ("web", "worker"))
            strikes = _rage(storm, load, chance, victims=victims, kill=running.kill)
            load.join()
        _finish(here, outbox, load, storm, strikes)


def _database(vendor, outbox: Outbox, storm: Storm, chance: random.Random) -> None:
    with installed(outbox) as there:
        here = build(f"soak-{number()}", "云帆科技（示例）", vendor=vendor)
        orders = stories(
            here, count=int(storm.seconds * storm.rate), seconds=storm.seconds + 1, chance=chance
        )
        load = Load(here, there.url, orders)
        with moody_peers(here, outbox, chance=chance):
            # However it dies, each of these drops every connection and loses what only memory held.
            victims = (("postgres",), ("postgres", "worker"), ("web", "postgres"), ("backend",))
            strikes = _rage(storm, load, chance, victims=victims, kill=there.kill)
            load.join()
        _finish(here, outbox, load, storm, strikes)
        assert there.process is not None
        assert there.process.poll() is None, "the supervisor ended"


def test_three_kills_of_web_and_worker_lose_nothing_and_double_nothing(here, vendor, outbox, chance):
    _web_and_worker(here, outbox, Storm(kills=3, pause=2, rate=6), chance)


@pytest.mark.soak
def test_many_kills_of_web_and_worker_lose_nothing_and_double_nothing(here, vendor, outbox, chance):
    _web_and_worker(here, outbox, Storm(kills=8 if SHORT else 30, pause=5, rate=4), chance)


@pytest.mark.soak
def test_a_database_killed_again_and_again_loses_nothing_and_doubles_nothing(vendor, outbox, chance):
    _database(vendor, outbox, Storm(kills=2 if SHORT else 5, pause=12, rate=4), chance)
