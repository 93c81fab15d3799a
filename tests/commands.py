"""Run `raincheck …` as a process of its own, in an environment that knows nothing of the tests' database."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def bare_environment(**settings: str) -> dict[str, str]:
    """Return our environment without any of our settings, and with these."""
    ours = ("RAINCHECK_", "DATABASE_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if "RAINCHECK_MASTER_KEY" in settings and "RAINCHECK_AUDIT_KEY" in os.environ:
        settings = {"RAINCHECK_AUDIT_KEY": os.environ["RAINCHECK_AUDIT_KEY"], **settings}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **settings}


def argv(*arguments: str) -> list[str]:
    """Return what starts one command with this very Python."""
    return [sys.executable, "-m", "raincheck.cli", *arguments]


def raincheck(*arguments: str, timeout: float = 60, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end, away from the checkout, and return what it said."""
    return subprocess.run(
        argv(*arguments),
        cwd="/",
        env=bare_environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
