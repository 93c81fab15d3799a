"""Start the simulated carriers of messages as one real process, and talk to their control plane.

with start_carriers() as carriers:
    carriers.fault("throttled", "aliyun_sms", times=1)
    carriers.sent("aliyun_sms")
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from raincheck.notifications.channels.web_push.keys import public_key
from raincheck.simulators.carriers import push, sms
from tests.simulators import Simulator, _running, free_port

SECRET = "carriersecret0123"
TEMPLATES = (
    "candidate_asked zh-hans SMS_100001 position=position… when=when\n"
    "sign_in_code zh-hans SMS_100002 company=company[20]… code=code:digits\n"
    "candidate_scheduled zh-hans SMS_100003 position=position link=link[60]:link"
)
COUNTED = (
    "candidate_asked zh-hans 2000001 position… when\nsign_in_code zh-hans 2000002 company[20]… code:digits"
)


class Carriers(Simulator):
    """The running carriers: all know one account by `secret`."""

    secret = SECRET

    def fault(self, mode: str, carrier: str, *, ms: int = 0, times: int | None = None) -> None:
        """Switch a fault on (`kit.FAULT_REACH`), for `times` calls or until cleared."""
        self.control("POST", "/faults", {"mode": mode, "carrier": carrier, "ms": ms, "times": times})

    def sent(self, carrier: str) -> list[dict[str, Any]]:
        """Return what one carrier took: id, recipient, key and what it says."""
        items: list[dict[str, Any]] = self.control("GET", "/sent")["items"]
        return [one for one in items if one["carrier"] == carrier]

    def subscription(self, name: str) -> dict[str, Any]:
        """Return what a browser of this name hands out."""
        found: dict[str, Any] = self.control("GET", f"/subscription/{name}")
        return found

    def report(self, message_id: str, url: str, *, delivered: bool) -> dict[str, Any]:
        """Return the call by which a carrier would tell what became of a message: kind, headers, body."""
        asked = {"id": message_id, "url": url, "delivered": delivered}
        found: dict[str, Any] = self.control("POST", "/receipts", asked)
        return found

    def options(self, carrier: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return what a form would be filled in with: options and secrets."""
        sign = {"sign_name": sms.SIGN_NAME, "endpoint": self.url}
        return {
            "aliyun_sms": (
                {**sign, "access_key_id": sms.KEY_ID, "templates": TEMPLATES},
                {"access_key_secret": SECRET},
            ),
            "tencent_sms": (
                {**sign, "secret_id": sms.KEY_ID, "app_id": sms.APP_ID, "templates": COUNTED},
                {"secret_key": SECRET},
            ),
            "twilio": (
                {"account_sid": sms.ACCOUNT_SID, "sender": "+15005550006", "endpoint": self.url},
                {"auth_token": SECRET},
            ),
            "jpush": ({"app_key": push.APP_KEY, "endpoint": self.url}, {"master_secret": SECRET}),
            "web_push": ({}, {}),
            "apprise": ({"endpoint": self.url}, {}),
        }[carrier]


@contextlib.contextmanager
def start_carriers() -> Iterator[Carriers]:
    """Run the carriers; ends with the block."""
    port = free_port()
    arguments = ["carriers", "--port", str(port), "--secret", SECRET, "--vapid", public_key()]
    with _running(arguments, lambda process: Carriers(process, f"http://127.0.0.1:{port}")) as carriers:
        yield carriers
