"""Whether a pooled connection has outlived its database, told without asking the server each time."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks the server before each use of a pooled connection; a look at the socket tells as much."""

    @property
    def pool(self) -> Any:
        """Return the pool Django made, with our check in the place of its own."""
        pool: Any = super().pool
        if pool is not None:
            pool._check = still_connected  # noqa: SLF001 (Django sets it where it makes the pool, and takes no other)
        return pool


def still_connected(connection: "Connection[Any]") -> None:
    """Close the connection and raise OperationalError where the server has hung up; the pool then takes another.

    An idle connection has nothing to read before that. A server that vanished without a word is found by the
    statement itself, which is answered as any outage is.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        # One that isn't closed the pool would take for sound, and offer again.
        connection.close()
        msg = "the server has hung up"
        raise OperationalError(msg)
