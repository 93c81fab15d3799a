"""The howto on adding a vendor, followed to the letter: its files, its commands, an interview cancelled."""

import os
import re
import shlex
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from raincheck.recruiting.actions import Booking, Times, schedule
from raincheck.recruiting.models import Application
from raincheck.vendors import adapters
from raincheck.vendors.adapters.plugins import plugins
from raincheck.vendors.models import VendorAccount, VendorCall
from tests import people, world
from tests.commands import CHECKOUT, bare_environment, settings_of
from tests.flows import saga
from tests.plugins import path_with
from tests.simulators import LOOPBACK, free_port

PAGE = (CHECKOUT / "docs" / "howto" / "add-a-vendor.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(shili-cloud/[\w./-]+)`:\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
INSTALL, AGAIN, SIMULATE, ACCOUNT, LOOK, CONTRACT = re.findall(
    r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
)
ADAPTER_LINES = 90


class Reader:
    """Somebody with the page before them: a folder, a shell, and Raincheck's environment in its path."""

    printed = ""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder, self.site, self.port = folder, folder / "site", free_port()
        self.exported: list[str] = []
        self.environment = bare_environment(
            **settings,
            # What is installed goes beside the environment of the tests, not into it, and comes from nowhere else.
            PIP_TARGET=str(self.site),
            PIP_NO_INDEX="1",
            PIP_DISABLE_PIP_VERSION_CHECK="1",
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            PYTHONPATH=path_with(self.site),
            PYTEST_ADDOPTS="-p no:cacheprovider",
        )
        for name, text in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")

    def type_in(self, commands: str, *, where: Path | None = None) -> str:
        """Type a block of the page; returns what was printed. What it exports stays for the blocks to come."""
        typed = "\n".join([*self.exported, commands]).replace("8850", str(self.port))
        self.exported += [line for line in commands.splitlines() if line.startswith("export ")]
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", typed],
            cwd=where or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def simulate(self) -> "subprocess.Popen[bytes]":
        """Type the command of the window beside; returns once the vendor answers."""
        command = shlex.split(SIMULATE.replace("8850", str(self.port)))
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment)
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", **LOOPBACK)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return process
        process.kill()
        raise AssertionError("the simulator doesn't answer")


@pytest.fixture(scope="module")
def reader(home, tmp_path_factory):
    settings = settings_of(home)
    reader = Reader(tmp_path_factory.mktemp("reader"), settings)
    reader.printed = reader.type_in(INSTALL)
    reader.type_in(AGAIN)
    return reader


@pytest.fixture
def here(db, vendor, outbox):
    return world.build("yunfan", "云帆科技（示例）", vendor=vendor)


@pytest.fixture
def simulated(reader):
    process = reader.simulate()
    yield process
    process.terminate()
    process.wait(10)


@pytest.fixture
def in_this_process(reader, monkeypatch):
    """Have the worker of the tests see what was installed, as one does that was started again."""
    monkeypatch.syspath_prepend(reader.site)
    plugins.cache_clear()
    yield
    plugins.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "shili_cloud"]:
        del sys.modules[name]


def test_the_adapter_is_short_installs_from_the_page_and_is_listed(reader):
    written = FILES["shili-cloud/shili_cloud/adapter.py"].splitlines()
    assert len([line for line in written if line]) <= ADAPTER_LINES
    mine = reader.printed.partition("shili_cloud\t示例面试云\n")[2]
    assert mine.startswith("  取消 / cancel: revoke\n  列表 / lists: 是 yes\n")
    assert "template 试卷编号 / the number of a paper" in mine


def test_from_the_account_to_a_cancelled_interview(here, reader, simulated, in_this_process, drain):
    printed = reader.type_in(ACCOUNT)
    assert "示例面试云: 连接正常 / it answered" in printed
    with here.scope() as now:
        account = VendorAccount.objects.get(company=here.company, adapter="shili_cloud")
        begins = now + timedelta(days=5)
        application = Application.objects.get(candidate=here.candidate)
        times = Times("slot", begins, begins + timedelta(minutes=40))
        booking = Booking(application.id, times, vendor_account_id=account.id)
        interview = schedule(booking=booking, actor=here.actor(), now=now)
    drain()
    interview = here.fresh(interview)
    assert interview.vendor_link == f"https://interviews.example.com/{interview.vendor_ref}"
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    saga.check_invariants(here)
    with here.scope():
        calls = list(VendorCall.objects.order_by("at", "id").values_list("operation", "outcome"))
    assert calls == [(verb, "ok") for verb in ("health", "invite", "read", "cancel", "read")]
    shown = reader.type_in(LOOK)
    for operation in ("invite\tok", "read\tok", "cancel\tok"):
        assert operation in shown
    assert "both sides agree" in shown
    assert "a-key-to-try-with" not in printed + shown


def test_the_console_offers_it_and_says_what_it_invites_to(here, in_this_process):
    console = people.staff_client(here.staff["hr_manager"])
    assert "示例面试云" in console.get("/console/vendors/new/").content.decode()
    form = console.get("/console/vendors/new/", {"adapter": "shili_cloud"}).content.decode()
    assert "试卷编号" in form


def test_the_contract_is_kept(reader):
    printed = reader.type_in(CONTRACT, where=CHECKOUT)
    [passed] = re.findall(r"^(\d+) passed, \d+ deselected", printed, re.MULTILINE)
    assert int(passed) > 20, "every part of it was applied"


def test_the_contract_finds_an_adapter_that_believes_a_handed_in_interview_cancelled(reader, tmp_path):
    """The contract of the page isn't kept by whatever is there."""
    source = reader.site / "shili_cloud" / "adapter.py"
    right = source.read_text(encoding="utf-8")
    wrong = right.replace(
        "None if answer.status == 404 else _read(answer)\n\n    def resch", "None\n\n    def resch"
    )
    assert wrong != right
    source.write_text(wrong, encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match="handed_in_shows_and_is_never_cancelled_silently"):
            reader.type_in(CONTRACT, where=CHECKOUT)
    finally:
        source.write_text(right, encoding="utf-8")


def test_it_is_no_part_of_the_product(reader):
    assert "shili_cloud" not in adapters.REGISTRY
    assert reader.site not in map(Path, sys.path)
