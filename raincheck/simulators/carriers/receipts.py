"""What the SMS carriers tell later of a message: the documented shapes, sent late, twice, or only shown.

[D] Aliyun's SmsReport (HTTP push, a JSON array), Tencent's status callback (a JSON array), Twilio's StatusCallback
(a form, signed with HMAC-SHA1 over the address and the sorted fields).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx


@dataclass(frozen=True)
class Report:
    """One call that tells: its content type, headers and body."""

    kind: str
    headers: Mapping[str, str]
    body: str


def report(message: Mapping[str, Any], *, delivered: bool, url: str, secret: str) -> Report:
    """Return the call by which a carrier tells what became of a message it took (`kit.listed`)."""
    shapes = {"aliyun_sms": _aliyun, "tencent_sms": _tencent}
    if message["carrier"] == "twilio":
        return _twilio(message, delivered=delivered, url=url, secret=secret)
    told = [shapes[message["carrier"]](message, delivered)]
    return Report("application/json", {}, json.dumps(told, ensure_ascii=False))


def _aliyun(message: Mapping[str, Any], delivered: bool) -> dict[str, Any]:
    return {
        "phone_number": message["recipient"],
        "send_time": "2026-11-25 16:00:00",
        "report_time": "2026-11-25 16:00:03",
        "success": delivered,
        "err_code": "DELIVERED" if delivered else "MOBILE_NOT_ON_SERVICE",
        "err_msg": "用户接收成功" if delivered else "停机",
        "sms_size": "1",
        "biz_id": message["id"],
        "out_id": message["key"],
    }


def _tencent(message: Mapping[str, Any], delivered: bool) -> dict[str, Any]:
    return {
        "user_receive_time": "2026-11-25 16:00:03",
        "nationcode": "86",
        "mobile": message["recipient"].removeprefix("+86"),
        "report_status": "SUCCESS" if delivered else "FAIL",
        "errmsg": "DELIVRD" if delivered else "MK:0001",
        "description": "用户短信送达成功" if delivered else "空号",
        "sid": message["id"],
        "ext": "",
    }


def _twilio(message: Mapping[str, Any], *, delivered: bool, url: str, secret: str) -> Report:
    form = {
        "MessageSid": message["id"],
        "SmsSid": message["id"],
        "MessageStatus": "delivered" if delivered else "undelivered",
        "To": message["recipient"],
        "From": "+15005550006",
        "ApiVersion": "2010-04-01",
        **({} if delivered else {"ErrorCode": "30003"}),
    }
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), "sha1").digest()).decode()
    return Report("application/x-www-form-urlencoded", {"X-Twilio-Signature": signature}, urlencode(form))


async def post(one: Report, url: str, *, times: int, after_ms: int) -> list[int]:
    """Send a report so many times, so late; returns the statuses it was answered with."""
    await asyncio.sleep(after_ms / 1000)
    headers = {**one.headers, "Content-Type": one.kind}
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        return [
            (await client.post(url, content=one.body.encode(), headers=headers)).status_code
            for _ in range(times)
        ]
