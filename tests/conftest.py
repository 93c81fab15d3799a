"""One embedded PostgreSQL and one pair of simulators for the whole run; every test finds them empty.

The database is real and migrated by its owner; the tests run as the unprivileged run-time role, so both
walls between companies stand in every one of them.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest
from django.conf import settings

from raincheck.core.first_migration import models_made_once
from raincheck.core.garbage import collecting_rarely, look_seldom, settle_down
from raincheck.core.translations import compile_translations
from raincheck.installation import environment
from raincheck.runtime.home import Home
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.postgres_roles import database_url

# A running worker has its row there, and would end without it.
_KEPT = {"django_migrations", "django_content_type", "auth_permission", "procrastinate_workers"}


def _boot() -> tuple[Any, Home, Postgres]:
    """Start the database and hand its address to the settings, before anything of Django is imported."""
    look_seldom()
    folder = tempfile.TemporaryDirectory(prefix="raincheck-tests-")
    home = Home.open(Path(folder.name) / "home")
    server = Postgres(home, fast=True)
    server.start()
    for name in [name for name in os.environ if name.startswith(("RAINCHECK_", "DATABASE_"))]:
        if name not in {"RAINCHECK_CHROMIUM", "RAINCHECK_CONTRACT", "RAINCHECK_SOAK", "RAINCHECK_SEED"}:
            del os.environ[name]
    os.environ.update(environment(home))
    os.environ.update(RAINCHECK_LOG_LEVEL="CRITICAL", RAINCHECK_DB_POOL="80")
    os.environ["RAINCHECK_PRIVATE_NETWORKS"] = "127.0.0.0/8"
    # The vendor of the tests lists what every test before left there.
    os.environ["RAINCHECK_RECONCILE_MINUTES"] = "0"
    os.environ["RAINCHECK_BACKUP_AT"] = "off"
    # The tests that are about it set it.
    os.environ["RAINCHECK_MFA_ROLES"] = ""
    os.environ["RAINCHECK_ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
    compile_translations()
    django.setup()
    settings.PASSWORD_HASHERS = ["tests.hasher.CheapArgon2"]
    return folder, home, server


_FOLDER, _HOME, _SERVER = _boot()

from tests import kept, people, seeds, simulators, world  # noqa: E402 (Django must be set up first)

#: The longest first: whoever runs tests side by side waits at the end for the file that began last.
_LONGEST_FIRST = ("soak", "flows", "browser", "db", "contract", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders in order of how long their files take."""
    here = Path(__file__).parent
    items.sort(key=lambda item: _LONGEST_FIRST.index(item.path.relative_to(here).parts[0]))


def pytest_collection_finish() -> None:
    """Leave what was imported out of every look for garbage, as web and worker do: it is hundreds of thousands."""
    settle_down()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was said here to the process that tells of the whole run, where tests run side by side."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["seeds"] = seeds.said


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker said; one that died has said nothing."""
    seeds.said.extend(getattr(node, "workeroutput", {}).get("seeds", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say every seed and what came of it, so that a run can be repeated whether it passed or not."""
    if seeds.said:
        terminalreporter.section("seeds")
        for line in seeds.said:
            terminalreporter.line(line)


def pytest_unconfigure() -> None:
    """Stop the database and leave nothing behind."""
    from django.db import connections

    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined] # the PostgreSQL backend has one
    _SERVER.destroy()
    _FOLDER.cleanup()


@pytest.fixture(scope="session")
def home() -> Home:
    """Return the RAINCHECK_HOME of this run."""
    return _HOME


@pytest.fixture(scope="session")
def superuser() -> Iterator["psycopg.Connection[Any]"]:
    """Yield a connection that no wall holds, for setting up and for looking behind the curtain."""
    with psycopg.connect(database_url("postgres", home=_HOME), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def migrated(superuser: "psycopg.Connection[Any]") -> list[str]:
    """Migrate once, as an empty database is; return the tables that are emptied before each test."""
    from django.core.management import call_command

    with collecting_rarely(), models_made_once():
        call_command("migrate", database="owner", verbosity=0)
    rows = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return sorted(name for (name,) in rows if name not in _KEPT)


@pytest.fixture
def db(migrated: list[str], superuser: "psycopg.Connection[Any]") -> None:
    """Empty every table, and whatever else a test may have left."""
    from django.core.cache import cache

    cache.clear()
    # A checkpoint of entries that are gone is just what the sealer refuses to go on from.
    shutil.rmtree(settings.RAINCHECK_CHECKPOINTS, ignore_errors=True)
    kept.empty(superuser, migrated)


@pytest.fixture(scope="session")
def vendor_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulators.AiInterview]:
    """Run the simulated AI interview system once."""
    with simulators.start_ai_interview(tmp_path_factory.mktemp("vendor")) as running:
        yield running


