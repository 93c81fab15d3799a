"""A million entries sealed, then verified by the command an operator types, held against a bare pass over them."""

import os
import re
import subprocess
import sys
import time
from hashlib import sha256

import psycopg

from bench.audit_history import fill
from bench.ground import Ground
from bench.report import Figure
from raincheck.audit.sealing import seal

#: Two entries a request.
ENTRIES = int(os.environ.get("RAINCHECK_BENCH_ROWS", "1000000"))
GOAL = 100_000
_BARE = "COPY (SELECT convert_to(canonical, 'UTF8') FROM audit_entry) TO STDOUT (FORMAT BINARY)"


def run(ground: Ground) -> list[Figure]:
    """Measure sealing in bulk, and one verification in a process kept to one core."""
    # All of one moment: what is older than the seal before its own counts as dated back, and the trail as unsound.
    fill(ground, ENTRIES // 2, apart="0 seconds")
    begun = time.perf_counter()
    while seal() is not None:
        pass
    sealing = time.perf_counter() - begun
    with psycopg.connect(ground.superuser_url, autocommit=True) as superuser:
        superuser.execute("VACUUM ANALYZE")
    bare = _bare(ground)
    count, took = _verified()
    detail = f"{count} entries, {took:.1f} s, start-up included; PostgreSQL on whichever core it likes"
    pass_over = f"a bare pass (COPY, SHA-256) on one core takes {bare:.1f} s"
    return [
        Figure("audit_verify_per_s", count / took, "entries/s", at_least=GOAL, detail=detail),
        Figure("audit_verify_ratio", bare / took, "of a bare pass", detail=pass_over),
        Figure("audit_seal_per_s", count / sealing, "entries/s", detail="in seals of 50,000"),
    ]


def _verified() -> tuple[int, float]:
    """Return how many entries the command verified, in how many seconds. Raises RuntimeError for any finding."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "raincheck.cli", "audit", "verify"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, _one_core()),
    )
    took = time.perf_counter() - begun
    verified = re.search(r"(\d+) entries, (\d+) sealed", done.stdout)
    if verified is None or done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[:2000])
    return int(verified[2]), took


def _bare(ground: Ground) -> float:
    """Return in how many seconds one core reads every text and hashes it: what no verification can do without."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _one_core())
    try:
        with psycopg.connect(ground.superuser_url) as superuser, superuser.cursor() as cursor:
            begun = time.perf_counter()
            with cursor.copy(_BARE) as copy:
                copy.set_types(["bytea"])
                for (text,) in copy.rows():
                    sha256(b"\0" + text).digest()
            return time.perf_counter() - begun
    finally:
        os.sched_setaffinity(0, every)


def _one_core() -> set[int]:
    return {min(os.sched_getaffinity(0))}
