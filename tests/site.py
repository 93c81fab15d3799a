"""The product as it runs: web and worker as processes of their own, on the tests' database and peers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from raincheck.accounts.models import Company
from raincheck.accounts.sign_in import begin_session
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import Candidate
from raincheck.runtime.leash import leashed
from raincheck.web.people import candidate_cookie
from tests.simulators import LOOPBACK, Outbox

START_LIMIT = 60.0
KEPT_UP_EVERY = 0.2
_COMMANDS = ("web", "worker")


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """Processes that can be started and killed at will."""

    outbox: Outbox
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    worker: tuple[str, ...] = (sys.executable, "-m", "raincheck.cli", "worker")

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> None:
        """Start the web process and wait until it answers."""
        self._start("web")
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz/", **LOOPBACK).status_code == 200:
                    return
            assert self.processes["web"].poll() is None, "web ended before it answered"
            time.sleep(0.1)
        raise AssertionError("web never answered")

    def start_worker(self) -> None:
        """Start the worker process."""
        self._start("worker")

    def kill(self, name: str) -> None:
        """Kill a process and all its children, -9; harmless where it isn't running."""
        with self.lock:
            process = self.processes.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def keep_up(self) -> None:
        """Start again what was killed or has ended by itself."""
        for name in _COMMANDS:
            with self.lock:
                process = self.processes.get(name)
            if process is None or process.poll() is not None:
                self.kill(name)
                self._start(name)

    def stop(self) -> None:
        """Kill whatever runs."""
        for name in list(self.processes):
            self.kill(name)

    def _start(self, name: str) -> None:
        env = {
            **os.environ,
            "RAINCHECK_SMTP_PORT": str(self.outbox.smtp_port),
            "RAINCHECK_SMS_URL": self.outbox.url,
            "RAINCHECK_SMS_KEY": self.outbox.key,
            "RAINCHECK_BASE_URL": self.url,
            "RAINCHECK_DB_POOL": "20",
        }
        web = (sys.executable, "-m", "raincheck.cli", "web", "--port", str(self.port))
        process = subprocess.Popen(
            leashed(web if name == "web" else self.worker, on_our_death=signal.SIGTERM),
            env=env,
            process_group=0,
            stdin=subprocess.DEVNULL,
        )
        with self.lock:
            self.processes[name] = process


@contextlib.contextmanager
def running(outbox: Outbox, **parts: tuple[str, ...]) -> Iterator[Site]:
    """Run web and worker for a `with` block; `worker` is the argv of one of another kind."""
    site = Site(outbox, **parts)
    try:
        site.start_worker()
        site.start_web()
        yield site
    finally:
        site.stop()


@contextlib.contextmanager
def kept_up(site: Site) -> Iterator[None]:
    """Keep web and worker up for a `with` block: whoever is killed is started again within a moment."""
    over = threading.Event()

    def keep_up() -> None:
        while not over.wait(KEPT_UP_EVERY):
            site.keep_up()

    thread = threading.Thread(target=keep_up)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def candidate_cookies(company: Company, candidate: Candidate) -> dict[str, str]:
    """Begin a session for a candidate and return its cookie."""
    with company_scope(company.id) as now:
        return {candidate_cookie(company): begin_session(identity=candidate.identity, now=now).token}
