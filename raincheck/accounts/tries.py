"""How often somebody may try to sign in: counted an account and an address, whether or not anybody has that account.

The count is in the database, so that it holds for every web process and over a restart. Nothing in here asks
whether the account exists: whoever guesses learns nothing, neither by words nor by time.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.identities import normal_email
from raincheck.accounts.models import SignInTry
from raincheck.core import crypto
from raincheck.core.errors import TooMany
from raincheck.core.scope import Purpose, system_scope, take_turns

log = structlog.get_logger(__name__)
WINDOW = timedelta(minutes=15)
#: An office may sign in from one address in the morning, and some of it mistype.
FROM_ONE_ADDRESS = 50
_KEPT = timedelta(days=1)
_NOBODYS = UUID(int=0)
#: Bytes of a hash in the log.
_SHOWN = 6


class Kind(StrEnum):
    """What is tried. A right password doesn't forgive wrong codes: whoever knows it may be guessing those."""

    PASSWORD = "password"  # noqa: S105 (a word, not a secret)
    CODE = "code"
    RESET = "reset"


#: How many may fail within the window; of resets, how many may be asked for.
LIMITS = {Kind.PASSWORD: 5, Kind.CODE: 5, Kind.RESET: 3}


class SignInHeld(TooMany):
    """Too many tries for this account, or from this address."""

    code = "sign_in_held"
    message = _("尝试次数过多，请稍后再试")
    advice = _("为保护账号，15分钟内不再接受尝试。可改用通行密钥或企业统一登录")


def let_try(kind: Kind, *, account: str, address: str) -> None:
    """Return where one more try is in order. Tries at one account take turns. Raises SignInHeld."""
    mine, theirs = _hashes(account, address)
    with system_scope(Purpose.SIGN_IN) as now:
        take_turns(f"sign-in:{kind}:{mine.hex()}")
        recent = SignInTry.objects.filter(Q(account_hash=mine) | Q(address_hash=theirs), kind=kind)
        tried = list(
            recent.filter(at__gt=now - WINDOW)
            .order_by("-at")
            .values_list("account_hash", "address_hash", "at")
        )
        at_account = [at for account_hash, _address, at in tried if bytes(account_hash) == mine]
        from_address = [at for _account, address_hash, at in tried if bytes(address_hash) == theirs]
        for times, limit in ((at_account, LIMITS[kind]), (from_address, FROM_ONE_ADDRESS)):
            if len(times) >= limit:
                raise _held(times[limit - 1], now)


def failed(kind: Kind, *, account: str, address: str) -> None:
    """Count a try that failed, or a reset that was asked for, and log it; forget those of yesterday."""
    mine, theirs = told(str(kind), account=account, address=address)
    with system_scope(Purpose.SIGN_IN) as now:
        SignInTry.objects.create(kind=kind, account_hash=mine, address_hash=theirs, at=now)
        SignInTry.objects.filter(at__lt=now - _KEPT).delete()


def told(way: str, *, account: str, address: str) -> tuple[bytes, bytes]:
    """Log a try that failed, and return the hashes of both.

    The log tells tries at one account from those at another, and not which account that is.
    """
    mine, theirs = _hashes(account, address)
    log.warning("sign_in_tried", way=way, account=mine[:_SHOWN].hex(), address=theirs[:_SHOWN].hex())
    return mine, theirs


def succeeded(kind: Kind, *, account: str) -> None:
    """Forget what failed at this account before."""
    mine, _theirs = _hashes(account, "")
    with system_scope(Purpose.SIGN_IN):
        SignInTry.objects.filter(kind=kind, account_hash=mine).delete()


def _held(counted: datetime, now: datetime) -> SignInHeld:
    return SignInHeld(retry_after=max(1, int((counted + WINDOW - now).total_seconds())))


def _hashes(account: str, address: str) -> tuple[bytes, bytes]:
    return (
        crypto.keyed_hash(_NOBODYS, "staff-account", normal_email(account)),
        crypto.keyed_hash(_NOBODYS, "staff-address", address),
    )
