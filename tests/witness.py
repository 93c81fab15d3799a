"""A witness as C2SP's tlog-witness describes it: it signs what goes on from the last it saw, and nothing else."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raincheck.audit.merkle import extends
from raincheck.audit.notes import Checkpoint, NotOurs, Verifier

NAME = "witness.example.com/w1"
KIND = b"\x04"


class Onlooker:
    """What one witness knows of one log: the last size and root it signed."""

    def __init__(self, log: Verifier) -> None:
        self.log, self.key = log, Ed25519PrivateKey.generate()
        self.size, self.root, self.url = 0, b"", ""
        self.asked: list[str] = []

    @property
    def vkey(self) -> str:
        """What its signatures are checked with."""
        public = self.key.public_key().public_bytes_raw()
        return f"{NAME}+{self._key_id().hex()}+{base64.b64encode(KIND + public).decode()}"

    def _key_id(self) -> bytes:
        public = self.key.public_key().public_bytes_raw()
        return sha256(NAME.encode() + b"\n" + KIND + public).digest()[:4]

    def answer(self, body: str) -> tuple[int, str]:
        """Return status and body for one add-checkpoint."""
        self.asked.append(body)
        head, _, note = body.partition("\n\n")
        first, *path = head.split("\n")
        old = int(first.removeprefix("old "))
        try:
            shown = Checkpoint.read(note, self.log)
        except NotOurs:
            return 403, ""
        if old != self.size:
            return 409, f"{self.size}\n"
        hashes = [base64.b64decode(line) for line in path]
        grown = extends(earlier=old, earlier_root=self.root, size=shown.size, root=shown.root, path=hashes)
        if old and not grown:
            return 422, ""
        self.size, self.root = shown.size, shown.root
        return 200, self.sign(note.rpartition("\n\n")[0] + "\n")

    def sign(self, text: str) -> str:
        """Return the signature line of a note's text."""
        at = int(time.time())
        signed = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"— {NAME} {base64.b64encode(self._key_id() + at.to_bytes(8) + signed).decode()}\n"


@contextmanager
def watching(log: Verifier) -> Iterator[Onlooker]:
    """Run a witness of this log for a `with` block."""
    onlooker = Onlooker(log)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/add-checkpoint"
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = onlooker.answer(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        onlooker.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield onlooker
        server.shutdown()
        thread.join()