@pytest.fixture(scope="session")
def outbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulators.Outbox]:
    """Run the SMTP sink and SMS gateway once."""
    with simulators.start_outbox(tmp_path_factory.mktemp("outbox")) as running:
        settings.EMAIL_PORT = running.smtp_port
        settings.RAINCHECK_SMS_URL = running.url
        settings.RAINCHECK_SMS_KEY = running.key
        yield running


@pytest.fixture
def shelf_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have audit checkpoints put into a folder of this test's own, and return it."""
    monkeypatch.setattr(settings, "RAINCHECK_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path / "checkpoints"


@pytest.fixture
def vendor(vendor_process: simulators.AiInterview) -> Iterator[simulators.AiInterview]:
    """Return the vendor without faults: whoever switches one on has it switched off afterwards."""
    yield vendor_process
    vendor_process.mend()


@pytest.fixture
def outbox(outbox_process: simulators.Outbox) -> Iterator[simulators.Outbox]:
    """Return the outbox, empty and without faults."""
    outbox_process.clear()
    yield outbox_process
    outbox_process.mend()


@pytest.fixture
def here(db: None, vendor: simulators.AiInterview, outbox: simulators.Outbox) -> world.World:
    """Return a company with its people, a position and a vendor account."""
    return world.build(f"yunfan-{world.number()}", "云帆科技（示例）", vendor=vendor)


@pytest.fixture
def there(here: world.World, vendor: simulators.AiInterview) -> world.World:
    """Return a second company, across the wall."""
    return world.build(f"qingshan-{world.number()}", "青山制造（示例）", vendor=vendor)


@pytest.fixture
def company(here: world.World) -> Any:
    """Return the first company."""
    return here.company


@pytest.fixture
def other_company(there: world.World) -> Any:
    """Return the second company."""
    return there.company


@pytest.fixture
def candidate(here: world.World) -> Any:
    """Return the candidate most stories are about."""
    return here.candidate


@pytest.fixture
def interview(here: world.World) -> Any:
    """Return a scheduled slot in five days, invited at the vendor."""
    return here.book(hours=120)


@pytest.fixture
def soon(here: world.World) -> Any:
    """Return a scheduled slot in three hours, invited at the vendor."""
    return here.book(hours=3)


@pytest.fixture
def drain(db: None) -> Callable[[], None]:
    """Return a function that works off every job that is due, with the real worker."""
    return world.drain


@pytest.fixture
def signed_in(here: world.World) -> Any:
    """Return a browser signed in as the candidate."""
    return people.candidate_client(here.company, here.candidate)


@pytest.fixture
def hr(here: world.World) -> Any:
    """Return a browser signed in as HR manager."""
    return people.staff_client(here.staff["hr_manager"])


@pytest.fixture
def recruiter(here: world.World) -> Any:
    """Return a browser signed in as recruiter."""
    return people.staff_client(here.staff["recruiter"])


@pytest.fixture
def viewer(here: world.World) -> Any:
    """Return a browser signed in as a viewer of the position's department."""
    return people.staff_client(here.staff["department_viewer"])


@pytest.fixture
def other_hr(there: world.World) -> Any:
    """Return a browser signed in as HR manager of the second company."""
    return people.staff_client(there.staff["hr_manager"])


@pytest.fixture
def request_review(here: world.World, soon: Any) -> Callable[[], Any]:
    """Return a function that has the candidate ask to cancel `soon`, which needs a review."""
    return lambda: here.ask(soon)


@pytest.fixture
def give_up(superuser: "psycopg.Connection[Any]") -> Callable[[str], None]:
    """Return a function that has every waiting job of this name have failed for the last time."""

    def fail(name: str) -> None:
        superuser.execute(
            "UPDATE procrastinate_jobs SET status = 'failed', attempts = 12"
            " WHERE task_name = %s AND status = 'todo'",
            [name],
        )

    return fail
