"""Before anything is served: the database brought up to date, and this process's own connections let go."""

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from raincheck.core.translations import compile_translations
from raincheck.hosting import BadSetting


def bring_up_to_date() -> bool:
    """Migrate if there is anything to migrate; say whether there was. Raises BadSetting."""
    compile_translations()
    alias = "owner" if "owner" in settings.DATABASES else "default"
    executor = MigrationExecutor(connections[alias])
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    if alias != "owner":
        msg = "DATABASE_OWNER_URL is not set, and there are migrations that only the owner may run"
        raise BadSetting(msg)
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    return True


def let_go_of_the_database() -> None:
    """Close every connection of this process, which from now on only watches over others."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        getattr(connection, "close_pool", lambda: None)()
