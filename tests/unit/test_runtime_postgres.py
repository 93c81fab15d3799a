"""The embedded PostgreSQL, on the real thing: start, stop, crash, roles, doors."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from raincheck.runtime import postgres_cluster as cluster
from raincheck.runtime import postgres_place
from raincheck.runtime.home import Home
from raincheck.runtime.locks import Locked
from raincheck.runtime.postgres import KeyMissing, Postgres, running
from raincheck.runtime.postgres_place import PlaceProblem, database_folder
from raincheck.runtime.postgres_roles import NoDatabase, Role, database_url

PROJECT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
START_AND_HANG = """
import sys, time
from pathlib import Path
from raincheck.runtime.home import Home
from raincheck.runtime.postgres import Postgres
print(Postgres(Home.open(Path(sys.argv[1])), fast=True).start().pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a short path that every account can walk to, unlike pytest's own for root."""
    path = Path(tempfile.mkdtemp(prefix="rc-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    home = Home.open(folder / "home")
    yield home
    Postgres(home).destroy()


@pytest.fixture(scope="module")
def shared() -> Iterator[Home]:
    path = Path(tempfile.mkdtemp(prefix="rc-"))
    path.chmod(0o755)
    home = Home.open(path / "home")
    postgres = Postgres(home, fast=True)
    postgres.start()
    yield home
    postgres.destroy()
    shutil.rmtree(path)


def connect(home: Home, role: Role, dbname: str = "raincheck") -> psycopg.Connection:
    return psycopg.connect(database_url(role, dbname, home=home), autocommit=True)


def wait_until_gone(pid: int, within: float = 15) -> None:
    deadline = time.monotonic() + within
    while Path(f"/proc/{pid}").exists() or not _gone(pid):
        assert time.monotonic() < deadline, f"{pid} is still there"
        time.sleep(0.02)


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def starter_in_another_process(home: Home) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_HANG, str(home.root)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_what_was_committed_is_there_after_a_restart(home: Home) -> None:
    postgres = Postgres(home)
    first = postgres.start()
    with connect(home, "raincheck_owner") as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('取消')")
    postgres.stop()
    assert _gone(first.pid)
    assert not postgres.is_alive()
    began = time.monotonic()
    second = postgres.start()
    assert time.monotonic() - began < 5
    assert second.port == first.port
    with connect(home, "raincheck_owner") as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("取消",)]
    postgres.stop()


def test_the_database_is_utf8_sorts_by_code_point_and_checks_its_pages(shared: Home) -> None:
    with connect(shared, "raincheck_app") as connection:
        query = "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database"
        row = connection.execute(f"{query} WHERE datname = 'raincheck'").fetchone()
        assert row == ("UTF8", "b", "C.UTF-8")
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


def test_a_killed_server_is_revived_with_its_data(home: Home) -> None:
    postgres = Postgres(home)
    server = postgres.start()
    with connect(home, "raincheck_owner") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    assert postgres.revive() is None
    os.kill(server.pid, signal.SIGKILL)
    wait_until_reaped(postgres)
    revived = postgres.revive()
    assert revived is not None
    assert revived.pid != server.pid
    with connect(home, "raincheck_owner") as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
    postgres.stop()


def test_a_server_whose_every_process_is_killed_comes_back_where_it_was(home: Home) -> None:
    postgres = Postgres(home)
    server = postgres.start()
    with connect(home, "raincheck_owner") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    killed = kill_all(home)
    assert len(killed) > 3, "only the first of its processes was there"
    began = time.monotonic()
    revived = postgres.revive()
    assert revived is not None
    assert revived.port == server.port
    assert time.monotonic() - began < 30
    with connect(home, "raincheck_owner") as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
    postgres.stop()


def kill_all(home: Home) -> set[int]:
    """Kill postmaster and backends at once, so that their shared memory is lost and the log must be replayed."""
    pids = cluster._servers_in(database_folder(home) / "data")
    for pid in pids:
        # A backend whose client has left goes by itself.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        wait_until_dead(pid)
    return pids


def wait_until_dead(pid: int) -> None:
    """Wait until a process is gone, or a zombie that only its parent can lay to rest."""
    deadline = time.monotonic() + 15
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
            assert time.monotonic() < deadline, f"{pid} is still there"
            time.sleep(0.02)


def test_a_server_killed_again_on_its_way_up_is_started_again(home: Home) -> None:
    postgres = Postgres(home)
    first = postgres.start()
    pid_file = database_folder(home) / "data" / "postmaster.pid"
    kill_all(home)
    seen = {first.pid}

    def kill_the_next() -> None:
        deadline = time.monotonic() + 30
        while len(seen) == 1 and time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError, IndexError):
                seen.add(int(pid_file.read_text("utf-8").split("\n", 1)[0]))
        os.kill(max(seen - {first.pid}), signal.SIGKILL)

    killer = threading.Thread(target=kill_the_next)
    killer.start()
    revived = postgres.revive()
    killer.join()
    assert revived is not None
    assert revived.pid not in seen
    assert revived.port == first.port
    connect(home, "raincheck_app").close()
    postgres.stop()


def test_revived_it_waits_for_its_port_for_everyone_looks_there(home: Home) -> None:
    postgres = Postgres(home, fast=True)
    server = postgres.start()
    os.kill(server.pid, signal.SIGKILL)
    wait_until_reaped(postgres)
    squatter = socket.socket()
    squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    squatter.bind(("127.0.0.1", server.port))
    squatter.listen()
    threading.Timer(1.0, squatter.close).start()
    revived = postgres.revive()
    assert revived is not None
    assert revived.port == server.port
    postgres.stop()


def test_what_is_committed_is_on_the_disk_whatever_the_configuration_file_says(home: Home) -> None:
    with running(home):
        pass
    durable = ("fsync", "synchronous_commit", "full_page_writes")
    with (database_folder(home) / "data" / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{setting} = off\n" for setting in durable)
    with running(home), connect(home, "raincheck_app") as connection:
        for setting in durable:
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",), setting


def wait_until_reaped(postgres: Postgres) -> None:
    deadline = time.monotonic() + 10
    while postgres.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.1)


def test_the_server_goes_with_a_starter_killed_by_9_and_starts_again(home: Home) -> None:
    starter, pid = starter_in_another_process(home)
    starter.kill()
    starter.communicate()
    with running(home, fast=True) as server:
        assert server.pid != pid
        wait_until_gone(pid)


def test_server_and_starter_both_killed_by_9_do_not_block_the_next_start(home: Home) -> None:
    starter, pid = starter_in_another_process(home)
    os.kill(pid, signal.SIGKILL)
    starter.kill()
    starter.communicate()
    assert (database_folder(home) / "data" / "postmaster.pid").exists()
    with running(home, fast=True) as server:
        assert server.pid != pid


def test_a_pid_file_that_names_another_program_does_not_block_the_start(home: Home) -> None:
    with running(home, fast=True):
        pass
    data = database_folder(home) / "data"
    # A program of the account that the server runs as, since those are what PostgreSQL would respect.
    owner = data.stat()
    ids = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "600"], **ids) as other:  # type: ignore[call-overload]  # ids by keyword
        (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n1\n5432\n\n127.0.0.1\n")
        os.chown(data / "postmaster.pid", owner.st_uid, owner.st_gid)
        with running(home, fast=True) as server:
            assert server.pid != other.pid
        assert other.poll() is None
        other.kill()


def test_of_two_who_need_the_server_one_owns_it(home: Home) -> None:
    owner, guest = Postgres(home, fast=True), Postgres(home, fast=True)
    server, started = owner.ensure_running()
    again, started_again = guest.ensure_running()
    assert (started, started_again) == (True, False)
    assert again == server
    guest.stop()
    assert owner.is_alive()
    with pytest.raises(Locked):
        guest.start(wait=0.1)
    with pytest.raises(Locked):
        guest.destroy()
    owner.stop()
    assert guest.ensure_running()[1]
    guest.stop()


def test_starters_at_once_make_one_server(home: Home) -> None:
    rivals = [Postgres(home, fast=True) for _ in range(4)]
    answers: list[tuple[int, bool]] = []

    def ask(rival: Postgres) -> None:
        server, started = rival.ensure_running()
        answers.append((server.pid, started))
        # Stays until the end: the leash is tied to the thread that started the server.
        done.wait(60)

    done = threading.Event()
    threads = [threading.Thread(target=ask, args=[rival]) for rival in rivals]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    while len(answers) < len(rivals) and time.monotonic() < deadline:
        time.sleep(0.05)
    done.set()
    for thread in threads:
        thread.join()
    assert len({pid for pid, _ in answers}) == 1
    assert [started for _, started in answers].count(True) == 1
    for rival in rivals:
        rival.stop()


def test_a_wrong_password_is_refused_by_socket_and_by_port(shared: Home) -> None:
    url = database_url("raincheck_app", home=shared)
    wrong = re.sub(":[0-9a-f]{64}@", ":wrong@", url)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong, host=str(database_folder(shared) / "socket"))
    psycopg.connect(url, host=str(database_folder(shared) / "socket")).close()
    with connect(shared, "postgres") as connection:
        rules = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
    assert rules == [("scram-sha-256",)]
    assert all(verifier.startswith("SCRAM-SHA-256$") for (verifier,) in stored)


