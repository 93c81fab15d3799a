"""A peer of ours for a test: listens on loopback, keeps what came, answers everything alike."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

WAIT_LIMIT = 10.0


class Peer:
    """What came, in order: `headers` with their names in lower case, `bodies` as bytes."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self._arrived = threading.Condition()

    def keep(self, headers: Mapping[str, str], body: bytes) -> None:
        """Keep one call."""
        with self._arrived:
            self.headers.append({name.lower(): value for name, value in headers.items()})
            self.bodies.append(body)
            self._arrived.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many calls have come; fails after ten seconds."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.bodies) >= count, timeout=WAIT_LIMIT)


@contextmanager
def listening(
    answer: Mapping[str, Any] | Sequence[Any] | None = None, *, status: int = 200, text: str = ""
) -> Iterator[Peer]:
    """Run a peer that answers with this JSON, or this text as HTML; ends with the block."""
    reply = text.encode() or json.dumps({} if answer is None else answer).encode()
    kind = "text/html" if text else "application/json"

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            peer.keep(
                dict(self.headers.items()), self.rfile.read(int(self.headers.get("content-length") or 0))
            )
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 (the names http.server looks for)

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer = Peer(server.server_port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
