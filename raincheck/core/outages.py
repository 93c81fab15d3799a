"""What is the database's trouble and not ours: out of reach, restarting, cut off, too slow, full, a deadlock.

Whoever meets it may try again; what was not answered may have been done all the same.
"""

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

#: The SQLSTATE of a full disk: no outage that passes by itself.
DISK_FULL = "53100"
#: A standby, or a recovery that was halted for somebody to look: it takes writes again once it is promoted.
READ_ONLY = "25006"
TROUBLE = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def is_outage(error: BaseException | None) -> bool:
    """Say whether this came of the database's trouble; procrastinate hides what it met in `__cause__`."""
    if isinstance(error, ConnectorException):
        return is_outage(error.__cause__)
    return isinstance(error, TROUBLE) or sqlstate(error) == READ_ONLY


def sqlstate(error: BaseException | None) -> str:
    """Return PostgreSQL's code of what went wrong, such as 40P01; empty where it never got to say one."""
    while error is not None:
        code = getattr(error, "sqlstate", None)
        if code:
            return str(code)
        error = error.__cause__
    return ""
