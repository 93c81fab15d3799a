"""A key management service on loopback, and our side of it as a customer would write it: encrypt, decrypt, a token."""

import base64
import contextlib
import json
import os
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Client:
    """What RAINCHECK_KMS names: `tests.kms:Client`. Where the service is, the environment says."""

    def encrypt(self, key: bytes) -> bytes:
        return self._ask("encrypt", key)

    def decrypt(self, blob: bytes) -> bytes:
        return self._ask("decrypt", blob)

    def _ask(self, what: str, data: bytes) -> bytes:
        body = json.dumps({"data": base64.b64encode(data).decode()}).encode()
        headers = {"Authorization": f"Bearer {os.environ['TEST_KMS_TOKEN']}"}
        asked = urllib.request.Request(f"{os.environ['TEST_KMS_URL']}/{what}", body, headers)  # noqa: S310
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
            return base64.b64decode(json.load(answer)["data"])


@dataclass
class Service:
    """The service: a key that never leaves it, and what it was asked."""

    token: str = field(default_factory=lambda: secrets.token_hex(8))
    asked: list[str] = field(default_factory=list)
    url: str = ""
    key: AESGCM = field(default_factory=lambda: AESGCM(AESGCM.generate_key(256)))

    @property
    def env(self) -> dict[str, str]:
        return {"RAINCHECK_KMS": "tests.kms:Client", "TEST_KMS_URL": self.url, "TEST_KMS_TOKEN": self.token}

    def answer(self, what: str, data: bytes) -> bytes:
        self.asked.append(what)
        nonce = secrets.token_bytes(12)
        if what == "encrypt":
            return nonce + self.key.encrypt(nonce, data, None)
        return self.key.decrypt(data[:12], data[12:], None)


@contextlib.contextmanager
def running() -> Iterator[Service]:
    """Run the service for a `with` block."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            right = self.headers["Authorization"] == f"Bearer {service.token}"
            try:
                data = service.answer(self.path.strip("/"), base64.b64decode(body["data"])) if right else b""
            except (KeyError, ValueError, InvalidTag):
                right, data = False, b""
            self.send_response(200 if right else 403)
            self.end_headers()
            self.wfile.write(json.dumps({"data": base64.b64encode(data).decode()}).encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
