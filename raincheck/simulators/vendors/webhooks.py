"""Webhooks with bad days: at once, late, twice, held back and let go in either order, or never."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

MODES = ("at_once", "late", "twice", "held", "dropped")
#: A signature's headers for a secret, the raw body, and the instant in Unix seconds.
Sign = Callable[[str, bytes, int], Mapping[str, str]]


@dataclass(frozen=True)
class Endpoint:
    """Where events go, and the secret both sides know."""

    url: str
    secret: str


class Webhooks:
    """Sends events one after the other, signed when they leave; without an endpoint nothing is sent."""

    def __init__(self, endpoint: Endpoint | None, sign: Sign, *, attempts: int) -> None:
        self._endpoint, self._sign, self._attempts = endpoint, sign, attempts
        self._mode, self._ms = "at_once", 0
        self._held: list[bytes] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        #: The status of every attempt, in order; None: nobody answered.
        self.answers: list[int | None] = []

    def deliver(self, mode: str, ms: int) -> None:
        """Choose how what is told from now on is delivered; `ms` is how late."""
        self._mode, self._ms = mode, ms

    def tell(self, event: Mapping[str, Any] | None) -> None:
        """Have an event sent, or not, as the mode says; None is none."""
        if event is None or self._endpoint is None or self._mode == "dropped":
            return
        body = json.dumps(event, ensure_ascii=False).encode()
        if self._mode == "held":
            self._held.append(body)
            return
        for _ in range(2 if self._mode == "twice" else 1):
            self._start(self._endpoint, body, self._ms / 1000 if self._mode == "late" else 0)

    def release(self, *, backwards: bool) -> int:
        """Send what was held back, in its order or backwards; return how many."""
        held, self._held = self._held, []
        for body in reversed(held) if backwards else held:
            if self._endpoint is not None:
                self._start(self._endpoint, body, 0)
        return len(held)

    def _start(self, endpoint: Endpoint, body: bytes, after: float) -> None:
        task = asyncio.get_running_loop().create_task(self._send(endpoint, body, after))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, endpoint: Endpoint, body: bytes, after: float) -> None:
        await asyncio.sleep(after)
        for attempt in range(self._attempts):
            async with self._turn:
                status = await self._post(endpoint, body)
                self.answers.append(status)
            if status is not None and httpx.codes.is_success(status):
                return
            await asyncio.sleep(0.1 * 2**attempt)

    async def _post(self, endpoint: Endpoint, body: bytes) -> int | None:
        headers = {
            "content-type": "application/json",
            **self._sign(endpoint.secret, body, int(time.time())),
        }
        try:
            async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                return (await client.post(endpoint.url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return None
