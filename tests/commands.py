"""Run `raincheck …` as a process of its own, in an environment that knows nothing of the tests' database.

To import what the console script imports is half of a short command's work, and the tests type some two hundred.
So each is forked from a process that has imported it already. `argv` starts one with a Python of its own.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from raincheck import cli
from raincheck.installation import environment
from raincheck.runtime.home import Home

CHECKOUT = Path(__file__).parents[1]
_KNOWN_TO_A_SHELL = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "RAINCHECK_SECRET_KEY",
    "RAINCHECK_MASTER_KEY",
    "RAINCHECK_HOME",
)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.preloaded"])


def bare_environment(**settings: str) -> dict[str, str]:
    """Return our environment without any of our settings, and with these."""
    ours = ("RAINCHECK_", "DATABASE_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if "RAINCHECK_MASTER_KEY" in settings and "RAINCHECK_AUDIT_KEY" in os.environ:
        settings = {"RAINCHECK_AUDIT_KEY": os.environ["RAINCHECK_AUDIT_KEY"], **settings}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **settings}


def settings_of(home: Home) -> dict[str, str]:
    """Return what a shell of this installation has to know."""
    return {name: value for name, value in environment(home).items() if name in _KNOWN_TO_A_SHELL}


def argv(*arguments: str) -> list[str]:
    """Return what starts one command with this very Python."""
    return [sys.executable, "-m", "raincheck.cli", *arguments]


def raincheck(
    *arguments: str, timeout: float = 60, given: bytes = b"", **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end, away from the checkout, and return what it said; `given` is its standard input."""
    with tempfile.TemporaryDirectory(prefix="raincheck-command-") as folder:
        said = [Path(folder) / name for name in ("stdout", "stderr")]
        asked = Path(folder) / "stdin"
        asked.write_bytes(given)
        streams = (asked, *said)
        process = _forks.Process(target=_command, args=(arguments, bare_environment(**settings), streams))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["raincheck", *arguments], timeout)
        out, err = (file.read_text("utf-8") for file in said)
        status = process.exitcode
        process.close()
        return subprocess.CompletedProcess(["raincheck", *arguments], status, out, err)


def _command(arguments: tuple[str, ...], environment: dict[str, str], streams: tuple[Path, ...]) -> None:
    """Be the command, in a process that is nothing else."""
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = environment["PYTHONPATH"].split(os.pathsep)
    for number, file in enumerate(streams):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY), number)
    # A process of Python's multiprocessing reads nothing else.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (for as long as the process lives)
    os.chdir("/")
    sys.argv = ["raincheck", *arguments]
    try:
        status = cli.main(arguments)
    finally:
        # A process of Python's multiprocessing ends without.
        atexit._run_exitfuncs()
    sys.exit(status)
