"""The console script, as an operator types it: real processes, an embedded installation of its own."""

import base64
import gettext
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from raincheck import upkeep
from raincheck.core.translations import compile_translations
from raincheck.hosting import BadSetting
from raincheck.runtime.home import Home
from raincheck.runtime.postgres import Postgres, running
from raincheck.runtime.postgres_place import client_programs
from raincheck.runtime.postgres_roles import database_url
from tests.commands import argv, bare_environment, raincheck


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a home of its own, removed with its database afterwards."""
    home = tmp_path_factory.mktemp("cli") / "home"
    yield home
    Postgres(Home.open(home)).destroy()


def settings(**changes: str) -> dict[str, str]:
    """Return the settings of an installation that names its own database."""
    right = {
        "DATABASE_URL": "postgresql://app:a@127.0.0.1:1/raincheck",
        "RAINCHECK_SECRET_KEY": "secret",
        "RAINCHECK_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    return {name: value for name, value in {**right, **changes}.items() if value}


def test_help_names_every_command():
    done = raincheck("--help")
    assert done.returncode == 0
    for command in (
        "migrate",
        "web",
        "worker",
        "serve",
        "demo",
        "walkthrough",
        "check",
        "doctor",
        "company",
        "staff",
        "vendor",
        "audit",
        "import",
    ):
        assert command in done.stdout


def test_an_unknown_command_is_refused_with_status_2():
    assert raincheck("rain").returncode == 2


def test_a_reader_that_has_seen_enough_ends_a_command_without_a_traceback():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(argv("secrets"), env=bare_environment(), **pipes) as command:
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 128 + signal.SIGPIPE


def test_an_embedded_installation_migrates_once_and_then_has_nothing_to_do(installation):
    first = raincheck("migrate", RAINCHECK_HOME=str(installation))
    assert (first.returncode, first.stderr) == (0, "")
    assert "Migrated" in first.stdout
    again = raincheck("migrate", RAINCHECK_HOME=str(installation))
    assert (again.returncode, again.stderr) == (0, "")
    assert "Nothing to migrate" in again.stdout
    check = raincheck("check", RAINCHECK_HOME=str(installation))
    assert (check.returncode, check.stderr) == (0, "")


@pytest.fixture
def empty_database(superuser, home) -> Iterator[dict[str, str]]:
    """Make a database beside the tests' own, and return the settings that name it."""
    name = "raincheck_empty"
    superuser.execute(f"CREATE DATABASE {name} OWNER raincheck_owner")
    superuser.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO raincheck_app")
    urls = {
        "DATABASE_URL": database_url("raincheck_app", name, home=home),
        "DATABASE_OWNER_URL": database_url("raincheck_owner", name, home=home),
    }
    yield settings(**urls)
    superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_of_hosts_that_migrate_at_once_one_does_it_and_the_others_wait(empty_database):
    with ThreadPoolExecutor(3) as hosts:
        done = list(hosts.map(lambda _: raincheck("migrate", **empty_database), range(3)))
    assert [host.returncode for host in done] == [0, 0, 0], [host.stderr[-500:] for host in done]
    said = sorted(host.stdout.partition(" / ")[2].strip() for host in done)
    assert said == ["Migrated.", "Nothing to migrate.", "Nothing to migrate."]


def test_an_empty_database_gets_the_tables_that_django_makes_of_it_step_by_step(
    empty_database, home, migrated
):
    # It makes classes by the thousand, which hold each other: to look for garbage takes a quarter of the time.
    without_looks = "import gc, runpy; gc.disable(); runpy.run_module('django', run_name='__main__')"
    how = ("migrate", "--database", "owner", "--verbosity", "0", "--skip-checks")
    by_django = [sys.executable, "-c", without_looks, *how]
    env = bare_environment(**empty_database, DJANGO_SETTINGS_MODULE="raincheck.settings")
    subprocess.run(by_django, env=env, cwd="/", check=True)
    theirs = schema(empty_database["DATABASE_OWNER_URL"])
    assert theirs.count("CREATE TABLE") > 80
    assert theirs == schema(database_url("raincheck_owner", home=home))


def schema(url):
    """Return all there is in a database but rows, as SQL."""
    program = str(client_programs()[-1] / "pg_dump")
    done = subprocess.run([program, "--schema-only", url], capture_output=True, text=True, check=True)
    # `\restrict` and its end hold a word that is new each time.
    return "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith("\\"))


def test_a_server_older_than_what_is_tested_is_refused_before_anything_is_made(db, monkeypatch):
    upkeep.require_server(connection)
    monkeypatch.setattr(upkeep, "OLDEST_SERVER", 99)
    monkeypatch.setattr(upkeep, "_behind", lambda _: True)
    with pytest.raises(BadSetting, match="99 or later is needed"):
        upkeep.bring_up_to_date()


def test_an_embedded_installation_that_was_never_started_says_so(tmp_path):
    done = raincheck("check", RAINCHECK_HOME=str(tmp_path / "home"))
    assert done.returncode == 2
    assert "no embedded database" in done.stderr
    assert "Traceback" not in done.stderr


INTERVIEWS = "name,position,date\nPerson 1,Routine,13.02.2027\nPerson 2,Routine,14.02.2027\n"


def test_an_import_starts_the_database_of_an_empty_machine_and_stops_it(tmp_path):
    home, file = tmp_path / "home", tmp_path / "interviews.csv"
    file.write_text(INTERVIEWS)
    arguments = ("import", str(file), "--company", "Example", "--tz", "Asia/Shanghai", "--json")
    try:
        for way, figures in (("--dry-run", (2, 0)), ("--yes", (2, 0)), ("--yes", (0, 2))):
            done = raincheck(*arguments, way, RAINCHECK_HOME=str(home))
            assert (done.returncode, done.stderr) == (0, "")
            said = json.loads(done.stdout)
            assert (said["loaded"], said["unchanged"]) == figures
        assert not Postgres(Home.open(home)).is_alive()
    finally:
        Postgres(Home.open(home)).destroy()


