"""One folder a carrier, deletable as a folder; `CARRIERS` names what is installed.

The vendors' libraries are large, so a carrier is imported when it is first needed.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from raincheck.notifications.channels.base import Carrier, Channel

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


class _Carriers(Mapping[str, Carrier]):
    """The carriers by their names."""

    def __getitem__(self, name: str) -> Carrier:
        return _made(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES


CARRIERS: Mapping[str, Carrier] = _Carriers()

#: Who carries a channel for a company that has chosen nobody.
HOUSE: dict[Channel, str] = {
    Channel.IN_APP: "in_app",
    Channel.EMAIL: "smtp",
    Channel.SMS: "sms_sandbox",
    Channel.WEB_PUSH: "web_push",
    Channel.CHAT: "apprise",
}
