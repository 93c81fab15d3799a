"""JPush and a push service of browsers, simulated: what is encrypted is decrypted, what is signed is checked.

[D] docs.jiguang.cn push v3; RFC 8030, 8188, 8291 and 8292. The one browser's key pair is of this process.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import time
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from starlette.requests import Request
from starlette.responses import Response

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

APP_KEY = "0123456789abcdef01234567"
_BROWSER, _AUTH = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
_LONGEST_LIFE = 86_400


async def jpush(desk: Desk, request: Request) -> Sent:
    """Understand a push."""
    right = base64.b64encode(f"{APP_KEY}:{desk.secret}".encode()).decode()
    if not hmac.compare_digest(request.headers.get("authorization", ""), f"Basic {right}"):
        raise RefusedError("1004")
    asked = await json_body(request, "1003")
    exactly(asked, {"platform", "audience", "notification"}, "1003", optional={"options"})
    aliases = asked["audience"].get("alias") if isinstance(asked["audience"], dict) else None
    if asked["platform"] != "all" or not isinstance(aliases, list) or len(aliases) != 1:
        raise RefusedError("1003")
    if not isinstance(asked["options"].get("time_to_live"), int) or not asked["notification"].get("alert"):
        raise RefusedError("1003")
    if not re.fullmatch(r"[\w@.!#$&*+=|-]{1,40}", aliases[0]):
        raise RefusedError("1003")
    key = asked["notification"]["android"]["extras"]["key"]
    return Sent(aliases[0], key, asked["notification"])


async def web_push(desk: Desk, request: Request) -> Sent:
    """Understand a message to the browser: VAPID, aes128gcm, TTL, Urgency, Topic."""
    headers = request.headers
    if not headers.get("ttl", "").isdigit():
        raise RefusedError("400")
    if headers.get("urgency", "normal") not in {"very-low", "low", "normal", "high"}:
        raise RefusedError("400")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("topic", "")):
        raise RefusedError("400")
    if headers.get("content-encoding") != "aes128gcm":
        raise RefusedError("415")
    _vapid(desk, headers.get("authorization", ""))
    body = await request.body()
    if len(body) > 4096:  # noqa: PLR2004 (RFC 8030 §7.2)
        raise RefusedError("413")
    try:
        plain = http_ece.decrypt(body, private_key=_BROWSER, auth_secret=_AUTH, version="aes128gcm")
    except http_ece.ECEException:
        raise RefusedError("400") from None
    said: dict[str, Any] = json.loads(plain)
    kept = {"urgency": headers["urgency"], "ttl": int(headers["ttl"]), "topic": headers["topic"]}
    return Sent(str(request.path_params["id"]), str(said["tag"]), {**said, **kept})


def _vapid(desk: Desk, authorization: str) -> None:
    """Refuse what isn't signed for this service, now, with the key that was subscribed under."""
    found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+),\s?k=([\w-]+)", authorization)
    if found is None or found[4] != desk.vapid or not Vapid02.verify(authorization):
        raise RefusedError("403")
    claims = json.loads(base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4)))
    alive = time.time() < claims["exp"] <= time.time() + _LONGEST_LIFE
    if claims["aud"] != desk.base_url or not alive or not str(claims["sub"]).startswith("mailto:"):
        raise RefusedError("403")


def subscription(base_url: str, name: str) -> dict[str, Any]:
    """Return what the browser hands to whoever may write to it."""
    point = _BROWSER.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": _shown(point), "auth": _shown(_AUTH)}
    return {"endpoint": f"{base_url}/push/{name}", "keys": keys}


def _shown(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _jpush_refusal(code: str) -> Response:
    status = {"1004": 401, "2002": 429}.get(code, 400)
    return as_json({"error": {"code": int(code), "message": code}}, status)


def _push_refusal(code: str) -> Response:
    return Response(status_code=int(code), headers={"Retry-After": "7"} if code == "429" else None)


CARRIERS = {
    "jpush": Carrier(
        "jpush",
        Words("2002", "1011", "1004"),
        jpush,
        lambda sent: as_json({"sendno": "0", "msg_id": sent.id}),
        _jpush_refusal,
    ),
    "web_push": Carrier(
        "web_push",
        Words("429", "410", "403"),
        web_push,
        lambda sent: Response(status_code=201, headers={"Location": f"/m/{sent.id}"}),
        _push_refusal,
    ),
}
