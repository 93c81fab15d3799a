"""Signatures of inbound messages, always over the raw bytes and compared in constant time."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from raincheck.vendors.adapters.base import BadSignature

#: How old, or how far ahead, a signed instant may be.
REPLAY_WINDOW = timedelta(minutes=5)


def standard_webhook(
    headers: Mapping[str, str], body: bytes, secret: str, now: datetime
) -> tuple[str, datetime]:
    """Verify by Standard Webhooks; returns the event's id and instant. Raises BadSignature."""
    event_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not event_id or not secret:
        raise BadSignature("headers missing")
    at = fresh(stamp, now)
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except ValueError as error:
        raise BadSignature("secret unusable") from error
    signed = b".".join([event_id.encode(), stamp.encode(), body])
    right = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    given = headers.get("webhook-signature", "").encode().split(b" ")
    if not any(hmac.compare_digest(right, one) for one in given):
        raise BadSignature("signature differs")
    return event_id, at


def fresh(stamp: str, now: datetime) -> datetime:
    """Return the instant of a signed Unix time in seconds. Raises BadSignature outside the replay window."""
    if not (stamp.isascii() and stamp.isdigit()):
        raise BadSignature("timestamp missing")
    try:
        at = datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadSignature("timestamp unusable") from error
    if abs(now - at) > REPLAY_WINDOW:
        raise BadSignature("too old")
    return at


def same(right: str, given: str) -> None:
    """Compare what a signature, or a shared word, must be with what came. Raises BadSignature."""
    if not right or not hmac.compare_digest(right.encode(), given.encode()):
        raise BadSignature("signature differs")
