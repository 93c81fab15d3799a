"""Where a carrier is called: its own public address, or the one an account names instead (a relay, a test)."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from raincheck.core import network
from raincheck.notifications.channels.base import Account

_HOST = re.compile(r"(?:(?P<scheme>https?)://)?(?P<host>[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)/?")


@dataclass(frozen=True)
class Place:
    """A scheme and a host with its port, if it names one."""

    scheme: str
    host: str

    @property
    def url(self) -> str:
        """Return it as an origin, without a slash at its end."""
        return f"{self.scheme}://{self.host}"


def place(account: Account, default: str) -> Place:
    """Return where an account has its carrier called; HTTPS unless it says otherwise."""
    typed = str(account.options.get("endpoint") or default)
    found = _HOST.fullmatch(typed)
    if found is None:
        raise ValueError(typed)
    return Place(found["scheme"] or "https", found["host"])


def is_place(typed: str) -> bool:
    """Say whether a text names such a place; plain HTTP only where an address in an allowed network is named."""
    found = _HOST.fullmatch(typed)
    if found is None:
        return False
    if found["scheme"] != "http":
        return True
    try:
        inside = ipaddress.ip_address(urlsplit(typed).hostname or "")
    except ValueError:
        return False
    return not inside.is_global and network.may_be_called(str(inside))
