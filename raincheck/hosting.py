"""The product on one machine: its environment, its database, its processes as the supervisor starts them.

Imports no Django: all of this comes before the settings are read.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raincheck.installation import environment, is_embedded
from raincheck.runtime.home import Home, home_path
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.processes import Command
from raincheck.runtime.readiness import http_answers

#: Blocking threads a web process. Python runs one at a time, and more get into each other's way: with 16 a process
#: answered an eighth fewer requests than with 6. The connection pool has more, so that no request waits for one.
THREADS = 6
#: What may be under way or wait in a web process; more is left in the socket's backlog.
BACKPRESSURE = 64


class BadSetting(Exception):
    """A setting is missing or wrong; the message names it."""

    code = "bad_setting"


class PortTaken(Exception):
    """Somebody listens on a port we need. The message is for people, in both languages."""

    code = "port_taken"

    def __init__(self, host: str, port: int, flag: str) -> None:
        """`flag` is how another port is chosen."""
        super().__init__(
            f"端口 {host}:{port} 已被占用。请停止占用它的程序，或用 {flag} 换一个端口。\n"
            f"Port {host}:{port} is taken. Stop what runs there, or choose another with {flag}."
        )


def demo_home() -> Path:
    """Return RAINCHECK_HOME, else `.demo` in the checkout we stand in, else a room in the user's data folder."""
    project = Path("pyproject.toml")
    if os.environ.get("RAINCHECK_HOME", "").strip():
        return home_path()
    if project.is_file() and 'name = "raincheck"' in project.read_text("utf-8"):
        return Path(".demo").absolute()
    return home_path() / "demo"


def require_free_port(host: str, port: int, *, flag: str = "--port") -> None:
    """Raise PortTaken if anything answers there: granian would silently share the port with it."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((_reachable(host), port)) == 0:
            raise PortTaken(host, port, flag)


def adopt_environment(home: Home | None = None) -> None:
    """Complete the environment of an embedded installation; one that names its database is left alone.

    Children inherit it. Raises NoDatabase when the embedded database was never started.
    """
    if is_embedded(os.environ):
        os.environ.update(environment(home or Home.open()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raincheck.settings")


@contextmanager
def database(home: Home, *, own: bool = False) -> Iterator[Postgres | None]:
    """Have the database, and the environment that says where it is, for a `with` block.

    Yields the embedded one's supervisor; None where DATABASE_URL names a database of somebody else's.
    With `own`, one that another process runs is waited for, since it would end with that process.
    """
    if not is_embedded(os.environ):
        adopt_environment()
        yield None
        return
    postgres = Postgres(home)
    try:
        if own:
            postgres.start()
        else:
            postgres.ensure_running()
        adopt_environment(home)
        yield postgres
    finally:
        postgres.stop()


def web_argv(*, host: str, port: int, workers: int) -> list[str]:
    """Return the argv of the web server."""
    # Its only warning is that the threads outnumber the processors, which is what threads that wait are for.
    levels = {"DEBUG": "debug", "INFO": "info"}
    level = levels.get(os.environ.get("RAINCHECK_LOG_LEVEL", "INFO").upper(), "error")
    argv = [sys.executable, "-m", "granian", "raincheck.wsgi:application", "--interface", "wsgi", "--no-ws"]
    argv += ["--host", host, "--port", str(port), "--workers", str(workers), "--http", "1"]
    if workers > 1:
        # Else one that dies takes all the others along; where there is one, the supervisor starts it again.
        argv += ["--respawn-failed-workers"]
    argv += ["--blocking-threads", str(THREADS), "--backpressure", str(BACKPRESSURE)]
    return [*argv, "--workers-kill-timeout", "5", "--log-level", level]


def web(*, host: str, port: int, workers: int = 1) -> Command:
    """Return the web server for the supervisor; ready once it answers. Raises PortTaken."""
    require_free_port(host, port)
    ready = http_answers(f"http://{_reachable(host)}:{port}/healthz/")
    return Command("web", web_argv(host=host, port=port, workers=workers), ready=ready)


def worker() -> Command:
    """Return the worker for the supervisor."""
    return Command("worker", [sys.executable, "-m", "raincheck.cli", "worker"])


def _reachable(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 (compared with, not bound to)
