"""People at work over HTTP while things are killed: each asks again until answered, under the same key."""

import random
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

from raincheck.cancellations.models import State
from tests import people, site
from tests.simulators import LOOPBACK, Outbox
from tests.world import World

CLIENTS = 10
TOKEN = "t" * 32
GIVE_UP_AFTER = 180.0
NOTE = "请按时参加"
Cookies = dict[str, str]


class Kind(StrEnum):
    """What is done to one interview."""

    ALONE = "asked once, decided by rule"
    DOUBLE = "asked twice at once under one key"
    APPROVED = "asked, approved by HR"
    REJECTED = "asked, rejected by HR"
    WITHDRAWN = "asked, taken back"
    BY_HR = "called off by HR"

    @property
    def reviewed(self) -> bool:
        """Say whether a rule sends it to a reviewer."""
        return self in {Kind.APPROVED, Kind.REJECTED, Kind.WITHDRAWN}

    @property
    def ends_as(self) -> State:
        """Return what must come of it."""
        return {Kind.REJECTED: State.REJECTED, Kind.WITHDRAWN: State.WITHDRAWN}.get(self, State.COMPLETED)


@dataclass(frozen=True)
class Story:
    """One interview, its candidate's session, what will be done to it, and when after the load's beginning."""

    kind: Kind
    interview_id: str
    cookies: Cookies
    at: float


def stories(here: World, *, count: int, seconds: float, chance: random.Random) -> list[Story]:
    """Book interviews of candidates of their own, and spread what will be done to them evenly over time."""
    made = []
    for number in range(count):
        kind = list(Kind)[number % len(Kind)]
        candidate = here.add_candidate()
        interview = here.book(hours=3 if kind.reviewed else 100, candidate=candidate)
        cookies = site.candidate_cookies(here.company, candidate)
        made.append(Story(kind, str(interview.id), cookies, chance.uniform(0, seconds)))
    return sorted(made, key=lambda story: story.at, reverse=True)


