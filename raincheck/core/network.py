"""Where outgoing calls may go, and for how long: addresses are looked up, judged, and only then connected to.

Customers name the addresses of their vendors. Without a guard such an address could lead to what only this host
can reach: the database, a cloud's metadata service, the next machine's back door.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx
from django.conf import settings

_MAX_CONNECTIONS, _KEPT_OPEN = 100, 50
#: The system's look-up takes no time limit: it is left behind at the deadline, and keeps its thread until it ends.
#: So many may be left behind before other names wait for a thread, for no longer than their own deadlines.
_LOOKUPS = ThreadPoolExecutor(32, thread_name_prefix="look-up")
_deadline: ContextVar[float] = ContextVar("deadline")
#: All that IANA gives out. Outside it Python calls much global that a network may lead to IPv4 inside.
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
#: The last 32 bits are the IPv4 address that a gateway calls for us (RFC 6052 §2.1).
_NAT64, _IPV4_BITS = ipaddress.IPv6Network("64:ff9b::/96"), 0xFFFFFFFF
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddress(Exception):
    """The host is in a network that isn't public, and the installation doesn't allow it."""


def may_be_called(address: str) -> bool:
    """Say whether an IP address is public, or in a network that RAINCHECK_PRIVATE_NETWORKS allows."""
    found = _plain(ipaddress.ip_address(address.partition("%")[0]))
    public = found.is_global and not found.is_multicast
    if public and (isinstance(found, ipaddress.IPv4Address) or found in _PUBLIC_IPV6):
        return True
    return any(found in network for network in settings.RAINCHECK_PRIVATE_NETWORKS)


def _plain(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour or address


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give everything the block does on the network this long in all: a peer that drips can't hold it longer."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def transport(*, guarded: bool) -> httpx.HTTPTransport:
    """Return what a client calls through: every wait ends at the deadline, and private addresses if `guarded`."""
    # Read once, for both: it is most of what a first call takes.
    certificates = httpx.create_ssl_context(trust_env=False)
    made = httpx.HTTPTransport(verify=certificates, trust_env=False)
    # httpx has no parameter for the backend, which is where a name has become an address and isn't called yet.
    made._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=certificates,
        max_connections=_MAX_CONNECTIONS,
        max_keepalive_connections=_KEPT_OPEN,
        keepalive_expiry=5.0,
        network_backend=_Backend(guarded=guarded),
    )
    return made


class _Backend(httpcore.NetworkBackend):
    """Connects to the very address that was judged: a second look-up could give another."""

    def __init__(self, *, guarded: bool) -> None:
        self._guarded = guarded
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                # A host may have several addresses, and one of them a bad day.
                continue
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.connect_tcp(address, port, left, local_address, socket_options))

    def _addresses(self, host: str, port: int) -> list[str]:
        left = _left(None, httpcore.ConnectTimeout)
        looking = _LOOKUPS.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = looking.result(left)
        except TimeoutError as error:
            # Nothing stops a look-up that has begun; one that waits for its turn is taken out of the queue.
            looking.cancel()
            raise httpcore.ConnectTimeout from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._guarded and not all(may_be_called(address) for address in addresses):
            raise PrivateAddress(host)
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline of whoever uses it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    deadline = _deadline.get(None)
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(timeout, left)
