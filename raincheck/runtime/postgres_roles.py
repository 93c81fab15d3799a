"""The three database roles, their passwords and URLs.

`postgres` bootstraps and nothing else; `raincheck_owner` owns the database and migrates;
`raincheck_app` runs the product and owns nothing, so that row-level security binds it.
"""

from typing import Literal, LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from raincheck.runtime.home import Home
from raincheck.runtime.postgres_place import database_folder

Role = Literal["postgres", "raincheck_owner", "raincheck_app"]

HOST = "127.0.0.1"
DATABASE = "raincheck"
OWNER: Role = "raincheck_owner"
APP: Role = "raincheck_app"
# Spelled out, so that a role altered by hand is put right at the next start.
MAY_NOT: LiteralString = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"
ATTRIBUTES: dict[Role, LiteralString] = {OWNER: f"{MAY_NOT} CREATEDB", APP: f"{MAY_NOT} NOCREATEDB"}


class NoDatabase(Exception):
    """The embedded database of this home was never started, so it has no address yet."""

    code = "no_database"


def password(home: Home, role: Role) -> str:
    """Return the role's password, made at first use. In `keys/`, 0600."""
    return home.read_or_create_secret(f"database-{role}").hex()


def database_url(role: Role, dbname: str = DATABASE, *, home: Home) -> str:
    """Return the libpq URL of `dbname` as `role`. The server need not run. Raises NoDatabase."""
    try:
        port = int((database_folder(home) / "port").read_text("ascii"))
        secret = home.read_secret(f"database-{role}").hex()
    except FileNotFoundError as error:
        msg = f"{home.root} holds no embedded database yet; start it once, or set DATABASE_URL"
        raise NoDatabase(msg) from error
    return f"postgresql://{role}:{secret}@{HOST}:{port}/{quote(dbname, safe='')}"


def provision(home: Home) -> None:
    """Make the roles and the database what they must be, as often as you like. Needs a running server."""
    with psycopg.connect(database_url("postgres", "postgres", home=home), autocommit=True) as connection:
        for role, attributes in ATTRIBUTES.items():
            _put_role(connection, role=role, attributes=attributes, secret=password(home, role))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
        _grant(connection)
    with psycopg.connect(database_url("postgres", home=home), autocommit=True) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute("GRANT USAGE ON SCHEMA public TO raincheck_app")


def _put_role(connection: psycopg.Connection, *, role: Role, attributes: LiteralString, secret: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    # The verifier is computed here: the password itself never travels and can't be logged.
    verifier = connection.pgconn.encrypt_password(secret.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("{} ROLE {} WITH {} PASSWORD {}").format(
        sql.SQL("CREATE" if known is None else "ALTER"),
        sql.Identifier(role),
        sql.SQL(attributes),
        sql.Literal(verifier),
    )
    connection.execute(statement)


def _grant(connection: psycopg.Connection) -> None:
    connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE raincheck FROM PUBLIC")
    # TEMPORARY: COPY can't write under row-level security, so imports stage in a temporary table.
    connection.execute("GRANT CONNECT, TEMPORARY ON DATABASE raincheck TO raincheck_app")
    connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    # The owner creates test databases, which Django does from a connection to `postgres`.
    connection.execute("GRANT CONNECT ON DATABASE postgres TO raincheck_owner")
