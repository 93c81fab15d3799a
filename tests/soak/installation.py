"""A whole installation as a customer runs it: `raincheck serve` with a home, a database and a port of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connection, connections

from raincheck.runtime import postgres_cluster
from raincheck.runtime.home import Home
from raincheck.runtime.leash import leashed
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.postgres_place import database_folder
from raincheck.runtime.postgres_roles import APP, HOST, password
from tests import commands
from tests.simulators import LOOPBACK, Outbox, free_port

START_LIMIT = 120.0


@dataclass
class Installation:
    """The supervisor's process, and how to hit what it supervises."""

    home: Home
    outbox: Outbox
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where its web process answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it said."""
        return self.home.root / "serve.log"

    def start(self) -> None:
        """Start it, and wait until web, worker and database are there."""
        env = commands.bare_environment(
            RAINCHECK_HOME=str(self.home.root),
            RAINCHECK_SECRET_KEY=settings.SECRET_KEY,
            RAINCHECK_MASTER_KEY=os.environ["RAINCHECK_MASTER_KEY"],
            RAINCHECK_BASE_URL=self.url,
            RAINCHECK_SMTP_PORT=str(self.outbox.smtp_port),
            RAINCHECK_PRIVATE_NETWORKS="127.0.0.0/8",
            RAINCHECK_SMS_URL=self.outbox.url,
            RAINCHECK_SMS_KEY=self.outbox.key,
            RAINCHECK_LOG_LEVEL="WARNING",
            RAINCHECK_BACKUP_AT="off",
            # Its people have no second factor, and freeze positions for hours after they signed in.
            RAINCHECK_MFA_ROLES="",
            RAINCHECK_FRESH_MINUTES="10000",
        )
        argv = leashed(commands.argv("serve", "--port", str(self.port)), on_our_death=signal.SIGTERM)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await(lambda: httpx.get(f"{self.url}/healthz/ready/", **LOOPBACK).status_code == 200)

    def _await(self, condition) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if condition():
                    return
            assert self.process is not None
            assert self.process.poll() is None, f"it ended: {self.last_words()}"
            time.sleep(0.1)
        raise AssertionError(f"it did not get ready: {self.last_words()}")

    def kill(self, what: str) -> int:
        """Kill the database (or one `backend` of it), the web server or the worker, -9; return how many that were."""
        pids = {"postgres": self._postgres, "backend": self._backend}.get(
            what, lambda: self._children(what)
        )()
        killed = 0
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        return killed

    def _postgres(self) -> set[int]:
        """Return the postmaster and every backend: each is in a session of its own, and no signal reaches all."""
        return postgres_cluster._servers_in(database_folder(self.home) / "data")

    def _backend(self) -> set[int]:
        """Return one that serves somebody: at its death PostgreSQL drops everyone, and replays its log."""
        serving = [pid for pid in self._postgres() if f"{APP} " in _title(pid)]
        return set(serving[:1])

    def _children(self, what: str) -> set[int]:
        """Return a supervised process and its own children; none while it isn't running."""
        word = {"web": "granian", "worker": "worker"}[what]
        mine = _processes()
        top = {
            pid
            for pid, (parent, argv) in mine.items()
            if self.process is not None and parent == self.process.pid and word in argv
        }
        return top | {pid for pid, (parent, _) in mine.items() if parent in top}

    def last_words(self) -> str:
        """Return the end of what it said."""
        return self.log.read_bytes()[-3000:].decode("utf-8", "replace")

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
    except OSError:
        return ""


def _processes() -> dict[int, tuple[int, list[str]]]:
    """Return parent and argv of every process there is, by pid."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                argv = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                found[int(entry.name)] = (int(parent), argv)
    return found


@contextlib.contextmanager
def installed(outbox: Outbox) -> Iterator[Installation]:
    """Have an installation run for a `with` block, and have this process's models speak of its database."""
    folder = Path(tempfile.mkdtemp(prefix="raincheck-soak-"))
    folder.chmod(0o755)
    home = Home.open(folder / "home")
    installation = Installation(home, outbox)
    try:
        installation.start()
        with _looking_at(home):
            yield installation
    finally:
        installation.stop()
        Postgres(home).destroy()
        shutil.rmtree(folder)


@contextlib.contextmanager
def _looking_at(home: Home) -> Iterator[None]:
    """Point Django's connections, every thread's, at the database of this home."""
    shared = connections["default"].settings_dict
    before = {name: shared[name] for name in ("HOST", "PORT", "PASSWORD", "NAME", "USER")}
    port = (database_folder(home) / "port").read_text("ascii")
    there = {"HOST": HOST, "PORT": port, "PASSWORD": password(home, APP)}
    try:
        _look_at({**before, **there})
        yield
    finally:
        _look_at(before)


def _look_at(place: dict[str, str]) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict.update(place)
