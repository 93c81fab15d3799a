"""Robots of WeCom, DingTalk and Feishu, simulated: 200 whatever happens, the truth in a number of the body.

[D] developer.work.weixin.qq.com/document/path/91770, open.dingtalk.com custom robots, open.feishu.cn custom bots v2.
The secret is the robot's token; DingTalk's robot signs as well, with the same.
"""

from __future__ import annotations

import base64
import hmac
import time
from urllib.parse import unquote

from starlette.requests import Request

from raincheck.simulators.carriers.kit import (
    Carrier,
    Desk,
    RefusedError,
    Sent,
    Words,
    as_json,
    exactly,
    json_body,
)

_SKEW_MS = 3_600_000
LONGEST_BYTES = 2048


async def wecom(desk: Desk, request: Request) -> Sent:
    """Understand a text."""
    if dict(request.query_params) != {"key": desk.secret}:
        raise RefusedError("93000")
    asked = await json_body(request, "40058")
    exactly(asked, {"msgtype", "text"}, "40058")
    text = asked["text"].get("content", "")
    if asked["msgtype"] != "text" or not text or len(text.encode()) > LONGEST_BYTES:
        raise RefusedError("40058")
    return Sent("wecombot", "", {"text": text})


async def dingtalk(desk: Desk, request: Request) -> Sent:
    """Understand a text, signed."""
    query = dict(request.query_params)
    if query.get("access_token") != desk.secret:
        raise RefusedError("300001")
    stamp = query.get("timestamp", "0")
    text = f"{stamp}\n{desk.secret}".encode()
    right = base64.b64encode(hmac.new(desk.secret.encode(), text, "sha256").digest()).decode()
    # Apprise quotes the signature, and requests once more.
    given = {query.get("sign", ""), unquote(query.get("sign", ""))}
    if right not in given or abs(int(stamp) - time.time() * 1000) > _SKEW_MS:
        raise RefusedError("310000")
    asked = await json_body(request, "40035")
    exactly(asked, {"msgtype", "text", "at"}, "40035")
    if asked["msgtype"] != "text" or not asked["text"].get("content"):
        raise RefusedError("40035")
    return Sent("dingtalk", "", {"text": asked["text"]["content"]})


async def feishu(desk: Desk, request: Request) -> Sent:
    """Understand a text."""
    if request.path_params["token"] != desk.secret:
        raise RefusedError("19001")
    asked = await json_body(request, "9499")
    exactly(asked, {"msg_type", "content"}, "9499")
    if asked["msg_type"] != "text" or not asked["content"].get("text"):
        raise RefusedError("9499")
    return Sent("feishu", "", {"text": asked["content"]["text"]})


CARRIERS = {
    "wecombot": Carrier(
        "wecombot",
        Words("45009", "93000", "40058"),
        wecom,
        lambda _sent: as_json({"errcode": 0, "errmsg": "ok"}),
        lambda code: as_json({"errcode": int(code), "errmsg": code}),
    ),
    "dingtalk": Carrier(
        "dingtalk",
        Words("130101", "300001", "310000"),
        dingtalk,
        lambda _sent: as_json({"errcode": 0, "errmsg": "ok"}),
        lambda code: as_json({"errcode": int(code), "errmsg": code}),
    ),
    "feishu": Carrier(
        "feishu",
        Words("11232", "19001", "19024"),
        feishu,
        lambda _sent: as_json({"code": 0, "msg": "success", "data": {}}),
        lambda code: as_json({"code": int(code), "msg": code, "data": {}}),
    ),
}
