"""What several stories begin with: a shell of an installation, a file to import, a company that leaves."""

import json
import os
import subprocess
from urllib.parse import unquote, urlsplit

import pytest
from django.apps import apps

from raincheck import cli
from raincheck.installation import environment
from raincheck.runtime.postgres_place import client_programs
from raincheck.runtime.postgres_roles import database_url
from tests import deployed
from tests.commands import raincheck as command
from tests.commands import settings_of
from tests.deployed import DEPLOY, Installation
from tests.flows import exporting
from tests.flows.importing import COMPANY
from tests.people import PASSWORD
from tests.simulators import free_port


@pytest.fixture
def roles(superuser, home, tmp_path):
    """Make roles and database as the compose file's database does; return the addresses the environment files want."""
    words = {f"{role}_password": f"{role}-{'x9Kq2' * 5}" for role in ("owner", "app", "backup")}
    for name, word in words.items():
        (tmp_path / name).write_text(word, "utf-8")
    # Under names of the tests' own; all else is as it stands.
    statements = tmp_path / "roles.sql"
    statements.write_text(
        f"\\set prefix deployed\n\\set database deployed\n\\i {DEPLOY / 'roles.sql'}\n", "utf-8"
    )
    script = (DEPLOY / "compose" / "roles.sh").read_text("utf-8")
    script = script.replace("/run/secrets", str(tmp_path)).replace("/raincheck/roles.sql", str(statements))
    server = urlsplit(database_url("postgres", "postgres", home=home))
    env = {
        "PATH": f"{client_programs()[-1]}:{os.environ['PATH']}",
        "POSTGRES_USER": str(server.username),
        "PGHOST": str(server.hostname),
        "PGPORT": str(server.port),
        "PGPASSWORD": unquote(str(server.password)),
    }
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    address = database_url("postgres", "postgres", home=home).rpartition("@")[2].partition("/")[0]
    yield {
        setting: f"postgresql://deployed_{role}:{words[f'{role}_password']}@{address}/deployed"
        for setting, role in (
            ("DATABASE_URL", "app"), ("DATABASE_OWNER_URL", "owner"), ("DATABASE_BACKUP_URL", "backup")
        )
    }  # fmt: skip
    superuser.execute("DROP DATABASE deployed WITH (FORCE)")
    superuser.execute("DROP OWNED BY deployed_backup")
    superuser.execute("DROP ROLE deployed_backup, deployed_app, deployed_owner")


@pytest.fixture
def installation(roles, outbox, tmp_path):
    """Return a host set up as docs/howto/deploy.md says, nothing of it started."""
    files = deployed.filled_in(roles, home=tmp_path / "home", outbox=outbox)
    return Installation(free_port(), files)


@pytest.fixture
def run(db, home):
    """Return a function that runs one command in the tests' installation."""
    settings = settings_of(home)

    def type_it(*arguments, **more):
        return command(*arguments, **{**settings, **more})

    type_it.settings = settings
    return type_it


@pytest.fixture
def of_tests(home, outbox):
    """Return what an operator's shell would hold for the tests' own installation."""
    names = ("DATABASE_URL", "RAINCHECK_SECRET_KEY", "RAINCHECK_MASTER_KEY", "RAINCHECK_HOME")
    found = {name: value for name, value in environment(home).items() if name in names}
    return found | {
        "RAINCHECK_SMTP_PORT": str(outbox.smtp_port),
        "RAINCHECK_SMS_URL": outbox.url,
    }


@pytest.fixture
def brought(db, tmp_path, capsys):
    """Return a function that imports a text (or bytes) and returns what `--json` printed."""

    def bring(data, *more, way="--yes", company=COMPANY, tz="Asia/Kolkata", name="interviews.csv", status=0):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        capsys.readouterr()
        zone = ["--tz", tz] if tz else []
        arguments = ["import", str(path), "--company", company, *zone, way, "--json", *more]
        assert cli.main(arguments) == status or status is None
        said = json.loads(capsys.readouterr().out)
        if "rows_in" in said:
            assert said["rows_in"] == said["loaded"] + said["rejected"] + said["unchanged"]
        return said

    return bring


@pytest.fixture
def person(here):
    """Return a member of staff with a password, under their role."""

    def named(role="recruiter"):
        staff = here.staff[role]
        with here.scope():
            staff.set_password(PASSWORD)
            staff.save()
        return staff

    return named


@pytest.fixture
def leave(here, superuser):
    """Return a function that has the company leave this database without a trace."""

    def left():
        superuser.execute("SET session_replication_role = replica")
        for model in apps.get_models():
            owned = [f for f in model._meta.local_fields if f.name in {"company", "company_id"}]
            if owned and model._meta.managed:
                superuser.execute(
                    f'DELETE FROM "{model._meta.db_table}" WHERE company_id = %s', [here.company.id]
                )
        superuser.execute("DELETE FROM accounts_company WHERE id = %s", [here.company.id])
        superuser.execute("SET session_replication_role = DEFAULT")

    return left


@pytest.fixture
def imported(here, run, tmp_path):
    """Have the company import a list; return its path."""
    path = tmp_path / "list.csv"
    path.write_text(exporting.FILE)
    done = run(*exporting.import_of(here, path), timeout=600)
    assert done.returncode == 0, done.stderr
    return path
