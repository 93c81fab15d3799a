"""Start the simulators as real processes for a test, and talk to their control planes.

with start_ai_interview(tmp_path) as vendor, start_outbox(tmp_path) as outbox:
    vendor.fault("slow", ms=3000, operation="cancel")
    outbox.sms("+8613800000001")
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx

from raincheck.runtime.leash import leashed

VENDOR_KEY = "test-vendor-key"
SMS_KEY = "test-sms-key"
TIMES = {"starts_at": "2030-01-31T08:00:00Z", "ends_at": "2030-01-31T09:00:00Z"}
INTERVIEW = {
    "external_id": "app-1",
    "kind": "slot",
    **TIMES,
    "candidate": {"name": "李测试", "locale": "zh-CN"},
    "title": "后端工程师初面",
}
#: What is asked over plain HTTP, on the loopback, needs no certificates, and reading them all takes 16 ms a client.
LOOPBACK: Any = {"trust_env": False, "verify": False}
CANCEL = {"reason": "candidate_request", "accept_partial": False}
START_LIMIT = 60.0
STOP_LIMIT = 10.0
_keys = count()


Kind = TypeVar("Kind", bound="Simulator")


class Simulator:
    """A running simulator: `url`, `process`, and JSON calls to its control plane."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        """Wrap a process that answers at `url`."""
        self.process = process
        self.url = url
        self.http = httpx.Client(base_url=url, **LOOPBACK, timeout=30)
        self._has_faults = False

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call `/_control<path>` and return its JSON; raises httpx.HTTPStatusError on a refusal."""
        if path == "/faults" and method != "GET":
            self._has_faults = method == "POST"
        answer = self.http.request(method, f"/_control{path}", json=body, headers={"X-Control": "1"})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def clear_faults(self) -> None:
        """Switch every fault off."""
        self.control("DELETE", "/faults")

    def mend(self) -> None:
        """Switch every fault off, if any was switched on here."""
        if self._has_faults:
            self.clear_faults()

    def kill(self) -> None:
        """Kill the process with SIGKILL and wait until it is gone."""
        self.process.kill()
        self.process.wait(STOP_LIMIT)

    def stop(self) -> int:
        """Ask the process to end with SIGTERM; returns its exit status."""
        self.process.terminate()
        return self.process.wait(STOP_LIMIT)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal, having made sure that it has the documented form."""
    assert set(answer.json()) == {"error", "message"}
    return answer.status_code, answer.json()["error"]


class AiInterview(Simulator):
    """The simulated AI interview vendor; `key` is what callers send as X-Api-Key."""

    key = VENDOR_KEY

    def fault(
        self,
        mode: str,
        *,
        operation: str = "any",
        ms: int = 0,
        times: int | None = None,
        interview_id: str | None = None,
    ) -> None:
        """Switch a fault on, for `times` calls or until cleared."""
        body = {"mode": mode, "ms": ms, "times": times, "operation": operation, "interview_id": interview_id}
        self.control("POST", "/faults", body)

    def forget(self) -> None:
        """Be as on the first day: without interviews, calls, events and faults."""
        self.control("DELETE", "/interviews")
        self.clear_faults()

    def progress(self, interview_id: str, to: str, *, webhook: bool = True) -> dict[str, Any]:
        """Let something happen there: opened, started, partial, submitted, cancelled or expired."""
        body = {"to": to, "webhook": webhook}
        result: dict[str, Any] = self.control("POST", f"/interviews/{interview_id}", body)
        return result

    def seed(self, interviews: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Insert interviews at once; returns `{id, external_id, invite_url, version}` in the same order."""
        items: list[dict[str, Any]] = self.control("POST", "/seed", interviews)["items"]
        return items

    def calls(self, interview_id: str | None = None) -> list[dict[str, Any]]:
        """Return every call under /v1 so far, of one interview if given."""
        narrowed = f"?interview_id={interview_id}" if interview_id else ""
        items: list[dict[str, Any]] = self.control("GET", f"/calls{narrowed}")["items"]
        return items

    def effects(self) -> dict[str, int]:
        """Count the cancels that really cancelled, per interview id."""
        cancels: dict[str, int] = self.control("GET", "/effects")["cancels"]
        return cancels

    def creates(self) -> dict[str, int]:
        """Count the creates that really booked, per external id."""
        creates: dict[str, int] = self.control("GET", "/effects")["creates"]
        return creates

    def replay_webhooks(self, interview_id: str | None = None, *, order: str = "as_sent") -> int:
        """Send webhooks once more (`order`: as_sent or reversed); returns how many."""
        body = {"interview_id": interview_id, "order": order}
        queued: int = self.control("POST", "/webhooks/replay", body)["queued"]
        return queued

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        """Call `/v1/interviews<path>` as the customer does, under idempotency key `key` or a new one."""
        headers = {"X-Api-Key": self.key, "Idempotency-Key": key or f"key-{next(_keys)}"}
        return self.http.request(method, f"/v1/interviews{path}", json=body, headers=headers)

    def interview(self, interview_id: str) -> dict[str, Any]:
        """Read an interview as the customer does (this shows in the call log)."""
        body: dict[str, Any] = self.call("GET", f"/{interview_id}").raise_for_status().json()
        return body

    def book(self, **changes: Any) -> dict[str, Any]:
        """Book INTERVIEW with `changes`; returns it as answered."""
        body: dict[str, Any] = self.call("POST", "", {**INTERVIEW, **changes}).raise_for_status().json()
        return body

    def cancel(self, interview_id: str, *, key: str | None = None, **changes: Any) -> httpx.Response:
        """Cancel with CANCEL and `changes`; returns the answer, whatever it is."""
        return self.call("POST", f"/{interview_id}/cancel", {**CANCEL, **changes}, key=key)


