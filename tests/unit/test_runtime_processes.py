"""The supervisor, with real processes: readiness, crashes, Ctrl-C, kill -9, a second start."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from raincheck.runtime import processes
from raincheck.runtime.home import Home
from raincheck.runtime.instance import AlreadyRunning, only_instance, running_instance
from raincheck.runtime.processes import Command, StartFailed, Supervisor
from raincheck.runtime.readiness import http_answers, port_answers

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = (sys.executable, "-c")
# A process with a child of its own, like a web server with its workers; both write down their pids.
PARENT = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""
STUBBORN = """
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""
RUN_IN_HOME = """
import sys
from pathlib import Path
from raincheck.runtime.home import Home
from raincheck.runtime.instance import AlreadyRunning, only_instance
from raincheck.runtime.processes import Command, Supervisor
home, pids, program = Home.open(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
try:
    with only_instance(home) as claim:
        command = Command("parent", (sys.executable, "-c", program, str(pids)), ready=pids.exists)
        claim.publish({"portal": "http://127.0.0.1:1/"})
        sys.exit(Supervisor([command], on_ready=lambda: print("up", flush=True)).run())
except AlreadyRunning as problem:
    sys.exit(str(problem))
"""


def is_there(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], object], within: float = 15) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def supervisor_process(home: Path, pids: Path, program: str = PARENT) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN_IN_HOME, str(home), str(pids), program],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def started(process: "subprocess.Popen[str]", pids: Path) -> list[int]:
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return [int(pid) for pid in pids.read_text().split()]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stop_soon() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Send this process a Ctrl-C once a condition holds, as a person would."""
    threads: list[threading.Thread] = []

    def begin(condition: Callable[[], object]) -> None:
        def wait_and_stop() -> None:
            try:
                eventually(condition)
            finally:
                os.kill(os.getpid(), signal.SIGINT)

        threads.append(threading.Thread(target=wait_and_stop))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()


def test_ctrl_c_stops_everything_in_reverse_order(
    said: list[str], stop_soon: Callable[[Callable[[], object]], None]
) -> None:
    program = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit("bye"))
print("您好")
time.sleep(600)
"""
    commands = [Command(name, (*PYTHON, program)) for name in ("web", "worker")]
    stop_soon(lambda: len(said) == 2)
    before = signal.getsignal(signal.SIGINT)
    assert Supervisor(commands, write=said.append).run() == 0
    assert sorted(said[:2]) == ["web    | 您好\n", "worker | 您好\n"]
    assert said[2:] == ["worker | bye\n", "web    | bye\n"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_that_ignores_the_request_is_killed_with_its_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "STOP_WITHIN", 0.5)
    pids = tmp_path / "pids"
    command = Command("stubborn", (*PYTHON, STUBBORN, str(pids)), ready=pids.exists)
    supervisor = Supervisor([command], on_ready=lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert supervisor.run() == 0
    assert not [pid for pid in pids.read_text().split() if is_there(int(pid))]


def test_a_crashed_process_is_started_again_after_a_pause(
    said: list[str], tmp_path: Path, stop_soon: Callable[[Callable[[], object]], None]
) -> None:
    program = """
import pathlib, sys, time
runs = pathlib.Path(sys.argv[1])
count = len(runs.read_text()) if runs.exists() else 0
runs.write_text("x" * (count + 1))
print("run", count)
time.sleep(600 if count == 2 else 0.3)
sys.exit(3)
"""
    began = time.monotonic()
    stop_soon(lambda: "worker | run 2\n" in said)
    command = Command("worker", (*PYTHON, program, str(tmp_path / "runs")))
    assert Supervisor([command], write=said.append).run() == 0
    assert said == ["worker | run 0\n", "worker | run 1\n", "worker | run 2\n"]
    assert time.monotonic() - began > 0.5 + 1.0


def test_a_crash_takes_its_own_children_along(
    tmp_path: Path, stop_soon: Callable[[Callable[[], object]], None]
) -> None:
    pids = tmp_path / "pids"
    first: list[int] = []

    def crash() -> None:
        first.extend(int(pid) for pid in pids.read_text().split())
        os.kill(first[0], signal.SIGKILL)

    stop_soon(lambda: first and str(first[0]) not in pids.read_text())
    command = Command("web", (*PYTHON, PARENT, str(pids)), ready=pids.exists)
    assert Supervisor([command], on_ready=crash).run() == 0
    assert not is_there(first[1])


def test_the_end_of_a_process_that_must_not_end_ends_all(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    parent = Command("parent", (*PYTHON, PARENT, str(pids)), ready=pids.exists)
    brief = Command("brief", ("sleep", "0.5"), restart=False)
    assert Supervisor([brief, parent]).run() == 1
    assert not [pid for pid in pids.read_text().split() if is_there(int(pid))]


def test_a_failed_start_says_what_the_process_said(said: list[str]) -> None:
    program = "import time, sys; print('port 8000 is taken'); sys.exit(4)"
    with pytest.raises(StartFailed, match=r"(?s)web ended with status 4 .*\n  port 8000 is taken"):
        Supervisor([Command("web", (*PYTHON, program), ready=lambda: False)], write=said.append).run()


def test_a_program_that_is_not_there_is_named(said: list[str]) -> None:
    command = Command("web", ("/no/such/program",), ready=lambda: False)
    with pytest.raises(StartFailed, match="/no/such/program: No such file"):
        Supervisor([command], write=said.append).run()


def test_a_process_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    def never() -> bool:
        raise ConnectionRefusedError

    silent = Command("silent", (*PYTHON, PARENT, str(pids)), ready=never, ready_within=1.0)
    with pytest.raises(StartFailed, match="silent was not ready within 1 seconds"):
        Supervisor([silent]).run()
    assert not [pid for pid in pids.read_text().split() if is_there(int(pid))]


def test_the_death_of_another_child_is_tended_to_at_once(
    stop_soon: Callable[[Callable[[], object]], None],
) -> None:
    other: list[subprocess.Popen[bytes]] = []
    seen: list[int] = []

    def tend() -> None:
        if other and not seen and other[0].poll() is not None:
            seen.append(other[0].returncode)

    def begin() -> None:
        other.append(subprocess.Popen(["sleep", "600"]))
        other[0].kill()

    stop_soon(lambda: seen)
    assert Supervisor([Command("idle", ("sleep", "600"))], on_ready=begin, tend=tend).run() == 0
    assert seen == [-signal.SIGKILL]


def test_env_is_laid_over_ours_and_long_lines_survive(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAINCHECK_TEST_KEPT", "kept")
    program = """
import os
print(os.environ["RAINCHECK_TEST_KEPT"], os.environ["RAINCHECK_TEST_OURS"])
print("x" * 200_000, end="", flush=True)
"""
    command = Command("web", (*PYTHON, program), env={"RAINCHECK_TEST_OURS": "ours"}, restart=False)
    assert Supervisor([command], write=said.append).run() == 1
    assert said[0] == "web | kept ours\n"
    assert sum(line.count("x") for line in said) == 200_000


@pytest.mark.parametrize("program", [PARENT, STUBBORN])
def test_children_and_grandchildren_are_gone_after_a_kill_9(tmp_path: Path, program: str) -> None:
    pids = tmp_path / "pids"
    process = supervisor_process(tmp_path / "home", pids, program)
    family = started(process, pids)
    assert all(is_there(pid) for pid in family)
    process.kill()
    eventually(lambda: not any(is_there(pid) for pid in family))
    process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_stop_it_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    pids = tmp_path / "pids"
    process = supervisor_process(tmp_path / "home", pids)
    family = started(process, pids)
    process.send_signal(how)
    assert process.wait(15) == 0
    process.communicate()
    assert not any(is_there(pid) for pid in family)
    assert running_instance(Home(tmp_path / "home")) is None


def test_a_second_start_says_so_and_exits_with_1(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    process = supervisor_process(tmp_path / "home", pids)
    started(process, pids)
    second = supervisor_process(tmp_path / "home", tmp_path / "other")
    _, complaint = second.communicate(timeout=15)
    assert second.returncode == 1
    assert f"已在运行 (pid {process.pid})" in complaint
    assert f"already running (pid {process.pid})" in complaint
    assert "portal  http://127.0.0.1:1/" in complaint
    instance = running_instance(Home(tmp_path / "home"))
    assert instance is not None
    assert instance.addresses == {"portal": "http://127.0.0.1:1/"}
    process.terminate()
    process.communicate()


def test_after_a_kill_9_the_home_is_free(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")
    pids = tmp_path / "pids"
    process = supervisor_process(home.root, pids)
    started(process, pids)
    process.kill()
    process.communicate()
    assert running_instance(home) is None
    with only_instance(home), pytest.raises(AlreadyRunning), only_instance(home):
        pass


def test_ready_checks_answer_for_ports_and_pages() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_: object, **__: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert http_answers(f"http://127.0.0.1:{port}/healthz")()
        assert not http_answers(f"http://127.0.0.1:{port}/other")()
        assert port_answers("127.0.0.1", port)()
        server.shutdown()
        thread.join()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            port_answers("127.0.0.1", free.getsockname()[1])()
