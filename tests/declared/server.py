"""Made-up vendors as real HTTP servers: strict about shapes and callers, their time in a test's hands."""

import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Call:
    """One request as it came; `headers` by lower-case names."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self, *keys: str) -> dict[str, Any]:
        """Return the body, an object of exactly these keys; refuses anything else."""
        if self.headers.get("content-type") != "application/json":
            raise Refusal(415, "not json")
        found = json.loads(self.body)
        if set(found) != set(keys):
            raise Refusal(422, f"keys must be {sorted(keys)}")
        return dict(found)

    def form(self) -> dict[str, str]:
        """Return the form that was posted."""
        return dict(parse_qsl(self.body.decode(), strict_parsing=True, keep_blank_values=True))


@dataclass
class Reply:
    """What is answered."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that isn't a success."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.reply = Reply(status, {"error": why})


class Guard(Protocol):
    """Who may call: some requests are the guard's own (a login), of the others it admits some."""

    def opens(self, call: Call) -> Reply | None:
        """Answer a request for a session or a token; None for any other."""

    def admits(self, call: Call) -> bool:
        """Say whether this caller is known; takes what is its own off the query."""


@dataclass
class Record:
    """One interview there."""

    id: str
    about: dict[str, Any]
    state: str = "invited"
    version: int = 1
    scores: list[dict[str, Any]] = field(default_factory=list)


class Vendor:
    """What all dialects share: interviews, the guard, and a log of what came."""

    refused = 401

    def __init__(self, guard: Guard) -> None:
        self.guard, self.url = guard, ""
        self.interviews: dict[str, Record] = {}
        self.calls: list[str] = []
        self.failing: list[int] = []
        self.lock = threading.Lock()

    def answer(self, call: Call) -> Reply:
        """Answer one request."""
        with self.lock:
            self.calls.append(f"{call.method} {call.path}")
            try:
                return self.guard.opens(call) or self._admitted(call)
            except Refusal as refusal:
                return refusal.reply
            except (ValueError, KeyError, TypeError):
                return Reply(400, {"error": "not the documented shape"})

    def _admitted(self, call: Call) -> Reply:
        if not self.guard.admits(call):
            raise Refusal(self.refused, "who are you?")
        if self.failing:
            raise Refusal(self.failing.pop(), "trouble")
        return self.route(call)

    def route(self, call: Call) -> Reply:
        """Do what a known caller asks for."""
        raise NotImplementedError

    def book(self, about: dict[str, Any]) -> Record:
        """Keep a new interview."""
        made = Record(f"iv-{len(self.interviews) + 1}", about)
        self.interviews[made.id] = made
        return made

    def move(self, record: Record, state: str) -> None:
        """Change an interview's state."""
        record.state, record.version = state, record.version + 1


@contextmanager
def serving(vendor: Vendor) -> Iterator[Vendor]:
    """Run a vendor on loopback; ends with the block."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
            reply = vendor.answer(Call(self.command, parts.path, query, headers, body))
            raw = json.dumps(reply.body).encode()
            self.send_response(reply.status)
            sent = {"Content-Type": "application/json", "Content-Length": str(len(raw)), **reply.headers}
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (the library looks for these names)

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()


class Clock:
    """The vendor's time; a test may let it pass."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Return Unix time."""
        return time.time() + self.ahead
