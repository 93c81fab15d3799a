"""Web Push by `pywebpush`: to a browser that subscribed, encrypted for it alone, signed with our key.

RFC 8030 (TTL, Urgency, Topic), 8291 (aes128gcm), 8292 (VAPID). The address is what the browser gave:
`{"endpoint": …, "keys": {"p256dh": …, "auth": …}}`. The push service replaces what it still holds under the same Topic,
and the browser what it still shows under the same tag: a repeat is never a second notification.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from django.conf import settings
from django.utils import timezone
from pywebpush import WebPushException, webpush

from raincheck.notifications.channels.base import (
    Account,
    Channel,
    Envelope,
    OursToMend,
    Repeats,
    Retry,
    Setting,
    Undeliverable,
)
from raincheck.notifications.channels.sdks import TIMEOUT, NotCarried, session
from raincheck.notifications.channels.web_push.keys import contact, signer

#: A day: what a browser that was closed so long is told later is no news.
TTL_SECONDS = 86_400
LONGEST_TEXT, LONGEST_WAIT = 900, 3600.0
_GONE, _TOO_MANY, _SERVER = (404, 410), 429, 500
_OURS_TO_MEND = (401, 403)


class WebPush:
    """One key pair an installation: browsers take nothing that isn't signed with the one they subscribed under."""

    name = "web_push"
    title = "浏览器推送 Web Push"
    channel = Channel.WEB_PUSH
    settings: tuple[Setting, ...] = ()
    repeats = Repeats.REPLACES
    confirms = False
    verified_against_live = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand it to the browser's push service; returns where that keeps it. Raises Retry, Undeliverable."""
        key = signer()
        if key is None:
            raise Undeliverable("no key for web push is set (RAINCHECK_VAPID_PRIVATE_KEY)")
        try:
            answer = webpush(
                subscription_info=_subscription(envelope.address),
                data=_payload(envelope),
                vapid_private_key=key,
                vapid_claims={"sub": contact()},
                ttl=TTL_SECONDS,
                timeout=TIMEOUT,
                headers={
                    "Urgency": "high" if envelope.urgent else "normal",
                    "Topic": topic(envelope.key),
                    "Content-Type": "application/octet-stream",
                },
                requests_session=session(),
            )
        except WebPushException as error:
            _refused(error)
        except NotCarried as error:
            if error.forbidden:
                raise Undeliverable("web push: address may not be called", gone=True) from error
            raise Retry(f"web push: unreachable ({error})") from error
        return str(getattr(answer, "headers", {}).get("location") or envelope.key)


def topic(key: str) -> str:
    """Return the Topic of a message: 32 characters, as many as there may be (RFC 8030 §5.4)."""
    return urlsafe_b64encode(hashlib.sha256(key.encode()).digest()[:24]).decode()


def _subscription(address: str) -> dict[str, Any]:
    try:
        found = json.loads(address)
        keys = {name: str(found["keys"][name]) for name in ("p256dh", "auth")}
        return {"endpoint": str(found["endpoint"]), "keys": keys}
    except (ValueError, KeyError, TypeError) as error:
        raise Undeliverable("web push: not a subscription", gone=True) from error


def _payload(envelope: Envelope) -> str:
    said = {
        "title": envelope.title,
        "body": envelope.sms[:LONGEST_TEXT],
        "link": envelope.link or settings.RAINCHECK_BASE_URL,
        "tag": envelope.key,
    }
    return json.dumps(said, ensure_ascii=False)


def _refused(error: WebPushException) -> NoReturn:
    """Raise what a refusal means; one without an answer is a subscription nothing can be encrypted for."""
    if error.response is None:
        raise Undeliverable("web push: not a subscription", gone=True) from error
    status = error.response.status_code
    why = f"web push: http {status}"
    if status in _GONE:
        raise Undeliverable(why, gone=True) from error
    if status == _TOO_MANY or status >= _SERVER:
        raise Retry(why, after=_wait(error.response.headers.get("retry-after", ""))) from error
    if status in _OURS_TO_MEND:
        raise OursToMend(why) from error
    raise Undeliverable(why) from error


def _wait(said: str) -> float:
    """Return how long to wait, in seconds, from a Retry-After in either form."""
    if said.isdigit():
        return min(float(said), LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(said) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        return 30.0
    return min(max(seconds, 1.0), LONGEST_WAIT)
