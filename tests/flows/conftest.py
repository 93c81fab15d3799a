"""An installation made of deploy/, for the stories about running one."""

import subprocess

import pytest

from raincheck.runtime.postgres_place import client_programs
from raincheck.runtime.postgres_roles import database_url
from tests import deployed
from tests.deployed import DEPLOY, Installation
from tests.simulators import free_port


@pytest.fixture
def roles(superuser, home):
    """Make roles and database by deploy/roles.sql; return the addresses that the environment files want."""
    names = {"prefix": "deployed", "database": "deployed"}
    words = {f"{role}_password": f"{role}-{'x9Kq2' * 5}" for role in ("owner", "app", "backup")}
    argv = [
        str(client_programs() / "psql"),
        database_url("postgres", "postgres", home=home),
        "--no-psqlrc",
        "--quiet",
    ]
    for name, value in {**names, **words}.items():
        argv += ["-v", f"{name}={value}"]
    done = subprocess.run(
        [*argv, "-f", str(DEPLOY / "roles.sql")], capture_output=True, text=True, check=False
    )
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
