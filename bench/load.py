"""A client as light as can be: prepared requests over kept connections, one thread, no parsing beyond need.

What it costs is reported with the result, since it shares the machine with what it measures.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Order:
    """One request to be sent, and its bytes; `key` tells it apart in `Result.accepted`."""

    key: str
    payload: bytes


@dataclass
class Result:
    """What came of a run: wall seconds, the client's own processor seconds, answers by status."""

    seconds: float = 0.0
    client_seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    #: Wall-clock instant of each answer, by the order's key.
    accepted: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return sum(self.statuses.values()) / self.seconds


def post(*, host: str, path: str, form: Mapping[str, str], cookies: Mapping[str, str]) -> bytes:
    """Return the bytes of a form as a browser posts it."""
    body = urlencode(form).encode()
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nOrigin: http://{host}\r\n"
        "Accept: text/html\r\nAccept-Language: zh-CN\r\nUser-Agent: Mozilla/5.0 (bench)\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _HungUp(Exception):
    """The server closed a connection."""


class _Line:
    """One kept connection with at most one request under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket = _connected(address)
        self.order: Order | None = None
        self.sent_at = 0.0
        self.buffer = b""

    def send(self, order: Order, due: float) -> None:
        self.order, self.buffer, self.sent_at = order, b"", due or time.perf_counter()
        self.socket.sendall(order.payload)

    def receive(self) -> int | None:
        """Read what there is; the status once the answer is whole."""
        got = self.socket.recv(65536)
        if not got:
            raise _HungUp
        self.buffer += got
        head, found, body = self.buffer.partition(_HEAD_END)
        if not found or len(body) < _content_length(head):
            return None
        return int(head[9:12])


def _connected(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def run(orders: Sequence[Order], *, address: tuple[str, int], at_once: int, per_second: float = 0) -> Result:
    """Send every order and wait for its answer: as fast as they come, or `per_second` evenly spaced.

    Evenly spaced, a latency counts from the instant an order was due, however late a line was free for it.
    Raises ConnectionError.
    """
    result, waiting = Result(), list(reversed(orders))
    lines = [_Line(address) for _ in range(at_once)]
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
        begun, spent = time.perf_counter(), time.process_time()
        idle, number = list(lines), 0
        while waiting or len(idle) < at_once:
            due = begun + number / per_second if per_second else 0.0
            while waiting and idle and due <= time.perf_counter():
                idle.pop().send(waiting.pop(), due)
                number += 1
                due = begun + number / per_second if per_second else 0.0
            pause = max(0.0, due - time.perf_counter()) if waiting and idle else None
            for key, _ in selector.select(pause):
                try:
                    _take(key.data, result, idle)
                except _HungUp:
                    _dial_again(key.data, selector)
        result.seconds = time.perf_counter() - begun
        result.client_seconds = time.process_time() - spent
    for line in lines:
        line.socket.close()
    return result


def _dial_again(line: _Line, selector: selectors.BaseSelector) -> None:
    """Open a new connection where the server closed one that was idle; with a request on it, that is an error."""
    if line.order is not None:
        message = f"{line.address} hung up on a request"
        raise ConnectionError(message)
    selector.unregister(line.socket)
    line.socket.close()
    line.socket = _connected(line.address)
    selector.register(line.socket, selectors.EVENT_READ, line)


def _take(line: _Line, result: Result, idle: list[_Line]) -> None:
    status = line.receive()
    if status is None or line.order is None:
        return
    result.statuses[status] += 1
    result.latencies.append(time.perf_counter() - line.sent_at)
    result.accepted[line.order.key] = time.time()
    line.order = None
    idle.append(line)