def test_the_server_listens_on_the_loopback_only(shared: Home) -> None:
    with connect(shared, "postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


@pytest.mark.parametrize("role", ["raincheck_owner", "raincheck_app"])
def test_neither_role_of_ours_is_above_the_rules(shared: Home, role: Role) -> None:
    with connect(shared, role) as connection:
        query = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s"
        assert connection.execute(query, [role]).fetchone() == (False, False, False)
        for forbidden in ("CREATE ROLE other", "ALTER ROLE raincheck_app BYPASSRLS", "SET ROLE postgres"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_the_run_time_role_owns_nothing_and_makes_nothing(shared: Home) -> None:
    with connect(shared, "raincheck_owner") as connection:
        connection.execute("CREATE TABLE theirs (id int)")
        connection.execute("CREATE DATABASE another")
        connection.execute("DROP DATABASE another")
    with connect(shared, "raincheck_app") as connection:
        for forbidden in (
            "CREATE TABLE mine (id int)",
            "SELECT * FROM theirs",
            "DROP TABLE theirs",
            "CREATE DATABASE mine",
            "CREATE SCHEMA mine",
            "SET ROLE raincheck_owner",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(forbidden)
        connection.execute("CREATE TEMPORARY TABLE staging (id int)")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(shared, "raincheck_app", "postgres")


def test_a_role_altered_by_hand_is_put_right_at_the_next_start(home: Home) -> None:
    with running(home, fast=True), connect(home, "postgres") as connection:
        connection.execute("ALTER ROLE raincheck_app SUPERUSER BYPASSRLS CREATEDB PASSWORD 'other'")
    with running(home, fast=True), connect(home, "raincheck_app") as connection:
        query = "SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = 'raincheck_app'"
        assert connection.execute(query).fetchone() == (False, False, False)


def test_what_people_typed_does_not_reach_the_log(shared: Home) -> None:
    with connect(shared, "raincheck_owner") as connection:
        connection.execute("CREATE TABLE people (phone text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('13800000000')")
        with pytest.raises(errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('13800000000')")
        with pytest.raises(errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES (%s)", ["13800000000"])
    said = (database_folder(shared) / "server.log").read_text()
    assert "duplicate key" in said
    assert "13800000000" not in said


def test_keys_are_0600_and_a_missing_one_is_named(home: Home) -> None:
    with running(home, fast=True):
        modes = {stat.S_IMODE(path.stat().st_mode) for path in home.keys.iterdir()}
    assert modes == {0o600}
    (home.keys / "database-postgres").unlink()
    with pytest.raises(KeyMissing, match="restore the keys"):
        Postgres(home).start()


def test_a_port_that_someone_took_is_replaced(home: Home) -> None:
    with running(home, fast=True) as server:
        port = server.port
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with running(home, fast=True) as server:
            assert server.port != port
            connect(home, "raincheck_app").close()


def test_before_the_first_start_there_is_no_address(home: Home) -> None:
    with pytest.raises(NoDatabase, match="no embedded database yet"):
        database_url("raincheck_app", home=home)
    assert not Postgres(home).is_alive()


def test_a_half_made_cluster_is_made_again(home: Home) -> None:
    (home.database / "data.new").mkdir()
    (home.database / "data.new" / "PG_VERSION").write_text("18\n")
    with running(home, fast=True):
        assert not (home.database / "data.new").exists()


def test_no_permission_outside_the_home_changes(folder: Path) -> None:
    outside = (folder, *folder.parents, Path(sys.prefix), Path(postgres_place.__file__).parent)
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in outside]
    home = Home.open(folder / "home")
    with running(home, fast=True):
        closed = {stat.S_IMODE(path.stat().st_mode) for path in (home.keys, home.run, home.files)}
    Postgres(home).destroy()
    assert closed == {0o700}
    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in outside] == before


@as_root
def test_root_runs_the_server_as_someone_else_inside_the_home(home: Home) -> None:
    with running(home, fast=True) as server:
        assert server.data_dir == home.database / "data"
        assert server.data_dir.stat().st_uid != 0
        assert Path(f"/proc/{server.pid}").stat().st_uid == server.data_dir.stat().st_uid
        # Nobody but root and that account gets even through the door.
        assert stat.S_IMODE(home.root.stat().st_mode) == 0o710


@as_root
def test_a_home_that_the_account_cannot_reach_gets_a_cluster_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed").mkdir(mode=0o700)
    (folder / "system").mkdir(mode=0o755)
    monkeypatch.setattr(postgres_place, "SYSTEM_PLACE", folder / "system")
    home = Home.open(folder / "closed" / "home")
    with running(home, fast=True) as server:
        assert server.data_dir.is_relative_to(folder / "system")
    with running(home, fast=True) as again:
        assert again.data_dir == server.data_dir
    assert stat.S_IMODE((folder / "closed").stat().st_mode) == 0o700
    shutil.rmtree(server.data_dir.parent)
    with pytest.raises(PlaceProblem, match="which is not there"):
        Postgres(home).start()
    Postgres(home).destroy()
    assert list((folder / "system").iterdir()) == []


@as_root
def test_binaries_that_the_account_cannot_reach_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder / "closed" / "site"
    site.mkdir(parents=True)
    (folder / "closed").chmod(0o700)
    spec = importlib.util.find_spec(postgres_place.PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    for name in (postgres_place.PACKAGE, f"{postgres_place.PACKAGE}.libs"):
        shutil.copytree(Path(spec.origin).parent.parent / name, site / name)
    subprocess.run(["chmod", "-R", "go-rwx", str(site)], check=True)
    spec.origin = str(site / postgres_place.PACKAGE / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    home = Home.open(folder / "home")
    for _ in range(2):
        with running(home, fast=True) as server:
            program = Path(f"/proc/{server.pid}/exe").readlink()
            assert program.is_relative_to(home.database)
    Postgres(home).destroy()
