"""One folder a carrier, deletable as a folder; `CARRIERS` names what is installed.

The vendors' libraries are large, so a carrier is imported when something is first asked of it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

from raincheck.notifications.channels.base import Carrier, Channel, Telling

#: name → its class, in the order in which a company is offered them.
_CLASSES = {
    "in_app": "InApp",
    "smtp": "Smtp",
    "aliyun_sms": "AliyunSms",
    "tencent_sms": "TencentSms",
    "twilio": "Twilio",
    "sms_sandbox": "SmsSandbox",
    "jpush": "JPush",
    "web_push": "WebPush",
    "apprise": "Apprise",
}


@cache
def _made(name: str) -> Carrier:
    module = import_module(f"raincheck.notifications.channels.{name}.channel")
    carrier: Carrier = getattr(module, _CLASSES[name])()
    return carrier


class _Unopened:
    """Stands for a carrier until something is asked of it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(_made(self.name), attribute)


class _Carriers(Mapping[str, Carrier]):
    """The carriers by their names."""

    def __init__(self) -> None:
        self._all = {name: cast("Carrier", _Unopened(name)) for name in _CLASSES}

    def __getitem__(self, name: str) -> Carrier:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, name: object) -> bool:
        return name in self._all


def telling(name: str) -> Telling | None:
    """Return a carrier that says later what became of a message; None for others, and for unknown names."""
    made = _made(name) if name in _CLASSES else None
    return made if isinstance(made, Telling) else None


CARRIERS: Mapping[str, Carrier] = _Carriers()

#: Who carries a channel for a company that has chosen nobody.
HOUSE: dict[Channel, str] = {
    Channel.IN_APP: "in_app",
    Channel.EMAIL: "smtp",
    Channel.SMS: "sms_sandbox",
    Channel.WEB_PUSH: "web_push",
    Channel.CHAT: "apprise",
}
