"""A run killed anywhere is gone on with by the same command, and ends as if nothing had happened."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.queries import company_named
from raincheck.cancellations.models import Cancellation
from raincheck.core.crypto import DataKey
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.founding import Charter, found_company
from raincheck.migration.loading import quarantine
from raincheck.migration.loading.originals import open_original
from raincheck.migration.models import ImportedRow, ImportRun
from raincheck.worklist.models import Task
from tests import seeds
from tests.commands import CHECKOUT, bare_environment

HEAD = "姓名,手机号,邮箱,毕业院校,用人部门,应聘岗位,渠道,面试时间,面试状态,取消原因\n"
PART = 500
_IN_PARTS = (
    "import sys; from raincheck.cli import main; from raincheck.migration.files import source;"
    f"source.PART = {PART}; sys.exit(main())"
)


def row(n, people):
    person = n * 7919 % people
    state = "已取消" if n % 9 == 0 else ("已完成" if n % 3 else "未到场")
    why = ("时间冲突" if n % 2 else "身体不适") if n % 9 == 0 else ""
    day = f"{2021 + n % 4}-{1 + n % 12:02}-{1 + n % 28:02} {9 + n % 9:02}:{n * 5 % 60:02}"
    day = "待定" if n % 97 == 5 else day
    who = f"候选人{person},{13_000_000_000 + person},p{person}@example.com,示例大学{person % 30}"
    return f"{who},部门{person % 8},岗位{person % 8},渠道{person % 6},{day},{state},{why}\n"


def file_of(path, rows):
    people = max(1, rows * 7 // 10)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        file.writelines(row(n, people) for n in range(rows))
        # A copy of a row that an early part has.
        file.write(row(1, people))
    return path


def company():
    company_id = new_id()
    slug = f"move-{company_id.hex[-8:]}"
    with company_scope(company_id) as now:
        charter = Charter(slug=slug, name=slug, timezone="Asia/Shanghai")
        return found_company(company_id=company_id, charter=charter, now=now)


def argv(path, slug):
    command = ["import", str(path), "--company", slug, "--tz", "Asia/Shanghai", "--yes", "--json"]
    return [sys.executable, "-c", _IN_PARTS, *command]


def original(row):
    """Return what a row was read from; asked for row by row, it would take most of the test."""
    identity = row.interview.application.candidate.identity
    return open_original(row.id, DataKey.unwrap(identity.id, identity.data_key), row.original_sealed)


def plain_values(company_id):
    """Return the hash of every plain value that an import brought, whatever its ids and seals."""
    with company_scope(company_id):
        kinds = ("application__position__department", "application__candidate__identity")
        rows = ImportedRow.objects.order_by("number").select_related(
            "interview", *(f"interview__{kind}" for kind in kinds)
        )
        reasons = dict(
            Cancellation.objects.values_list("interview_id", "reason__code").filter(state="completed")
        )
        lines = []
        for one in rows:
            interview, application = one.interview, one.interview.application
            candidate, position = application.candidate, application.position
            times = [interview.starts_at.isoformat(), interview.ends_at.isoformat()]
            where = [position.title, position.department.name, application.source, application.state]
            who = [candidate.name, candidate.school, *vars(open_contacts(candidate.identity)).values()]
            what = [interview.kind, interview.state, reasons.get(interview.id), original(one)]
            lines.append([one.number, *times, *where, *who, *what])
        run = ImportRun.objects.get()
        waiting = [vars(r) | {"fault": r.fault.code} for r in quarantine.rejections(run)]
        figures = [run.state, run.rows_in, run.loaded, run.rejected, run.unchanged, run.counts]
        tasks = list(Task.objects.values_list("kind", "details__count"))
    told = json.dumps([lines, waiting, figures, tasks], default=str, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest(), figures


def kill_and_go_on(path, slug, settings, kills, dice):
    """Run it, kill it as often as told, each time after a while; then let it end."""
    environment = bare_environment(**settings) | {"PYTHONPATH": str(CHECKOUT)}
    for _ in range(kills):
        process = subprocess.Popen(
            argv(path, slug), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        begun = positions(slug)
        while process.poll() is None and positions(slug) == begun:
            time.sleep(0.01)
        time.sleep(dice.random() * 0.5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    return subprocess.run(argv(path, slug), env=environment, capture_output=True, text=True, check=False)


def positions(slug):
    with company_scope(company_named(slug).id):
        return list(ImportRun.objects.values_list("state", "position"))


def ends_the_same(tmp_path, settings, rows, kills):
    seed = seeds.draw()
    dice = random.Random(seed)
    path = file_of(tmp_path / "interviews.csv", rows)
    whole, broken = company(), company()
    done = kill_and_go_on(path, whole.slug, settings, 0, dice)
    assert done.returncode == 0, done.stdout + done.stderr
    gone_on = kill_and_go_on(path, broken.slug, settings, kills, dice)
    assert gone_on.returncode == 0, gone_on.stdout + gone_on.stderr
    seeds.say(f"{seed}: {rows} rows, killed {kills} times")
    (expected, figures), (found, again) = plain_values(whole.id), plain_values(broken.id)
    assert again == figures
    assert found == expected
    return figures


def test_a_run_killed_three_times_ends_as_one_that_was_not(tmp_path, run):
    figures = ends_the_same(tmp_path, run.settings, 5000, 3)
    assert figures[:5] == ["done", 5001, 4948, 52, 1]


def test_a_full_part_of_interviews_years_ahead_adds_up(tmp_path, run):
    """The sum of its starts in microseconds is more than eight bytes hold."""
    path, there = tmp_path / "ahead.csv", company()
    lines = (f"候选人{n},{13_000_000_000 + n},会计,2034-05-{1 + n % 28:02} 10:00\n" for n in range(4600))
    path.write_text("姓名,手机号,岗位,面试时间\n" + "".join(lines), "utf-8")
    environment = bare_environment(**run.settings) | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "raincheck.cli", *argv(path, there.slug)[3:]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["loaded"] == 4600


@pytest.mark.soak
def test_a_hundred_thousand_rows_killed_twenty_times_end_the_same(tmp_path, run):
    rows, kills = (20_000, 3) if os.environ.get("RAINCHECK_SOAK") == "short" else (100_000, 20)
    ends_the_same(tmp_path, run.settings, rows, kills)
