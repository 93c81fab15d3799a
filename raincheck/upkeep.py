"""Before anything is served: the database brought up to date, and this process's own connections let go."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from time import sleep

import structlog
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from raincheck.core.first_migration import models_made_once
from raincheck.core.garbage import collecting_rarely
from raincheck.core.translations import compile_translations
from raincheck.hosting import BadSetting

log = structlog.get_logger(__name__)
#: Who holds it migrates; of hosts that start together the others wait, and then find nothing to do.
_TURN = 7_246_322
#: PostgreSQL's major version; what an older one lacks shows first when a backup is to be proven.
OLDEST_SERVER = 16
#: Seconds between two looks whether the other is through.
ASKED_EVERY = 0.2


def bring_up_to_date() -> bool:
    """Migrate if there is anything to migrate; say whether there was. Raises BadSetting."""
    _words()
    alias = "owner" if "owner" in settings.DATABASES else "default"
    if not _behind(connections[alias]):
        return False
    require_server(connections[alias])
    if alias != "owner":
        msg = "DATABASE_OWNER_URL is not set, and there are migrations that only the owner may run"
        raise BadSetting(msg)
    with _our_turn(connections[alias]) as connection:
        if not _behind(connection):
            return False
        is_empty = not MigrationRecorder(connection).applied_migrations()
        with collecting_rarely(), models_made_once() if is_empty else nullcontext():
            call_command("migrate", database="owner", interactive=False, verbosity=0)
    _keep_hash_key()
    return True


def _keep_hash_key() -> None:
    """Keep the key of hashes before a second master key can come; with keys that open nothing it is left alone."""
    rekeying = import_module("raincheck.rekeying")
    try:
        rekeying.keep_hash_key()
    except rekeying.KeyMissing:
        log.error("none of the master keys opens what is here: put the right one into the settings")  # noqa: TRY400 (it says all)


def _words() -> None:
    """Compile translations that are older than their source; a service, which may not write there, has the old."""
    try:
        compile_translations()
    except OSError as error:
        log.warning("translations are out of date: make .venv/.installed", why=str(error))


def require_server(connection: BaseDatabaseWrapper) -> None:
    """Raise BadSetting where the server is older than what is tested."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000"
        )
        version, major = cursor.fetchone()
    if major < OLDEST_SERVER:
        msg = f"DATABASE_URL leads to PostgreSQL {version}; {OLDEST_SERVER} or later is needed"
        raise BadSetting(msg)


def _behind(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a migration we have wasn't applied there, by their names: every command asks.

    To import them all and to draw up a plan takes a short command longer than what it is for.
    """
    return not _ours().issubset(MigrationRecorder(connection).applied_migrations())


def _ours() -> set[tuple[str, str]]:
    folders = {config.label: Path(config.path) / "migrations" for config in apps.get_app_configs()}
    return {
        (label, module.name)
        for label, folder in folders.items()
        for module in iter_modules([str(folder)])
        if module.name[0] not in "_~"
    }


@contextmanager
def _our_turn(connection: BaseDatabaseWrapper) -> Iterator[BaseDatabaseWrapper]:
    """Wait until no other host migrates; the lock goes with the connection, however this ends.

    It is asked for again and again: a statement that waited for it would be open all the while, and an index built
    concurrently by whoever has it waits for every open statement.
    """
    while not _has_turn(connection):
        sleep(ASKED_EVERY)
    try:
        yield connection
    finally:
        connection.close()


def _has_turn(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_TURN])
        return bool(cursor.fetchone()[0])


def let_go_of_the_database() -> None:
    """Close every connection of this process, which from now on only watches over others."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        getattr(connection, "close_pool", lambda: None)()
