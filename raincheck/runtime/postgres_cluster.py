"""The cluster on disk: initdb, who may connect, settings, the port, what a dead server left behind."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from raincheck.runtime.account import give
from raincheck.runtime.home import sync_folder, write_private
from raincheck.runtime.leash import leashed
from raincheck.runtime.postgres_place import Place
from raincheck.runtime.postgres_roles import HOST

# A unix socket's path may have 107 bytes on Linux and 103 on macOS, its file name included.
LONGEST_SOCKET_FOLDER = 85
HBA = """\
# Written by raincheck at every start. Nobody is trusted, not even from this machine.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = {
    "listen_addresses": HOST,
    # What is committed is on the disk: said here, so that no postgresql.conf unsays it.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    # Fewer checkpoints while much is written, each of which has every page logged whole once more.
    "max_wal_size": "2GB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and the details of errors carry people's data; the log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
LEAST_BUFFERS, MOST_BUFFERS = 128, 512
PORT_FREE_WITHIN = 60.0
# Below those that Linux, macOS and the BSDs give to outgoing connections.
QUIET_PORTS = range(20_000, 32_000)
# For tests: survives kill -9 of any process, but not the machine's own crash.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ClusterFailed(Exception):
    """PostgreSQL said no; the message carries its last words."""

    code = "database_failed"


def environment() -> dict[str, str]:
    """Return what PostgreSQL's programs see of ours: no PG* variable, messages in English."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def create(place: Place, *, programs: Path, superuser_password: str, fast: bool) -> None:
    """Make the data directory, whole or not at all. Raises ClusterFailed."""
    unfinished = place.folder / "data.new"
    secret = place.folder / "password.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give(unfinished, place.account)
    write_private(secret, superuser_password)
    give(secret, place.account)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv = [str(programs / "initdb"), "-D", str(unfinished), "-U", "postgres", f"--pwfile={secret}", *locale]
    argv += ["--auth=scram-sha-256", "--no-instructions", *(["--no-sync"] if fast else [])]
    command = leashed(argv, on_our_death=signal.SIGKILL, account=place.account)
    try:
        done = subprocess.run(
            command, cwd="/", env=environment(), capture_output=True, text=True, check=False
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        msg = f"initdb failed ({done.returncode}): {done.stderr.strip() or done.stdout.strip()}"
        raise ClusterFailed(msg)
    unfinished.rename(place.data)
    sync_folder(place.folder)


def server_argv(place: Place, *, programs: Path, port: int, fast: bool) -> list[str]:
    """Return the argv that becomes the server, on the leash: it shuts down cleanly when we die."""
    hba = place.folder / "pg_hba.conf"
    write_private(hba, HBA)
    give(hba, place.account)
    socket_folder = str(place.socket) if len(os.fsencode(place.socket)) <= LONGEST_SOCKET_FOLDER else ""
    settings = {
        **SETTINGS,
        "shared_buffers": f"{_buffers()}MB",
        **(FAST if fast else {}),
        "port": str(port),
        "unix_socket_directories": socket_folder,
        "hba_file": str(hba),
    }
    argv = [str(programs / "postgres"), "-D", str(place.data)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    return leashed(argv, on_our_death=signal.SIGINT, account=place.account)


def _buffers() -> int:
    """Return MB for the pages of tables and indexes: a sixteenth of the machine's memory, within bounds.

    Keyed hashes land anywhere in their index: once it is larger than this, each row of an import costs a page read.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return min(max(machine // 16, LEAST_BUFFERS), MOST_BUFFERS)


def choose_port(place: Place) -> int:
    """Return the stored port, or a new one, stored, when there is none or someone else sits on it."""
    stored = place.folder / "port"
    if stored.exists():
        port = int(stored.read_text("ascii"))
        if _bound(port) is not None:
            return port
    port = _quiet_port()
    write_private(stored, str(port))
    return port


def _quiet_port() -> int:
    """Return a free port that no outgoing connection is given while the server is away."""
    for port in random.sample(QUIET_PORTS, 50):
        if _bound(port) is not None:
            return port
    return _bound(0) or 0


def keep_port(place: Place) -> int:
    """Return the stored port once it is free, for clients know it. Raises ClusterFailed if it stays taken.

    While no server held it, somebody's outgoing connection may have got that number for a moment.
    """
    port = int((place.folder / "port").read_text("ascii"))
    deadline = time.monotonic() + PORT_FREE_WITHIN
    while _bound(port) is None:
        if time.monotonic() >= deadline:
            msg = f"port {port}, on which everyone looks for the database, is taken by something else"
            raise ClusterFailed(msg)
        time.sleep(0.1)
    return port


def _bound(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def clear_leftovers(place: Place) -> None:
    """End what a starter that died left running in the data directory, and its stale lock files.

    To be called under the cluster's lock only, which proves that whoever started it is gone.
    Raises ClusterFailed when something can't be ended.
    """
    steps = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
    postmaster = _recorded_pid(place.data)
    for how, patience in steps:
        left = _servers_in(place.data)
        # Only the postmaster is asked to shut down; to its workers SIGINT means something else.
        for pid in left if how is not signal.SIGINT else left & {postmaster}:
            _signal(pid, how)
        if _gone(place.data, patience if left else 0):
            _remove_stale_locks(place, postmaster)
            return
    msg = f"processes {sorted(_servers_in(place.data))} still use {place.data} and can't be ended"
    raise ClusterFailed(msg)


def _remove_stale_locks(place: Place, postmaster: int) -> None:
    """Remove lock files whose number PostgreSQL would take for a living server's, and refuse to start."""
    if postmaster and _signal(postmaster, None):
        # Another program's by now, or a zombie that a container's first process never reaps.
        (place.data / "postmaster.pid").unlink(missing_ok=True)
    for stale in place.socket.glob(".s.PGSQL.*"):
        stale.unlink()


def _gone(data: Path, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while _servers_in(data):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def _signal(pid: int, how: signal.Signals | None) -> bool:
    """Signal a process (None: only look); say whether it is still there."""
    try:
        os.kill(pid, how or 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _servers_in(data: Path) -> set[int]:
    """Return the pids of PostgreSQL processes that work in `data`."""
    if Path("/proc/self/cwd").exists():
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return {pid for pid in pids if _works_in(pid, data)}
    recorded = _recorded_pid(data)
    if not recorded:
        return set()
    # Without /proc the postmaster alone can be seen; its workers follow it within a moment.
    argv = ["ps", "-p", str(recorded), "-o", "comm="]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    return {recorded} if Path(shown.strip()).name == "postgres" else set()


def _works_in(pid: int, data: Path) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        return (process / "comm").read_text().strip() == "postgres" and (process / "cwd").readlink() == data
    except OSError:
        return False


def _recorded_pid(data: Path) -> int:
    """Return the postmaster's pid from its pid file, 0 when there is none."""
    try:
        return int((data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0
