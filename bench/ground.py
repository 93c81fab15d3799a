"""The ground a measurement stands on: a database of its own as customers have it, and the product's processes.

Nothing is switched off for speed: fsync is on, both walls between companies stand, every process is a real one.
Only what is imported after `ground()` was entered may use Django, which reads its settings once.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from raincheck.installation import environment
from raincheck.runtime.home import Home
from raincheck.runtime.leash import leashed
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.postgres_roles import database_url
from tests.simulators import AiInterview, Outbox, free_port, start_ai_interview, start_outbox

READY_WITHIN = 60.0


@dataclass(frozen=True)
class Ground:
    """An empty, migrated database and the simulated outside world."""

    home: Home
    vendor: AiInterview
    outbox: Outbox

    @property
    def superuser_url(self) -> str:
        """Where no wall stands: for looking, and for what the product is measured against."""
        return database_url("postgres", home=self.home)


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Have it for a `with` block."""
    with tempfile.TemporaryDirectory(prefix="raincheck-bench-") as folder:
        home = Home.open(Path(folder) / "home")
        server = Postgres(home)
        server.start()
        try:
            with (
                start_ai_interview(Path(folder) / "vendor") as vendor,
                start_outbox(Path(folder) / "outbox") as outbox,
            ):
                _set_up(home, outbox)
                yield Ground(home, vendor, outbox)
        finally:
            server.destroy()


def _set_up(home: Home, outbox: Outbox) -> None:
    for name in [name for name in os.environ if name.startswith(("RAINCHECK_", "DATABASE_"))]:
        if name != "RAINCHECK_BENCH_ROWS":
            del os.environ[name]
    os.environ.update(environment(home), RAINCHECK_LOG_LEVEL="INFO")
    os.environ["RAINCHECK_PRIVATE_NETWORKS"] = "127.0.0.0/8"
    os.environ.update(
        RAINCHECK_SMTP_PORT=str(outbox.smtp_port),
        RAINCHECK_SMS_URL=outbox.url,
        RAINCHECK_SMS_KEY=outbox.key,
        RAINCHECK_BACKUP_AT="off",
        RAINCHECK_MFA_ROLES="",
        RAINCHECK_FRESH_MINUTES="10000",
    )
    import django  # noqa: PLC0415 (only now that the environment is whole)
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", database="owner", verbosity=0)


@dataclass(frozen=True)
class Served:
    """The web server: where it answers, and the process in front of those that do."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def web(*, workers: int) -> Iterator[Served]:
    """Run the web server as customers do and yield it."""
    port = free_port()
    with running("web", "--port", str(port), "--workers", str(workers)) as process:
        served = Served(port, process.pid)
        _await(f"{served.url}/healthz/")
        yield served


@contextlib.contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one `raincheck …` command for a `with` block."""
    argv = leashed([sys.executable, "-m", "raincheck.cli", *command], on_our_death=signal.SIGTERM)
    with tempfile.TemporaryFile() as log:
        # At the level customers run at, into a file as theirs.
        process = subprocess.Popen(argv, process_group=0, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, trust_env=False).is_success:
                return
        time.sleep(0.1)
    message = f"{url} never answered"
    raise RuntimeError(message)
