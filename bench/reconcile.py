"""A million interviews reconciled with a vendor that lists them, by the command an operator types."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg

from bench.company import found
from bench.ground import Ground
from bench.report import Figure
from bench.waiting import until
from tests.simulators import free_port
from tests.world import World

ROWS = int(os.environ.get("RAINCHECK_BENCH_ROWS", "1000000"))
#: One interview in so many was handed in there, which nobody heard of here.
ALTERED = ROWS // 100
GOAL_S, GOAL_MB = 60, 300


def run(ground: Ground) -> list[Figure]:
    """Measure one run that finds a hundred differences and mends them, and one that finds none."""
    here, port = found(ground), free_port()
    _fill(ground, here, port)
    vendor = subprocess.Popen(
        [sys.executable, "-m", "bench.listing_vendor", *map(str, (port, ROWS, ALTERED))]
    )
    try:
        until(lambda: _answers(port), seconds=20, what="the vendor")
        first, second = _reconcile(here), _reconcile(here)
    finally:
        vendor.kill()
        vendor.wait()
    return [
        Figure("reconcile_1m_s", first[0], "s", at_most=GOAL_S, detail=_detail(first[2])),
        Figure("reconcile_1m_again_s", second[0], "s", detail=_detail(second[2])),
        Figure("reconcile_1m_rss_mb", max(first[1], second[1]), "MB", at_most=GOAL_MB, detail=f"{ROWS} rows"),
    ]


def _fill(ground: Ground, here: World, port: int) -> None:
    here.put(here.account, base_url=f"http://127.0.0.1:{port}")
    interviews = Path(__file__).with_suffix(".sql").read_text("utf-8").replace(":rows", str(ROWS))
    with psycopg.connect(ground.superuser_url, autocommit=True) as superuser:
        superuser.execute(interviews.encode())
        superuser.execute("VACUUM ANALYZE")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _reconcile(here: World) -> tuple[float, float, str]:
    """Run the command; return seconds, from typing it to its end, the peak of its memory in MB, and what it said."""
    command = ["vendor", "reconcile", "--company", here.company.slug]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "raincheck.cli", *command], stdout=subprocess.PIPE, text=True
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 3}:
        raise RuntimeError(said)
    return seconds, usage.ru_maxrss / 1000, said


def _detail(said: str) -> str:
    lines = [line.strip() for line in said.splitlines()[1:]]
    return "; ".join(re.sub(r".* / ", "", line) for line in lines)
