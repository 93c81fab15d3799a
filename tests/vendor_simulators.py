"""Start the simulated vendors of `raincheck.simulators.vendors` as real processes, and talk to their control planes.

with start_vendor("hireflix") as vendor:
    vendor.fault("lies", operation="cancel")
    vendor.progress(ref, "submitted")
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raincheck.simulators.vendors import find
from tests.simulators import Simulator, WebhookTarget, _running, free_port

KEY = "a-vendor-key"


class SimulatedVendor(Simulator):
    """A running vendor: `base_url` is what an account holds, `key` what callers have to know."""

    name = ""
    key = KEY

    @property
    def base_url(self) -> str:
        """Return the address of its API, as an account has it."""
        return self.url + find(self.name).account_path

    def fault(
        self,
        mode: str,
        *,
        operation: str = "any",
        ms: int = 0,
        times: int | None = None,
        interview_id: str | None = None,
    ) -> None:
        """Switch a fault on (`kit.FAULT_REACH`), for `times` calls or until cleared."""
        body = {"mode": mode, "ms": ms, "times": times, "operation": operation, "interview_id": interview_id}
        self.control("POST", "/faults", body)

    def progress(self, interview_id: str, to: str, *, webhook: bool = True) -> dict[str, Any]:
        """Let something happen there: started, submitted, cancelled or expired."""
        result: dict[str, Any] = self.control(
            "POST", f"/interviews/{interview_id}", {"to": to, "webhook": webhook}
        )
        return result

    def interviews(self) -> list[dict[str, Any]]:
        """Return every interview as it truly is there: id, external_id, state, version and times."""
        items: list[dict[str, Any]] = self.control("GET", "/interviews")["items"]
        return items

    def seed(self, interviews: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Insert interviews at once (`interviews.Invitation`); returns them as `interviews` does."""
        items: list[dict[str, Any]] = self.control("POST", "/seed", interviews)["items"]
        return items

    def calls(self, interview_id: str | None = None) -> list[dict[str, Any]]:
        """Return every call so far, of one interview if given: method, path, operation, subject, status."""
        narrowed = f"?interview_id={interview_id}" if interview_id else ""
        items: list[dict[str, Any]] = self.control("GET", f"/calls{narrowed}")["items"]
        return items

    def effects(self) -> dict[str, int]:
        """Count the cancels that really cancelled, per interview id."""
        cancels: dict[str, int] = self.control("GET", "/effects")["cancels"]
        return cancels

    def creates(self) -> dict[str, int]:
        """Count the invitations really made, per external id, or e-mail where the vendor keeps none."""
        creates: dict[str, int] = self.control("GET", "/effects")["creates"]
        return creates

    def deliver(self, mode: str, *, ms: int = 0) -> None:
        """Deliver webhooks at_once, late (by `ms`), twice, held or dropped, until faults are cleared."""
        self.control("POST", "/webhooks", {"mode": mode, "ms": ms})

    def release(self, *, order: str = "as_sent") -> int:
        """Send what was held back (`order`: as_sent or reversed); returns how many."""
        released: int = self.control("POST", "/webhooks/release", {"order": order})["released"]
        return released


@contextlib.contextmanager
def start_vendor(
    name: str,
    *,
    webhook: WebhookTarget | None = None,
    folder: Path | None = None,
    port: int | None = None,
    key: str = KEY,
) -> Iterator[SimulatedVendor]:
    """Run one vendor; its store is under `folder`, or in its memory. Ends with the block."""
    port = port or free_port()
    arguments = ["vendor", name, "--port", str(port), "--key", key]
    if folder:
        arguments += ["--data", str(folder / "simulators")]
    if webhook:
        arguments += ["--webhook-url", webhook.url, "--webhook-secret", webhook.secret]

    def wrap(process: subprocess.Popen[bytes]) -> SimulatedVendor:
        return SimulatedVendor(process, f"http://127.0.0.1:{port}")

    with _running(arguments, wrap) as vendor:
        vendor.name, vendor.key = name, key
        yield vendor
