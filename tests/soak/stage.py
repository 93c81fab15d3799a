"""What the agreement runs are played on: a vendor that can be killed, a post that loses letters, web and workers."""

import contextlib
import heapq
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import httpx

from raincheck.runtime.leash import leashed
from raincheck.vendors.adapters.signatures import REPLAY_WINDOW
from tests import simulators, site
from tests.simulators import LOOPBACK, VENDOR_KEY, AiInterview, Outbox, free_port

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HANDS = (sys.executable, "-m", "tests.soak.hands")
_REFUSED = 401
#: What the post may do to a letter. Late and shuffled, some overtake others by seconds.
POST_MOODS = ("straight", "lost", "late", "twice", "shuffled")


class MortalVendor(AiInterview):
    """The simulated vendor; killed, it comes back at the same address with what its store holds."""

    def __init__(self, folder: Path, *, webhooks_to: str) -> None:
        self.port, self._truths = free_port(), list[Truth]()
        self.store = folder / "ai-interview.sqlite3"
        self._argv = [sys.executable, "-m", "raincheck.simulators", "ai-interview", "--port", str(self.port)]
        self._argv += ["--data", str(folder), "--key", VENDOR_KEY, "--webhook-url", webhooks_to]
        self._argv += ["--webhook-secret", WEBHOOK_SECRET, "--webhook-backoff", "0.05"]
        super().__init__(self._start(), f"http://127.0.0.1:{self.port}")
        self.await_ready()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(leashed(self._argv, on_our_death=signal.SIGTERM))

    def kill_and_start(self) -> None:
        """Kill it, -9, and start it again; for a moment nobody answers."""
        self.kill()
        self.process = self._start()

    def await_ready(self) -> None:
        """Wait until it answers."""
        simulators._wait_until_ready(self)

    def truth(self) -> "Truth":
        """Look into its store, past everything it might say; for one thread."""
        self._truths.append(Truth(self.store))
        return self._truths[-1]

    def close(self) -> None:
        """End it for good."""
        for truth in self._truths:
            truth.close()
        self.http.close()
        self.kill()


class Truth:
    """What the vendor really holds, read from its store: nothing it answers, no fault and no lie is between."""

    def __init__(self, store: Path) -> None:
        self._store = sqlite3.connect(store, timeout=10, check_same_thread=False)
        self._store.row_factory = sqlite3.Row

    def close(self) -> None:
        """Look no more."""
        self._store.close()

    def admitted(self, interview_ids: Collection[str]) -> dict[str, str]:
        """Return those of our interviews whose candidate could begin or go on there now, and the status there."""
        marks = ", ".join("?" * len(interview_ids))
        found = self._store.execute(
            "SELECT external_id, status FROM interview WHERE status IN ('invited', 'in_progress')"
            f" AND external_id IN ({marks})",
            list(interview_ids),
        )
        return {row["external_id"]: row["status"] for row in found}

    def rows(self) -> dict[str, list[sqlite3.Row]]:
        """Return every interview there, by our id."""
        found: dict[str, list[sqlite3.Row]] = {}
        for row in self._store.execute("SELECT * FROM interview"):
            found.setdefault(row["external_id"], []).append(row)
        return found

    def one(self, interview_id: str) -> sqlite3.Row | None:
        """Return what it holds of one of ours."""
        query = "SELECT * FROM interview WHERE external_id = ? ORDER BY seq DESC"
        return self._store.execute(query, (interview_id,)).fetchone()

    def ended(self) -> dict[str, str]:
        """Return since when nobody is admitted, by our id: by a caller's cancel, or by what happened there."""
        ends = self._store.execute(
            "SELECT external_id, MIN(at) AS at FROM ("
            " SELECT interview_id, at FROM call WHERE operation = 'cancel' AND effect"
            " UNION ALL SELECT interview_id, json_extract(body, '$.occurred_at') FROM event"
            " WHERE type IN ('interview.cancelled', 'interview.expired', 'interview.submitted')"
            ") ends JOIN interview ON interview.id = ends.interview_id GROUP BY external_id"
        )
        return {row["external_id"]: row["at"] for row in ends}

    def cancels(self) -> dict[str, int]:
        """Count what callers really cancelled, by our id."""
        found = self._store.execute(
            "SELECT external_id, COUNT(*) AS n FROM call JOIN interview ON interview.id = call.interview_id"
            " WHERE operation = 'cancel' AND effect GROUP BY external_id"
        )
        return {row["external_id"]: row["n"] for row in found}

    def unsent(self) -> int:
        """Count the webhooks that still wait to be sent."""
        return int(self._store.execute("SELECT COUNT(*) FROM event WHERE state = 'pending'").fetchone()[0])

    def calls(self, interview_id: str) -> list[str]:
        """Return the calls about one of ours, for whoever reads a failure."""
        query = (
            "SELECT call.* FROM call JOIN interview ON interview.id = call.interview_id WHERE external_id = ?"
        )
        rows = self._store.execute(f"{query} ORDER BY call.seq", (interview_id,))
        return [f"{row['at']} {row['operation']} {row['status']} effect={row['effect']}" for row in rows]


