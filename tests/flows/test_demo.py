"""The demo as somebody runs it: one command, a walkthrough over plain HTTP, Ctrl-C, nothing left behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from raincheck.audit.shelf import NEWEST
from raincheck.demo.companies import COMPANIES
from raincheck.runtime.home import Home
from raincheck.runtime.instance import running_instance
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.postgres_place import database_folder
from raincheck.runtime.postgres_roles import database_url
from tests.commands import argv, bare_environment, raincheck
from tests.simulators import free_port

READY_WITHIN = 60.0
GONE_WITHIN = 30.0
PORTS = ("--port", "--vendor-port", "--second-vendor-port", "--outbox-port", "--smtp-port")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return a home for a demo of its own, removed with its database afterwards."""
    yield tmp_path / "demo"
    Postgres(Home.open(tmp_path / "demo")).destroy()


@contextmanager
def started(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the demo of this home for a `with` block."""
    ports = [part for flag in PORTS for part in (flag, str(free_port()))]
    with (home.parent / "said.txt").open("wb") as said:
        running = subprocess.Popen(
            argv("demo", *ports),
            cwd="/",
            env=bare_environment(RAINCHECK_HOME=str(home)),
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        await_ready(running, home)
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGINT)
        running.wait(GONE_WITHIN)


def await_ready(running: "subprocess.Popen[bytes]", home: Path) -> None:
    """Wait until the demo publishes its addresses and has said, right after that, what they are for."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and running.poll() is None:
        instance = running_instance(Home(home)) if home.exists() else None
        if instance and instance.addresses and "raincheck-demo" in said(home):
            return
        time.sleep(0.1)
    pytest.fail(f"the demo isn't ready:\n{said(home)}")


def said(home: Path) -> str:
    """Return all that the demo said."""
    return (home.parent / "said.txt").read_text("utf-8")


def family(home: Path) -> set[str]:
    """Return the pids of all that runs for this home: what was told of it, and PostgreSQL, which is told little."""
    told = f"RAINCHECK_HOME={home}\0".encode()
    database = str(database_folder(Home(home)) / "data").encode()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        # It may end while we look.
        with suppress(OSError):
            ours = told in (process / "environ").read_bytes() + b"\0"
            if ours or database in (process / "cmdline").read_bytes():
                found.add(process.name)
    return found


def test_the_demo_runs_the_main_job_leaves_nothing_behind_and_goes_on_where_it_was(home):
    with started(home) as demo:
        told = said(home)
        for promised in ("/c/yunfan/", "/c/qingshan/", "/console/", "+86 138 0000 0001", "raincheck-demo"):
            assert promised in told
        assert_the_walkthrough_sees_everything(home)
        await_seal(home)
        assert_the_doctor_finds_it_well(home)
        assert_a_shell_beside_it_reaches_its_vendors(home)
        assert_a_second_demo_names_the_first(demo, home)
        assert len(family(home)) > len(PORTS)
        erase_the_first_candidate(home)
        # As Ctrl-C does: to everyone in the terminal's foreground group at once.
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(GONE_WITHIN) == 0, said(home)
        assert family(home) == set()
        assert "Traceback" not in said(home)
    with started(home):
        assert_nothing_was_dated_back(home)
        # The printed number is somebody's again.
        assert_the_walkthrough_sees_everything(home)


def assert_the_walkthrough_sees_everything(home):
    walked = raincheck("walkthrough", "--json", RAINCHECK_HOME=str(home))
    timeline = json.loads(walked.stdout)
    assert (walked.returncode, timeline["ok"]) == (0, True), walked.stdout + walked.stderr + said(home)
    names = [step["name"] for step in timeline["steps"]]
    assert {"asked", "vendor agreed", "moved", "completed", "page 已取消"} <= set(names)
    for channel in ("sms", "email", "in_app"):
        assert any(name.startswith("message cancelled.") and name.endswith(channel) for name in names)
    assert [step["seconds"] for step in timeline["steps"]] == sorted(s["seconds"] for s in timeline["steps"])


def erase_the_first_candidate(home):
    with psycopg.connect(database_url("postgres", home=Home(home))) as database:
        erased = database.execute(
            "UPDATE accounts_candidateidentity SET data_key = NULL, phone_sealed = NULL, phone_hash = NULL,"
            " email_sealed = NULL, email_hash = NULL WHERE id IN (SELECT identity_id FROM recruiting_candidate"
            " ORDER BY id LIMIT 1) RETURNING id"
        )
        assert erased.rowcount == 1


def assert_nothing_was_dated_back(home):
    with psycopg.connect(database_url("postgres", home=Home(home))) as database:
        [entries] = database.execute("SELECT count(*) FROM audit_entry").fetchone()
    await_seal(home, leaves=entries)
    verified = raincheck("audit", "verify", RAINCHECK_HOME=str(home))
    assert verified.returncode == 0, verified.stdout


def await_seal(home: Path, *, leaves: int = 1) -> None:
    """Wait until so much of the trail is sealed, as it is every few seconds: before that a house isn't well yet."""
    deadline = time.monotonic() + READY_WITHIN
    newest = home / "checkpoints" / NEWEST
    while not newest.exists() or int(newest.read_text("utf-8").splitlines()[1]) < leaves:
        assert time.monotonic() < deadline, said(home)
        time.sleep(0.1)


def assert_the_doctor_finds_it_well(home):
    examined = json.loads(raincheck("doctor", "--json", RAINCHECK_HOME=str(home)).stdout)
    wrong = [one for one in examined["checks"] if one["status"] == "fail" and one["check"] != "disk"]
    assert wrong == []
    assert {"mail", "sms", "workers"} <= {one["check"] for one in examined["checks"]}


def assert_a_shell_beside_it_reaches_its_vendors(home):
    # Told where the home is and nothing else, as the README has it.
    for company in COMPANIES:
        done = raincheck("vendor", "reconcile", "--company", company.slug, RAINCHECK_HOME=str(home))
        assert done.returncode in {0, 3}, done.stdout + done.stderr
        assert "RAINCHECK_PRIVATE_NETWORKS" not in done.stdout + done.stderr
    [account, *_] = raincheck(
        "vendor", "list", "--company", COMPANIES[0].slug, RAINCHECK_HOME=str(home)
    ).stdout.splitlines()
    test = ("vendor", "test", "--company", COMPANIES[0].slug, "--account", account.split("\t")[0])
    assert raincheck(*test, RAINCHECK_HOME=str(home)).returncode == 0
    addresses = running_instance(Home(home)).addresses
    shown = raincheck("vendor", "show", *test[2:], RAINCHECK_HOME=str(home)).stdout
    assert addresses["console"].replace("/console/", "/hooks/") in shown
    for channel, to in (("sms", "+8613800000001"), ("email", "somebody@example.com")):
        tested = ("channel", "test", "--channel", channel, "--to", to, "--company", COMPANIES[0].slug)
        sent = raincheck(*tested, RAINCHECK_HOME=str(home))
        assert sent.returncode == 0, sent.stdout + sent.stderr
    # What the shell says counts, here as everywhere.
    closed = raincheck(*test, RAINCHECK_HOME=str(home), RAINCHECK_PRIVATE_NETWORKS="10.1.0.0/16")
    assert (closed.returncode, "RAINCHECK_PRIVATE_NETWORKS" in closed.stderr) == (1, True)


def assert_a_second_demo_names_the_first(demo, home):
    second = raincheck("demo", RAINCHECK_HOME=str(home))
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert str(demo.pid) in second.stderr
