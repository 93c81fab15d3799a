"""An installation made of deploy/, for the stories about running one."""

import os
import subprocess
from urllib.parse import unquote, urlsplit

import pytest

from raincheck.runtime.postgres_place import client_programs
from raincheck.runtime.postgres_roles import database_url
from tests import deployed
from tests.deployed import DEPLOY, Installation
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
        "PATH": f"{client_programs()}:{os.environ['PATH']}",
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
