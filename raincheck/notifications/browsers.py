"""Browsers that want notices: what they hand to us is checked, and kept as a contact point of the candidate's."""

import base64
import binascii
import ipaddress
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Invalid
from raincheck.core.network import may_be_called
from raincheck.core.scope import take_turns
from raincheck.notifications import points
from raincheck.notifications.channels.base import Channel
from raincheck.notifications.models import ContactPoint, RecipientKind

#: As many devices as one person has; the oldest makes room.
MOST = 5
_LONGEST = 2000
#: Bytes of a P-256 point and of the secret that goes with it (RFC 8291).
_KEYS = {"p256dh": 65, "auth": 16}


class BadSubscription(Invalid):
    """What came isn't what a browser's push service gives."""

    code = "bad_subscription"
    status = 422
    message = _("此浏览器的推送订阅无效")
    advice = _("请刷新页面后重试，或换一个浏览器")


def subscribe(*, company_id: UUID, identity_id: UUID, subscription: str, now: datetime) -> ContactPoint:
    """Note that this browser is the candidate's. Raises BadSubscription, NotFound."""
    address = _checked(subscription)
    take_turns(f"browsers:{identity_id}")
    kept = points.add(
        company_id=company_id,
        kind=RecipientKind.CANDIDATE,
        recipient_id=identity_id,
        channel=Channel.WEB_PUSH,
        address=address,
        now=now,
    )
    mine = [p for p in points.points_of([identity_id]) if p.channel == Channel.WEB_PUSH]
    endpoint = json.loads(address)["endpoint"]
    same = [id_ for id_, text in points.open_all(mine).items() if json.loads(text)["endpoint"] == endpoint]
    # The same browser with fresh keys: the old ones open nothing any more.
    points.end(point_ids=[id_ for id_ in same if id_ != kept.id], why="renewed", now=now)
    points.end(point_ids=[p.id for p in mine if p.id not in same][: -MOST + 1], why="too_many", now=now)
    return kept


def unsubscribe(*, company_id: UUID, identity_id: UUID, endpoint: str, why: str, now: datetime) -> int:
    """End this browser's contact point, if it is this candidate's; returns how many there were."""
    mine = [p for p in points.points_of([identity_id]) if p.channel == Channel.WEB_PUSH]
    opened = points.open_all(mine)
    ended = [id_ for id_, text in opened.items() if json.loads(text)["endpoint"] == endpoint]
    return points.end(point_ids=ended, why=why, now=now)


def _checked(subscription: str) -> str:
    """Return the subscription as it is kept, always in the same words."""
    try:
        found: Any = json.loads(subscription[: _LONGEST + 1])
        endpoint, keys = str(found["endpoint"]), {name: str(found["keys"][name]) for name in _KEYS}
        sizes = {
            name: len(base64.urlsafe_b64decode(f"{key}{'=' * (-len(key) % 4)}")) for name, key in keys.items()
        }
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BadSubscription(field="subscription") from error
    if len(subscription) > _LONGEST or sizes != _KEYS or not _is_public(endpoint):
        raise BadSubscription(field="subscription")
    return json.dumps({"endpoint": endpoint, "keys": keys}, sort_keys=True)


def _is_public(endpoint: str) -> bool:
    """Say whether this may be a push service: by HTTPS, at a name of the Internet's or a public address.

    A name that leads inside all the same is refused when it is called, where it has become an address. An installation
    that allows a private network may have a push service there.
    """
    try:
        parts = urlsplit(endpoint)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username or parts.password or parts.fragment or not host:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        public = "." in host and not host.endswith((".local", ".localhost", ".internal", "."))
        return parts.scheme == "https" and public
    allowed = may_be_called(host)
    return allowed and (
        parts.scheme == "https" or (parts.scheme == "http" and ipaddress.ip_address(host).is_private)
    )
