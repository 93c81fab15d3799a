"""The second wall between companies: which rows PostgreSQL lets this transaction see.

Row-level security reads two settings that live exactly as long as the transaction:
`raincheck.company` (one tenant) and `raincheck.system` (a named purpose for the few look-ups that come
before the tenant is known). Outside a scope no tenant row exists at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction

from raincheck.core.errors import RaincheckError


class Purpose(StrEnum):
    """Why a look-up may cross companies. There is no other way to do so."""

    SIGN_IN = "sign-in"
    COMPANY_FROM_ADDRESS = "company-from-address"
    INBOUND_WEBHOOK = "inbound-webhook"
    CALENDAR_FEED = "calendar-feed"
    SWEEP = "sweep"
    OPERATIONS = "operations"
    SEAL = "seal"


@dataclass(frozen=True)
class _Scope:
    company_id: UUID | None
    purpose: Purpose | None
    now: datetime


class ScopeViolation(RuntimeError):
    """Code tried to reach one company from within another's transaction: a bug, never a user error."""


_current: ContextVar[_Scope | None] = ContextVar("raincheck_scope", default=None)


@contextmanager
def company_scope(company_id: UUID) -> Iterator[datetime]:
    """Open (or join) the transaction of one company and yield its time, an aware UTC instant.

    A recorded refusal (`RaincheckError.recorded`) commits what was written before it travels on.
    """
    with _scope(company_id, None) as now:
        yield now


@contextmanager
def system_scope(purpose: Purpose) -> Iterator[datetime]:
    """Open a transaction that may look across companies, for one named purpose, at that purpose's tables."""
    with _scope(None, purpose) as now:
        yield now


@contextmanager
def _scope(company_id: UUID | None, purpose: Purpose | None) -> Iterator[datetime]:
    current = _current.get()
    if current is not None:
        if (current.company_id, current.purpose) != (company_id, purpose):
            message = f"{current} is open; {company_id or purpose} can't be opened within it"
            raise ScopeViolation(message)
        yield current.now
        return
    refusal: RaincheckError | None = None
    with transaction.atomic():
        now = _enter(company_id, purpose)
        token = _current.set(_Scope(company_id, purpose, now))
        try:
            yield now
        except RaincheckError as error:
            if not error.recorded:
                raise
            refusal = error
        finally:
            _current.reset(token)
    if refusal is not None:
        raise refusal


def take_turns(*names: str) -> None:
    """Wait until nobody else is at any of `names`, and keep them until the open transaction ends.

    They are taken in one order, whoever asks, so that two can't wait for each other.
    """
    if not names:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(name, 0) AS key"
            " FROM unnest(%s::text[]) AS name ORDER BY key) AS ordered",
            [list(names)],
        )


def take_turn_if_free(name: str) -> bool:
    """Take the turn at `name` until the open transaction ends, unless somebody has it; says whether it was free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        row = cursor.fetchone()
    free: bool = row[0]
    return free


@contextmanager
def keep_turn(name: str) -> Iterator[None]:
    """Be the one at `name` for a `with` block of many transactions; those that `take_turns` there wait as well.

    Whoever dies in it gives it up, for it goes with the connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    held = connection.connection
    try:
        yield
    finally:
        if connection.connection is held and not held.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _enter(company_id: UUID | None, purpose: Purpose | None) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('raincheck.company', %s, true), set_config('raincheck.system', %s, true),"
            " transaction_timestamp()",
            [str(company_id or ""), purpose or ""],
        )
        row = cursor.fetchone()
    now: datetime = row[2]
    return now
