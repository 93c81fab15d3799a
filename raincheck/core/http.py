"""The one outbound HTTP client: time limits, a size limit, no way into private networks, the request id on every call.

Nothing here retries. Whether a call may be made again is known only to the one who made it.
"""

import atexit
import re
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import structlog

from raincheck.core import network

MAX_ANSWER_BYTES = 2_000_000
#: Seconds a whole call may take, and how much of them may go by without a sign of the peer.
LONGEST_CALL = 15.0
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_TOO_LONG, _ENCODED = "AnswerTooLong", "EncodedAnswer"
#: zlib's word for: whichever of the two the head says.
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
#: Visible ASCII, with blanks only in between (RFC 9110 §5.1, §5.5).
_HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
_FIRST = threading.Lock()


class Unreachable(Exception):
    """No answer to be read came: refused, cut off, too slow, too long, oddly encoded. What the peer did is unknown."""


class Forbidden(Exception):
    """The address leads into a private network that RAINCHECK_PRIVATE_NETWORKS doesn't allow; nothing was sent."""


class Unsendable(ValueError):
    """A header's name or value isn't visible ASCII, so HTTP has no way to say it; nothing was sent."""


@dataclass(frozen=True)
class Answer:
    """A peer's whole answer; `json` is None when the body isn't a JSON object."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: dict[str, Any] | None


def _client(*, guarded: bool) -> httpx.Client:
    # The cache alone would let threads that come first together make a client each, and drop all but one open.
    with _FIRST:
        return _made_once(guarded)


@lru_cache(maxsize=2)
def _made_once(guarded: bool) -> httpx.Client:
    # Two pools: a connection that the installation's own setting opened is no way in for a customer's address.
    transport = network.transport(guarded=guarded)
    # One client calls for every company: a session kept in its jar would go out with another's calls.
    jar = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    client = httpx.Client(
        timeout=_TIMEOUT,
        transport=transport,
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
        cookies=jar,
    )
    # Its open connections would otherwise be found, unclosed, while Python takes itself down.
    atexit.register(client.close)
    return client


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    content: bytes | None = None,
    trusted: bool = False,
) -> Answer:
    """Make one call, with a JSON, a form or a ready body or none, and return the peer's answer, whatever its status.

    It ends within LONGEST_CALL seconds. `trusted`: the address is the installation's own setting and may be
    private. Raises Unreachable, Forbidden, Unsendable.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    sent = {**(headers or {}), **({"X-Request-Id": str(request_id)} if request_id else {})}
    _sendable(sent)
    try:
        with (
            network.within(LONGEST_CALL),
            _client(guarded=not trusted).stream(
                method, url, headers=sent, json=json, data=form, content=content
            ) as response,
        ):
            body = _decoded(response, _limited(response))
    except network.PrivateAddress as error:
        raise Forbidden(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(type(error).__name__) from error
    return Answer(response.status_code, response.headers, body, _object(response, body))


def _sendable(headers: Mapping[str, str]) -> None:
    """Raise Unsendable, here and not in httpx: its error would carry the value, which is often a key."""
    for name, value in headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise Unsendable(ascii(name))


def _limited(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise Unreachable(_TOO_LONG)
    return bytes(body)


def _decoded(response: httpx.Response, body: bytes) -> bytes:
    """Undo the one encoding that peers use without being asked; httpx would undo any number, of any size."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if not body or encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreachable(_ENCODED)
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = decoder.decompress(body, MAX_ANSWER_BYTES + 1)
    except zlib.error as error:
        raise Unreachable(_ENCODED) from error
    if len(plain) > MAX_ANSWER_BYTES:
        raise Unreachable(_TOO_LONG)
    if not decoder.eof or decoder.unused_data:
        raise Unreachable(_ENCODED)
    return plain


def _object(response: httpx.Response, body: bytes) -> dict[str, Any] | None:
    if "json" not in response.headers.get("content-type", ""):
        return None
    try:
        found = httpx.Response(200, content=body).json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