def test_an_import_that_is_killed_in_the_middle_leaves_nothing(installation, tmp_path):
    raincheck("migrate", RAINCHECK_HOME=str(installation))
    file = tmp_path / "interviews.csv"
    rows = "".join(f"Person {n},Routine,13.02.2027\n" for n in range(60_000))
    file.write_text(f"name,position,date\n{rows}")
    arguments = ("import", str(file), "--company", "Killed", "--tz", "UTC", "--yes")
    home = Home.open(installation)
    with running(home):
        environment = bare_environment(RAINCHECK_HOME=str(installation))
        with subprocess.Popen(argv(*arguments), cwd="/", env=environment, stderr=subprocess.PIPE) as process:
            wait_until_rows_are_written(home)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        file.write_text(INTERVIEWS)
        done = raincheck(*arguments, "--json", RAINCHECK_HOME=str(installation))
        assert json.loads(done.stdout)["loaded"] == 2
        with psycopg.connect(database_url("postgres", home=home)) as connection:
            count = (
                "SELECT count(*) FROM recruiting_interview i JOIN accounts_company c ON c.id = i.company_id"
            )
            assert connection.execute(f"{count} WHERE c.name = 'Killed'").fetchone() == (2,)


def wait_until_rows_are_written(home):
    """Wait until an open transaction has interviews in it that nobody else sees."""
    grown = "SELECT pg_relation_size('recruiting_interview') > 200000"
    with psycopg.connect(database_url("postgres", home=home), autocommit=True) as connection:
        for _ in range(300):
            if connection.execute(grown).fetchone() == (True,):
                assert connection.execute("SELECT count(*) FROM recruiting_interview").fetchone() == (0,)
                return
            time.sleep(0.1)
    pytest.fail("nothing was written")


def test_the_demo_keeps_out_of_the_home_of_a_real_installation(installation):
    raincheck("migrate", RAINCHECK_HOME=str(installation))
    done = raincheck("demo", RAINCHECK_HOME=str(installation))
    assert done.returncode == 2
    assert str(installation) in done.stderr


def test_a_demo_that_has_a_home_within_a_real_installations_leaves_that_alone(installation):
    # Where no home is named, the demo's is the folder `demo` in the installation's own.
    raincheck("migrate", RAINCHECK_HOME=str(installation))
    (installation / "demo").mkdir()
    try:
        done = raincheck("demo", "--forget", RAINCHECK_HOME=str(installation))
        assert (done.returncode, str(installation) in done.stderr) == (2, True)
        assert (installation / "keys" / "master").exists()
    finally:
        shutil.rmtree(installation / "demo", ignore_errors=True)


@pytest.mark.parametrize(
    "holds", ["keys/master", "files/imports/rejected.csv", "checkpoints/1.txt", "diary.txt"]
)
def test_the_demo_takes_no_folder_that_holds_anything_of_anybodys(tmp_path, holds):
    # An installation whose database is elsewhere has its keys and files there, and any folder can be named.
    file = tmp_path / holds
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("theirs")
    before = sorted(tmp_path.rglob("*"))
    for more in ((), ("--forget",)):
        done = raincheck("demo", *more, RAINCHECK_HOME=str(tmp_path))
        assert (done.returncode, str(tmp_path) in done.stderr) == (2, True)
    assert file.read_text() == "theirs"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_demo_that_never_began_is_forgotten_all_the_same(tmp_path):
    home = tmp_path / "never"
    assert raincheck("demo", "--forget", RAINCHECK_HOME=str(home)).returncode == 0
    assert not home.exists()


def test_right_settings_pass_the_check():
    done = raincheck("check", **settings())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAINCHECK_SECRET_KEY", ""),
        ("RAINCHECK_MASTER_KEY", ""),
        ("RAINCHECK_MASTER_KEY", base64.b64encode(b"short").decode()),
        ("RAINCHECK_AUDIT_KEY", "不是密钥"),
        ("DATABASE_URL", "mysql://root@127.0.0.1/raincheck"),
        ("RAINCHECK_SMTP_PORT", "twenty-five"),
        ("RAINCHECK_DEMO", "perhaps"),
    ],
)
def test_a_wrong_setting_is_named_at_boot(name, value):
    done = raincheck("check", **settings(**{name: value}))
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_with_a_wrong_setting_ends_instead_of_waiting():
    done = raincheck("worker", **settings(RAINCHECK_SECRET_KEY=""))
    assert done.returncode == 2
    assert "RAINCHECK_SECRET_KEY" in done.stderr


def test_a_taken_port_is_named_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = raincheck("web", "--port", str(port), **settings())
    assert done.returncode == 1
    assert str(port) in done.stderr


def test_without_a_running_demo_the_walkthrough_says_what_to_do(tmp_path):
    done = raincheck("walkthrough", "--json", RAINCHECK_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert "make demo" in done.stderr
    assert '"ok": false' in done.stdout


def test_translations_are_compiled_when_missing_or_older_and_only_then(tmp_path):
    source = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "面试"\nmsgstr "Interview"\n'
    )
    assert compile_translations(tmp_path) == [source.with_suffix(".mo")]
    assert compile_translations(tmp_path) == []
    os.utime(source, (2**31, 2**31))
    assert compile_translations(tmp_path) == [source.with_suffix(".mo")]
    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("面试") == "Interview"
    assert {path.name for path in source.parent.iterdir()} == {"django.po", "django.mo"}
