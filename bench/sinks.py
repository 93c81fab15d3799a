"""`python -m bench.sinks SMTP_PORT HTTP_PORT`: a mail server and an SMS gateway that only take and count, by key.

Lean on purpose: they share this machine's processors with what is measured. GET /counts says how often each key came.
"""

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from raincheck.runtime.leash import leashed
from tests.simulators import free_port

_ID = re.compile(rb"(?im)^message-id:\s*<([^@>]+)")
_MAILS: Counter[str] = Counter()
_SMS: Counter[str] = Counter()
READY_WITHIN = 30.0


@dataclass(frozen=True)
class Sinks:
    """Where they listen."""

    smtp_port: int
    http_port: int

    @property
    def url(self) -> str:
        """The SMS gateway's address."""
        return f"http://127.0.0.1:{self.http_port}"

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how often each key came, `mail` and `sms`."""
        found: dict[str, dict[str, int]] = httpx.get(f"{self.url}/counts", trust_env=False, timeout=60).json()
        return found


@contextlib.contextmanager
def sinks() -> Iterator[Sinks]:
    """Run them as a process of their own for a `with` block."""
    here = Sinks(free_port(), free_port())
    argv = leashed(
        [sys.executable, "-m", "bench.sinks", str(here.smtp_port), str(here.http_port)],
        on_our_death=signal.SIGTERM,
    )
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            with contextlib.suppress(httpx.HTTPError):
                here.counts()
                break
            time.sleep(0.1)
        yield here
    finally:
        process.terminate()
        process.wait(15)


async def _mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                mail = await reader.readuntil(b"\r\n.\r\n")
                found = _ID.search(mail)
                _MAILS[found[1].decode() if found else ""] += 1
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 yes\r\n")
            await writer.drain()
            if verb == b"QUIT":
                break
    writer.close()


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(re.findall(r"(?m)^([^:\r\n]+):\s*(.*?)\r$", head.lower()))
            await reader.readexactly(int(fields.get("content-length", 0)))
            if head.startswith("GET"):
                body, status = json.dumps({"mail": _MAILS, "sms": _SMS}), "200 OK"
            else:
                key = fields.get("idempotency-key", "")
                _SMS[key] += 1
                body, status = json.dumps({"id": key}), "202 Accepted"
            answer = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            writer.write(answer.encode())
            await writer.drain()
    writer.close()


async def _serve(smtp_port: int, http_port: int) -> None:
    mail = await asyncio.start_server(_mail, "127.0.0.1", smtp_port, limit=16_000_000)
    sms = await asyncio.start_server(_http, "127.0.0.1", http_port)
    async with mail, sms:
        await asyncio.gather(mail.serve_forever(), sms.serve_forever())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
