"""The supervisor of the embedded PostgreSQL: start, readiness, liveness, stop.

Whoever starts the server holds a lock for as long as it runs, and the server is on a leash: when its
starter dies, by kill -9 too, it shuts down (Linux) or is ended by the next start (elsewhere).
Others use it meanwhile without owning it.
"""

import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from raincheck.runtime import postgres_cluster as cluster
from raincheck.runtime.home import Home, write_private
from raincheck.runtime.locks import FileLock, Locked
from raincheck.runtime.postgres_place import (
    Place,
    binaries,
    database_folder,
    forget_place,
    settle,
)
from raincheck.runtime.postgres_roles import (
    APP,
    HOST,
    NoDatabase,
    database_url,
    password,
    provision,
)

# Recovery after a crash replays what was not yet checkpointed, minutes at worst.
READY_WITHIN = 180.0
# In seconds, between attempts to bring back a server that dies on its way up.
REVIVAL_PAUSES = (0.2, 1.0, 5.0)
STOP_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
LARGEST_LOG = 10 * 1024 * 1024
LAST_WORDS = 2000

log = logging.getLogger(__name__)


class KeyMissing(Exception):
    """There is a database, but the key that opens it has gone."""

    code = "database_key_missing"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that accepts connections."""

    host: str
    port: int
    data_dir: Path
    pid: int


class Postgres:
    """The embedded PostgreSQL of one home, as this process sees it."""

    def __init__(self, home: Home, *, fast: bool = False) -> None:
        """Nothing happens yet. `fast` is for tests: no durability against the machine's own crash."""
        self.home = home
        self._fast = fast
        self._lock: FileLock | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: float = 60.0) -> Server:
        """Start the server and own it; one that another process owns is waited for up to `wait` seconds.

        Raises Locked, ClusterFailed, KeyMissing, PlaceProblem, NoAccount.
        """
        place = self._settled()
        if self._process is not None and self._process.poll() is None:
            return self._server(place)
        lock = self._lock or FileLock(place.folder / "lock")
        lock.acquire(wait=wait)
        self._lock = lock
        try:
            return self._start(place)
        except BaseException:  # Ctrl-C as well: a server that nobody owns would run on
            self.stop()
            raise

    def ensure_running(self, *, wait: float = 60.0) -> tuple[Server, bool]:
        """Return the running server and whether this call started it; then it is the caller's to stop.

        A server owned by another process ends when that process says so. Raises as `start` does.
        """
        deadline = time.monotonic() + wait
        while True:
            try:
                already = self._lock is not None
                return self.start(wait=0), not already
            except Locked:
                server = self._owned_by_another()
                if server is not None:
                    return server, False
                if time.monotonic() >= deadline:
                    raise
            time.sleep(0.1)

    def revive(self) -> Server | None:
        """Start our server again, where it was, if it died; None when there was nothing to do.

        One that dies again on its way up is started again, a few times. Raises as `start` does.
        """
        if self._process is None or self._process.poll() is None:
            return None
        place = self._settled()
        for pause in REVIVAL_PAUSES:
            try:
                return self._start(place, port=cluster.keep_port(place))
            except (cluster.ClusterFailed, psycopg.OperationalError) as error:
                log.warning("PostgreSQL didn't come up again: %s", error)
                self._end()
                time.sleep(pause)
        try:
            return self._start(place, port=cluster.keep_port(place))
        except BaseException:  # likewise
            self.stop()
            raise

    def is_alive(self) -> bool:
        """Say whether the server, whoever owns it, lets the run-time role in."""
        try:
            return accepts(self.home)
        except NoDatabase:
            return False

    def stop(self) -> None:
        """Stop the server if it is ours: fast shutdown, then harder. Harmless otherwise."""
        self._end()
        if self._lock is not None:
            _state(database_folder(self.home)).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for how, patience in STOP_STEPS:
            process.send_signal(how)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return

    def destroy(self) -> None:
        """Remove the database for good, wherever it lives. Raises Locked while another process runs it."""
        self.stop()
        folder = database_folder(self.home)
        if folder.exists():
            with FileLock(folder / "lock").held():
                cluster.clear_leftovers(Place(folder=folder, account=None))
                forget_place(self.home)

    def _settled(self) -> Place:
        # Two processes that begin at once must agree on the place.
        with FileLock(self.home.run / "place.lock").held(wait=120):
            return settle(self.home)

    def _start(self, place: Place, *, port: int | None = None) -> Server:
        _state(place.folder).unlink(missing_ok=True)
        cluster.clear_leftovers(place)
        programs = binaries(place)
        if not place.data.exists():
            secret = password(self.home, "postgres")
            cluster.create(place, programs=programs, superuser_password=secret, fast=self._fast)
        elif not (self.home.keys / "database-postgres").exists():
            msg = f"{place.data} is there, but its key in {self.home.keys} is not; restore the keys"
            raise KeyMissing(msg)
        port = port or cluster.choose_port(place)
        argv = cluster.server_argv(place, programs=programs, port=port, fast=self._fast)
        self._process = _spawn(argv, log=place.log)
        self._await_ready(place)
        provision(self.home)
        server = self._server(place)
        write_private(_state(place.folder), json.dumps(asdict(server), default=str))
        return server

    def _await_ready(self, place: Place) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while self._process is not None and self._process.poll() is None:
            if accepts(self.home, as_superuser=True):
                return
            if time.monotonic() >= deadline:
                break
            time.sleep(0.03)
        msg = f"PostgreSQL did not start. It said, in {place.log}:\n{_last_words(place.log)}"
        raise cluster.ClusterFailed(msg)

    def _server(self, place: Place) -> Server:
        pid = self._process.pid if self._process is not None else 0
        port = int((place.folder / "port").read_text("ascii"))
        return Server(host=HOST, port=port, data_dir=place.data, pid=pid)

    def _owned_by_another(self) -> Server | None:
        try:
            state = json.loads(_state(database_folder(self.home)).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        if not accepts(self.home):
            return None
        return Server(**{**state, "data_dir": Path(state["data_dir"])})


@contextmanager
def running(home: Home, *, fast: bool = False) -> Iterator[Server]:
    """Have a running server for a `with` block; stopped at its end only if this started it."""
    postgres = Postgres(home, fast=fast)
    try:
        yield postgres.ensure_running()[0]
    finally:
        postgres.stop()


def accepts(home: Home, *, as_superuser: bool = False) -> bool:
    """Say whether the server lets us in. A server that is up and refuses our password raises."""
    url = database_url("postgres", "postgres", home=home) if as_superuser else database_url(APP, home=home)
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise
        return False
    return True


def _spawn(argv: list[str], *, log: Path) -> subprocess.Popen[bytes]:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.rename(log.with_suffix(".log.1"))
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        return subprocess.Popen(
            argv,
            cwd="/",
            env=cluster.environment(),
            stdin=subprocess.DEVNULL,
            stdout=fd,
            stderr=fd,
            # Out of reach of the terminal's Ctrl-C: we decide when it stops.
            process_group=0,
        )
    finally:
        os.close(fd)


def _state(folder: Path) -> Path:
    return folder / "server.json"


def _last_words(log: Path) -> str:
    return log.read_bytes()[-LAST_WORDS:].decode("utf-8", "replace").strip()
