"""The one outbound HTTP client: time limits, a size limit, and the request id on every call.

Nothing here retries. Whether a call may be made again is known only to the one who made it.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
import structlog

MAX_ANSWER_BYTES = 2_000_000
_FIRST = threading.Lock()
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class Unreachable(Exception):
    """No answer came: refused, cut off, too slow, or too long. What the peer did is unknown."""


@dataclass(frozen=True)
class Answer:
    """A peer's whole answer; `json` is None when the body isn't a JSON object."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: dict[str, Any] | None


def _client() -> httpx.Client:
    # The cache alone would let threads that come first together make a client each, and drop all but one open.
    with _FIRST:
        return _made_once()


@lru_cache(maxsize=1)
def _made_once() -> httpx.Client:
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
    return httpx.Client(timeout=_TIMEOUT, limits=limits, follow_redirects=False, trust_env=False)


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Answer:
    """Make one call, with a JSON or a form body or none, and return the peer's answer, whatever its status.

    `timeout` is in seconds, for the whole of connecting, writing and each read. Raises Unreachable.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    sent = {**(headers or {}), **({"X-Request-Id": str(request_id)} if request_id else {})}
    try:
        with _client().stream(
            method, url, headers=sent, json=json, data=form, timeout=timeout or httpx.USE_CLIENT_DEFAULT
        ) as response:
            body = _limited(response)
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from error
    return Answer(response.status_code, response.headers, body, _object(response, body))


def _limited(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            message = "AnswerTooLong"
            raise Unreachable(message)
    return bytes(body)


def _object(response: httpx.Response, body: bytes) -> dict[str, Any] | None:
    if "json" not in response.headers.get("content-type", ""):
        return None
    try:
        found = httpx.Response(200, content=body).json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
