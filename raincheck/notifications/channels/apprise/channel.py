"""Robots of WeCom, DingTalk, Feishu and other chats, in the shapes that Apprise knows.

Apprise says only whether it believes it went well, and for two of the three takes a refusal for success: they answer
200 with a number in the body. So its plug-ins call through us, and the answer is read here. No robot knows a key: a
lost answer means the same text twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import apprise
import requests

from raincheck.notifications.channels.apprise.robots import ANSWERS, PLUGINS, NotARobot, schema_of
from raincheck.notifications.channels.base import (
    Account,
    Channel,
    Envelope,
    OursToMend,
    Repeats,
    Retry,
    Setting,
    Shape,
    Undeliverable,
)
from raincheck.notifications.channels.places import place
from raincheck.notifications.channels.sdks import TIMEOUT, NotCarried, session

_GONE, _TOO_MANY, _SERVER, _BAD = (404, 410), 429, 500, 400


class Apprise:
    """`endpoint` is a relay, for houses whose servers reach no chat themselves: it stands in for the chat's host."""

    name = "apprise"
    title = "聊天机器人 Chat robots"
    channel = Channel.CHAT
    settings = (
        Setting("endpoint", "转发地址（内网部署时）", "Relay (in closed networks)", needed=False, shape=Shape.HOST),
    )  # fmt: skip
    repeats = Repeats.UNSEEN
    confirms = False
    verified_against_live = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Have the robot say it; returns the message's key, there being no other id. Raises Retry, Undeliverable."""
        try:
            schema = schema_of(envelope.address)
            robot = apprise.Apprise.instantiate(envelope.address, suppress_exceptions=True)
        except NotARobot as error:
            raise Undeliverable("chat: not a robot's address", gone=True) from error
        if not isinstance(robot, apprise.NotifyBase):
            raise Undeliverable("chat: not a robot's address", gone=True)
        robot.request_rate_per_sec = 0
        body = f"{envelope.body}\n\n{envelope.link}" if envelope.link not in envelope.body else envelope.body
        with _calls(account) as calls:
            went_well = robot.notify(body=body, title=envelope.title)
        _judge(schema, calls, went_well=bool(went_well))
        return envelope.key


@dataclass
class _Calls:
    """What a plug-in called during one message: the last answer, or why there was none."""

    relay: str
    answer: requests.Response | None = None
    failure: NotCarried | None = None
    made: list[str] = field(default_factory=list)


_now: ContextVar[_Calls] = ContextVar("apprise_calls")


@contextmanager
def _calls(account: Account) -> Iterator[_Calls]:
    calls = _Calls(place(account, "").url if account.options.get("endpoint") else "")
    token = _now.set(calls)
    try:
        yield calls
    finally:
        _now.reset(token)


class _Requests:
    """Stands for the module `requests` in the plug-ins: their calls go out by our client, and leave their answers."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def get(self, url: str, **terms: Any) -> requests.Response:
        return self.request("GET", url, **terms)

    def post(self, url: str, **terms: Any) -> requests.Response:
        return self.request("POST", url, **terms)

    def request(self, method: str, url: str, **terms: Any) -> requests.Response:
        calls = _now.get()
        if calls.relay:
            url = calls.relay + url.removeprefix(f"{urlsplit(url).scheme}://{urlsplit(url).netloc}")
        given = {**terms, "timeout": TIMEOUT, "allow_redirects": False}
        try:
            calls.answer = session().request(method, url, **given)
        except NotCarried as error:
            calls.failure = error
            raise
        return calls.answer


for _plugin in PLUGINS.values():
    import_module(f"apprise.plugins.{_plugin}").requests = _Requests()  # type: ignore[attr-defined] # theirs


def _judge(schema: str, calls: _Calls, *, went_well: bool) -> None:
    """Raise unless the chat itself said that it took the message."""
    if calls.failure is not None and calls.failure.forbidden:
        raise Undeliverable("chat: address may not be called", gone=True)
    if calls.answer is None:
        raise Retry(f"{schema}: unreachable")
    status = calls.answer.status_code
    if status in _GONE:
        raise Undeliverable(f"{schema}: http {status}", gone=True)
    if status == _TOO_MANY or status >= _SERVER:
        raise Retry(f"{schema}: http {status}", after=60.0)
    if status >= _BAD:
        raise OursToMend(f"{schema}: http {status}")
    number = _number(schema, calls.answer)
    if number == 0 and (schema in ANSWERS or went_well):
        return
    said = ANSWERS.get(schema)
    if said and number in said.gone:
        raise Undeliverable(f"{schema}: {number}", gone=True)
    if said and number in said.later:
        raise Retry(f"{schema}: {number}", after=60.0)
    raise OursToMend(f"{schema}: {number}")


def _number(schema: str, answer: requests.Response) -> int:
    """Return the number a chat answered with; 0 where it answers with none, -2 where it should have."""
    said = ANSWERS.get(schema)
    if said is None:
        return 0
    try:
        return int(answer.json()[said.field])
    except (ValueError, KeyError, TypeError):
        return -2
