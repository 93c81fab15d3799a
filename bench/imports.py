"""Years of interviews moved in from a file, by the command an operator types; and what PostgreSQL's COPY takes.

Seven people in ten rows, one interview in twenty cancelled: what an export of an older system looks like.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from bench.company import found
from bench.ground import Ground
from bench.report import Figure

ROWS = int(os.environ.get("RAINCHECK_BENCH_ROWS", "1000000"))
GOAL_PER_S, GOAL_RATIO, GOAL_MB = 10_000, 0.1, 500
PEOPLE = max(1, ROWS * 7 // 10)
#: What an import writes by the row, referred-to before referring.
TABLES = (
    "accounts_candidateidentity",
    "recruiting_candidate",
    "recruiting_application",
    "recruiting_interview",
    "migration_importedrow",
)
_HEAD = "姓名,手机号,邮箱,毕业院校,用人部门,应聘岗位,渠道,面试时间,面试状态,取消原因\n"


def run(ground: Ground) -> list[Figure]:
    """Measure an import from typing it to its report, its memory, and COPY of the same rows."""
    here = found(ground)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interviews.csv"
        write(path, ROWS)
        seconds, memory = _import(path, here.company.slug)
        copied = _copy(ground, Path(folder))
    rows = f"{ROWS} rows, {PEOPLE} people"
    speed = ROWS / seconds
    return [
        Figure("import_rows_per_s", speed, "rows/s", at_least=GOAL_PER_S, detail=rows),
        Figure(
            "import_ratio",
            copied / seconds,
            "of COPY",
            at_least=GOAL_RATIO,
            detail=f"{seconds:.0f} s : {copied:.0f} s",
        ),
        Figure("import_rss_mb", memory, "MB", at_most=GOAL_MB, detail=rows),
    ]


def write(path: Path, rows: int, *, cancelled: int = 20) -> None:
    """Write a file of so many interviews, one in `cancelled` called off."""
    people = max(1, rows * 7 // 10)
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        file.writelines(_row(n, n * 7919 % people, called_off=n % cancelled == 0) for n in range(rows))


def _row(n: int, person: int, *, called_off: bool) -> str:
    position = person % 50
    day = f"{2021 + n % 4}-{1 + n % 12:02}-{1 + n % 28:02} {9 + n % 9:02}:{n * 5 % 60:02}"
    state = "已取消" if called_off else ("已完成" if n % 3 else "未到场")
    why = ("时间冲突" if n % 2 else "身体不适") if called_off else ""
    who = f"候选人{person},{13_000_000_000 + person},p{person}@example.com,示例大学{person % 300}"
    return f"{who},部门{position % 8},岗位{position},渠道{person % 6},{day},{state},{why}\n"


def _import(path: Path, company: str) -> tuple[float, float]:
    """Return seconds and the peak of the command's memory in MB."""
    argv = [sys.executable, "-m", "raincheck.cli", "import", str(path), "--company", company]
    began = time.monotonic()
    process = subprocess.Popen([*argv, "--tz", "Asia/Shanghai", "--yes"], stdout=subprocess.PIPE, text=True)
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or f"{ROWS} rows = {ROWS} loaded" not in said:
        raise RuntimeError(said)
    return seconds, usage.ru_maxrss / 1000


def _copy(ground: Ground, folder: Path) -> float:
    """Take the rows out, empty the tables, and return how long COPY takes to put them back, keys and indexes on."""
    with psycopg.connect(ground.superuser_url, autocommit=True) as superuser, superuser.cursor() as cursor:
        for table in TABLES:
            with (
                (folder / table).open("wb") as file,
                cursor.copy(f"COPY {table} TO STDOUT (FORMAT BINARY)") as out,
            ):
                for piece in out:
                    file.write(piece)
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        began = time.monotonic()
        for table in TABLES:
            with (
                cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy,
                (folder / table).open("rb") as file,
            ):
                while piece := file.read(2**20):
                    copy.write(piece)
        return time.monotonic() - began