@dataclass
class Load:
    """Everyone who wants something, and what they met."""

    here: World
    url: str
    waiting: list[Story]
    acknowledged: dict[str, Kind] = field(default_factory=dict)
    #: Requests now on their way, those that got no answer at all, and those answered 5xx, by status.
    flying: int = 0
    cut: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        hr = people.staff_client(self.here.staff["hr_manager"])
        self._hr = {name: morsel.value for name, morsel in hr.cookies.items()}
        self._portal = f"{self.url}/c/{self.here.company.slug}"
        self._began = 0.0
        self._threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]

    def start(self) -> None:
        """Let everyone begin."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Say whether everyone has been answered."""
        return not any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """Wait until everyone has been answered, and fail if somebody was answered what can't be."""
        for thread in self._threads:
            thread.join(GIVE_UP_AFTER)
        assert not self.wrong, self.wrong[:5]
        assert self.done, "somebody still waits for an answer"

    def _client(self) -> None:
        while True:
            with self.lock:
                if not self.waiting:
                    return
                story = self.waiting.pop()
            time.sleep(max(0.0, self._began + story.at - time.monotonic()))
            try:
                self._tell(story)
            except Exception as error:  # noqa: BLE001 (a thread's own end would be nobody's to see)
                self.wrong.append(f"{story.kind}: {error!r}")
            else:
                with self.lock:
                    self.acknowledged[story.interview_id] = story.kind

    def _tell(self, story: Story) -> None:
        """Do what the story says, step by step, each until it is acknowledged."""
        interview = f"/interviews/{story.interview_id}/"
        if story.kind is Kind.BY_HR:
            self._post(
                f"{self.url}/console{interview}cancel/", self._hr, {"reason": "interviewer_unavailable"}
            )
            return
        form = {"reason": "time_conflict", "key": str(uuid.uuid4())}
        ask = (f"{self._portal}{interview}cancel/", story.cookies, form)
        twin = threading.Thread(target=self._post, args=ask)
        if story.kind is Kind.DOUBLE:
            twin.start()
        self._post(*ask)
        if story.kind is Kind.DOUBLE:
            twin.join(GIVE_UP_AFTER)
        if story.kind is Kind.WITHDRAWN:
            there = self._find(
                f"{self._portal}{interview}", story.cookies, r"/cancellations/[0-9a-f-]{36}/withdraw/"
            )
            self._post(f"{self._portal}{there}", story.cookies, {})
        elif story.kind.reviewed:
            there = self._find(f"{self.url}/console{interview}", self._hr, r"/console/reviews/[0-9a-f-]{36}/")
            decision = {"decision": "approve" if story.kind is Kind.APPROVED else "reject"}
            self._post(f"{self.url}{there}", self._hr, {**decision, "decision_note": NOTE})

    def _post(self, url: str, cookies: Cookies, form: Mapping[str, str]) -> None:
        """Post until the answer is the redirect that acknowledges it.

        That it can't be done any more is an answer too, where an earlier try may have done it unheard.
        """
        unheard = False
        for answer in self._answers("POST", url, cookies, {**form, "csrfmiddlewaretoken": TOKEN}):
            if answer is None or answer.status_code >= 500:
                unheard = True
            elif answer.status_code == 302 or (unheard and answer.status_code == 409):
                return
            else:
                raise AssertionError(f"{url}: {answer.status_code} {answer.text[-600:]}")

    def _find(self, url: str, cookies: Cookies, pattern: str) -> str:
        """Read a page until it is shown, and return the link on it."""
        for answer in self._answers("GET", url, cookies, {}):
            if answer is not None and answer.status_code == 200:
                found = re.search(pattern, answer.text)
                assert found, f"{url} shows no {pattern}"
                return found[0]
            assert answer is None or answer.status_code >= 500, f"{url}: {answer.status_code}"
        raise AssertionError(url)

    def _answers(
        self, method: str, url: str, cookies: Cookies, form: Mapping[str, str]
    ) -> Iterator[httpx.Response | None]:
        """Yield one answer after the other, None for a request that got none, until the asker is content."""
        until = time.monotonic() + GIVE_UP_AFTER
        while time.monotonic() < until:
            answer = self._once(method, url, {**cookies, "csrftoken": TOKEN}, form)
            with self.lock:
                self.cut += answer is None
                if answer is not None and answer.status_code >= 500:
                    self.refused[answer.status_code] += 1
            yield answer
            time.sleep(0.1)
        raise AssertionError(f"{url} was never answered")

    def _once(
        self, method: str, url: str, cookies: Cookies, form: Mapping[str, str]
    ) -> httpx.Response | None:
        with self.lock:
            self.flying += 1
        try:
            return httpx.request(method, url, data=form or None, cookies=cookies, **LOOPBACK, timeout=20)
        except httpx.HTTPError:
            return None
        finally:
            with self.lock:
                self.flying -= 1


@contextmanager
def moody_peers(here: World, outbox: Outbox, *, chance: random.Random) -> Iterator[None]:
    """Have the vendor and the gateways fail in passing for as long as the block runs; well again afterwards."""
    over = threading.Event()
    thread = threading.Thread(target=_moods, args=(here, outbox, random.Random(chance.random()), over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        here.vendor.clear_faults()
        outbox.clear_faults()


def _moods(here: World, outbox: Outbox, chance: random.Random, over: threading.Event) -> None:
    while not over.wait(chance.uniform(0.2, 1.0)):
        vendor = chance.choice(["slow", "slow", "error_500", "error_500_after_doing", "unreachable"])
        here.vendor.fault(vendor, ms=chance.choice([200, 1500]), times=chance.randint(1, 4))
        channel, mode = chance.choice(["sms", "smtp"]), chance.choice(["slow", "error_500", "lost_answer"])
        outbox.fault(channel, mode, ms=chance.choice([100, 800]), times=1)
