"""A hundred thousand imported interviews, a third of them cancelled, taken back; and that taken back in turn."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.company import found
from bench.ground import Ground
from bench.report import Figure
from raincheck.migration.rollback.models import Batch
from raincheck.migration.rollback.undoing import Undone, roll_back
from tests.world import World

ROWS = int(os.environ.get("RAINCHECK_BENCH_ROWS", "100000"))
GOAL_S = 20


def run(ground: Ground) -> list[Figure]:
    """Measure the rollback of an import as people run it, and the rollback of that rollback."""
    here = found(ground)
    _import(here)
    with here.scope():
        imported = Batch.objects.get(kind="import")
    away, undone = _timed(here, imported)
    back, redone = _timed(here, undone.batch)
    rows = f"{ROWS} interviews, {undone.deleted} rows in all"
    return [
        Figure("rollback_100k_s", away, "s", at_most=GOAL_S, detail=rows),
        Figure("rollback_100k_undone_s", back, "s", detail=f"{redone.revived} rows made again"),
    ]


def _timed(here: World, batch: Batch) -> tuple[float, Undone]:
    actor = here.actor()
    began = time.monotonic()
    with here.scope() as now:
        undone = roll_back(batch_id=batch.id, actor=actor, now=now)
    return time.monotonic() - began, undone


def _import(here: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interviews.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("姓名,手机号,岗位,面试时间,状态\n")
            file.writelines(_row(n) for n in range(ROWS))
        argv = [sys.executable, "-m", "raincheck.cli", "import", str(path), "--company", here.company.slug]
        subprocess.run([*argv, "--tz", "Asia/Shanghai", "--yes"], check=True, stdout=subprocess.DEVNULL)


def _row(n: int) -> str:
    state = "已取消" if n % 3 == 0 else "待面试"
    return f"候选人{n},{13_000_000_000 + n},岗位{n % 50},2031-05-{1 + n % 28:02} {9 + n % 9:02}:00,{state}\n"