class Outbox(Simulator):
    """The simulated outbox; `key` is what callers send as a Bearer token, `smtp_port` takes mail."""

    key = SMS_KEY

    def __init__(self, process: subprocess.Popen[bytes], url: str, smtp_port: int) -> None:
        """Wrap a process that answers at `url` and takes mail on `smtp_port`."""
        super().__init__(process, url)
        self.smtp_port = smtp_port

    def fault(self, channel: str, mode: str, *, ms: int = 0, times: int | None = None) -> None:
        """Switch a fault on for `sms` or `smtp`, for `times` messages or until cleared."""
        self.control("POST", "/faults", {"channel": channel, "mode": mode, "ms": ms, "times": times})

    def sms(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the messages that reached a phone, oldest first."""
        return self._items("/api/sms", to)

    def mail(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the mails that reached an address, oldest first."""
        return self._items("/api/mail", to)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how often each message arrived: `sms`, `sms_requests` and `mail`."""
        counts: dict[str, dict[str, int]] = self.http.get("/api/counts").raise_for_status().json()
        return counts

    def clear(self) -> None:
        """Forget every message, key and fault."""
        self.control("POST", "/clear")

    def _items(self, path: str, to: str | None) -> list[dict[str, Any]]:
        answer = self.http.get(path, params={"to": to} if to else {}).raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@dataclass(frozen=True)
class WebhookTarget:
    """Where the vendor posts its events; the first retry comes after `backoff` seconds."""

    url: str
    secret: str
    backoff: float = 0.05


@contextlib.contextmanager
def start_ai_interview(
    folder: Path, *, webhook: WebhookTarget | None = None, port: int | None = None, key: str = VENDOR_KEY
) -> Iterator[AiInterview]:
    """Run the simulated vendor with its store under `folder`; ends with the block."""
    port = port or free_port()
    arguments = ["ai-interview", "--port", str(port), "--data", str(folder / "simulators"), "--key", key]
    if webhook:
        arguments += ["--webhook-url", webhook.url, "--webhook-secret", webhook.secret]
        arguments += ["--webhook-backoff", str(webhook.backoff)]
    with _running(arguments, lambda process: AiInterview(process, f"http://127.0.0.1:{port}")) as vendor:
        vendor.key = key
        yield vendor


@contextlib.contextmanager
def start_outbox(
    folder: Path, *, port: int | None = None, smtp_port: int | None = None, key: str = SMS_KEY
) -> Iterator[Outbox]:
    """Run the simulated outbox with its store under `folder`; ends with the block."""
    port, smtp_port = port or free_port(), smtp_port or free_port()
    arguments = ["outbox", "--port", str(port), "--smtp-port", str(smtp_port)]
    arguments += ["--data", str(folder / "simulators"), "--key", key]

    def wrap(process: subprocess.Popen[bytes]) -> Outbox:
        return Outbox(process, f"http://127.0.0.1:{port}", smtp_port)

    with _running(arguments, wrap) as outbox:
        outbox.key = key
        yield outbox


def free_port() -> int:
    """Return a loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(arguments: list[str], wrap: Callable[[subprocess.Popen[bytes]], Kind]) -> Iterator[Kind]:
    command = leashed([sys.executable, "-m", "raincheck.simulators", *arguments], on_our_death=signal.SIGTERM)
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    simulator = wrap(process)
    try:
        _wait_until_ready(simulator)
        yield simulator
    finally:
        simulator.http.close()
        process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(simulator: Simulator) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if simulator.process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            # Another process may sit on the port: only our own counts.
            if simulator.http.get("/healthz").json()["pid"] == simulator.process.pid:
                return
        time.sleep(0.03)
    raise RuntimeError(f"{simulator.url} did not answer; exit status {simulator.process.poll()}")
