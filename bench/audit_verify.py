"""A million entries sealed, then verified by the command an operator types."""

import os
import re
import subprocess
import sys
import time

import psycopg

from bench.audit_history import fill
from bench.ground import Ground
from bench.report import Figure
from raincheck.audit.sealing import seal

#: Two entries a request.
ENTRIES = int(os.environ.get("RAINCHECK_BENCH_ROWS", "1000000"))
GOAL = 100_000


def run(ground: Ground) -> list[Figure]:
    """Measure sealing in bulk, and one verification in a process kept to one core."""
    fill(ground, ENTRIES // 2)
    begun = time.perf_counter()
    while seal() is not None:
        pass
    sealing = time.perf_counter() - begun
    with psycopg.connect(ground.superuser_url, autocommit=True) as superuser:
        superuser.execute("VACUUM ANALYZE")
    one_core = {min(os.sched_getaffinity(0))}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "raincheck.cli", "audit", "verify"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, one_core),
    )
    took = time.perf_counter() - begun
    verified = re.search(r"(\d+) entries, (\d+) sealed", done.stdout)
    if verified is None:
        raise RuntimeError(done.stdout + done.stderr)
    count = int(verified[2])
    detail = f"{count} entries, {took:.1f} s, start-up included; PostgreSQL on whichever core it likes"
    return [
        Figure("audit_verify_per_s", count / took, "entries/s", at_least=GOAL, detail=detail),
        Figure("audit_seal_per_s", count / sealing, "entries/s", detail="in seals of 50,000"),
    ]
