"""The vendors' own libraries, in one list, and how their calls leave the house.

A library builds and signs a call; ours carries it: `Carried` stands where `requests` would open a connection, so that
every call of every library ends within `core.http.LONGEST_CALL` seconds, follows no redirect, takes no proxy from the
environment and reaches no private network. A library that couldn't be had so doesn't belong here.
"""

import logging
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from raincheck.core import http

#: carrier → library, and where `Carried` is put in. Their own time limits stand behind ours and never come to bear.
SDKS: dict[str, tuple[str, str]] = {
    "aliyun_sms": ("alibabacloud-dysmsapi20170525", "DaraCore.get_adapter"),
    "tencent_sms": ("tencentcloud-sdk-python-sms", "AbstractClient.request.conn._session"),
    "twilio": ("twilio", "TwilioHttpClient.session"),
    "jpush": ("jpush", "JPush.session"),
    "web_push": ("pywebpush", "WebPusher(requests_session=…)"),
    "apprise": ("apprise", "the plug-ins' `requests`"),
}
# What the libraries log holds numbers, addresses and bodies.
for _name in ("twilio", "jpush", "tencentcloud_sdk_common", "apprise", "alibabacloud-tea", "darabonba"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
#: What a library is told where it insists on a limit of its own, in seconds.
TIMEOUT = http.LONGEST_CALL
#: What our client says of a call itself.
_OURS = frozenset({"accept-encoding", "connection", "content-length", "transfer-encoding"})


class NotCarried(requests.ConnectionError):
    """No answer came, or the address may not be called; `forbidden` tells which."""

    def __init__(self, why: str, *, forbidden: bool) -> None:
        super().__init__(why)
        self.forbidden = forbidden


class Carried(BaseAdapter):
    """A transport adapter of `requests` that makes its calls through the one outbound client."""

    def send(  # noqa: PLR0917 (as requests has it)
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Make the call. Raises NotCarried."""
        body = request.body or b""
        if not isinstance(body, str | bytes):
            raise TypeError("a body that is read piece by piece")
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() not in _OURS}
        try:
            answer = http.call(
                request.method or "GET",
                request.url or "",
                headers=headers,
                content=body.encode() if isinstance(body, str) else body,
            )
        except http.Unreachable as error:
            raise NotCarried(str(error), forbidden=False) from error
        except http.Forbidden as error:
            raise NotCarried(str(error), forbidden=True) from error
        return _as_response(request, answer)

    def close(self) -> None:
        """Nothing is held: the one client's connections are everybody's."""


def session() -> requests.Session:
    """Return a session of `requests` whose calls are carried by us."""
    made = requests.Session()
    made.trust_env = False
    made.max_redirects = 0
    for scheme in ("https://", "http://"):
        made.mount(scheme, Carried())
    return made


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _as_response(request: requests.PreparedRequest, answer: http.Answer) -> requests.Response:
    response = requests.Response()
    response.status_code, response.request, response.url = answer.status, request, request.url or ""
    # Decoded already: whoever read these again would try once more.
    plain = {k: v for k, v in answer.headers.items() if k.lower() not in {"content-encoding", "location"}}
    response.headers = CaseInsensitiveDict(plain)
    response.encoding = "utf-8"
    response._content = answer.body  # noqa: SLF001 (what requests itself sets once a body is read)
    response.reason = str(answer.status)
    return response