class Post:
    """Stands between the vendor and our hook; takes every letter and then does with it what its mood says."""

    def __init__(self, chance: random.Random) -> None:
        self.mood, self.tally = "straight", Counter[str]()
        #: Where letters go: the hook of the account the run is about.
        self.to = ""
        self._chance, self._letters, self._number = chance, [], count()
        self._changed, self._over, self._carrying = threading.Condition(), False, 0
        post = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    # Its sender was killed in the middle of it: half a letter is none, and no signature fits it.
                    return
                post.take({name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._door = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._door.server_port}/"
        self._threads = [
            threading.Thread(target=self._door.serve_forever),
            threading.Thread(target=self._carry),
        ]
        for thread in self._threads:
            thread.start()

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Take a letter, to be carried at once, late, twice or never."""
        kept = {
            name: headers[name] for name in headers if name.startswith("webhook-") or name == "content-type"
        }
        now = time.monotonic()
        with self._changed:
            self.tally[self.mood] += 1
            waits = {
                "straight": [0.0],
                "lost": [],
                "late": [self._chance.uniform(0.5, 3)],
                "twice": [0.0, self._chance.uniform(0, 2)],
                "shuffled": [self._chance.uniform(0, 1)],
            }[self.mood]
            for wait in waits:
                heapq.heappush(self._letters, (now + wait, next(self._number), kept, body))
            self._changed.notify_all()

    @property
    def empty(self) -> bool:
        """Say whether nothing is left to carry."""
        with self._changed:
            return not self._letters and not self._carrying

    def _carry(self) -> None:
        with httpx.Client(**LOOPBACK, timeout=20) as client:
            while True:
                with self._changed:
                    while not self._over and not (self._letters and self._letters[0][0] <= time.monotonic()):
                        self._changed.wait(0.05)
                    if self._over:
                        return
                    _, _, headers, body = heapq.heappop(self._letters)
                    self._carrying = 1
                if not self._carried(client, headers, body):
                    with self._changed:
                        heapq.heappush(
                            self._letters, (time.monotonic() + 0.3, next(self._number), headers, body)
                        )
                self._carrying = 0

    def _carried(self, client: httpx.Client, headers: dict[str, str], body: bytes) -> bool:
        try:
            answer = client.post(self.to, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        self.tally[f"hook answered {answer.status_code}"] += 1
        # Carried so late that its signature is too old, a letter is lost: a vendor would have signed it anew.
        too_old = time.time() - int(headers["webhook-timestamp"]) > REPLAY_WINDOW.total_seconds()
        return answer.is_success or (answer.status_code == _REFUSED and too_old)

    def close(self) -> None:
        """Stop taking and carrying."""
        self._door.shutdown()
        self._door.server_close()
        self._over = True
        for thread in self._threads:
            thread.join()


@dataclass
class Stage:
    """Everything that runs during a play."""

    vendor: MortalVendor
    post: Post
    site: site.Site
    truth: Truth


@contextlib.contextmanager
def staged(folder: Path, outbox: Outbox, chance: random.Random) -> Iterator[Stage]:
    """Run vendor, post, web and worker for a `with` block."""
    post = Post(random.Random(chance.random()))
    try:
        vendor = MortalVendor(folder, webhooks_to=post.url)
        try:
            with site.running(outbox, worker=HANDS) as there:
                yield Stage(vendor, post, there, vendor.truth())
        finally:
            vendor.close()
    finally:
        post.close()
