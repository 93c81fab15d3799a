"""Mails that came back: delivery status notifications (RFC 3464), handed in by the mail server's pipe.

A bounce is matched by the Message-ID of the mail it is about, which bears our message's id; its text isn't kept.
"""

import re
from email import message_from_bytes, policy
from email.message import Message as Mail
from uuid import UUID

from raincheck.core.scope import Purpose, system_scope
from raincheck.notifications.channels.base import Told
from raincheck.notifications.hearing import take_in
from raincheck.notifications.receipts import company_of

#: What `channels/smtp` makes of a message's key.
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[\w-]{1,60}@[^\s<>@]{1,253}>")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
LONGEST_BYTES = 1_000_000
#: What becomes of a mail for good; `delayed`, `relayed` and `expanded` are not the end of it.
_ENDS = {"failed": False, "delivered": True}


class NotABounce(ValueError):
    """The mail is no delivery status notification about one of our mails."""


def read(raw: bytes) -> Told | None:
    """Return what a bounce says of the mail it is about; None where that isn't its end yet. Raises NotABounce."""
    mail = message_from_bytes(raw[:LONGEST_BYTES], policy=policy.compat32)
    report = next(
        (part for part in mail.walk() if part.get_content_type() == "message/delivery-status"), None
    )
    if report is None:
        raise NotABounce("no delivery status in it")
    message_id = _original(mail)
    if not message_id:
        raise NotABounce("not about a mail of ours")
    for block in _parts(report):
        action = str(block.get("Action", "")).strip().lower()
        if action in _ENDS:
            found = _STATUS.search(str(block.get("Status", "")))
            return Told(
                message_id,
                _ENDS[action],
                "" if _ENDS[action] else f"bounced {found[0] if found else ''}".strip(),
            )
    return None


def take(raw: bytes) -> bool:
    """Take a bounce in; False where it says nothing new, or nothing yet. Raises NotABounce."""
    told = read(raw)
    if told is None:
        return False
    found = _OURS.fullmatch(told.provider_id)
    with system_scope(Purpose.INBOUND_WEBHOOK):
        company_id = company_of(UUID(found[1])) if found else None
    if company_id is None:
        raise NotABounce("not about a mail of ours")
    return bool(take_in(company_id=company_id, carrier="smtp", news=[told]))


def _original(mail: Mail) -> str:
    """Return the Message-ID of the mail that came back: from its head, which the bounce holds as its last part.

    The bounce's own Message-ID, and what it refers to in its head, are the mail server's to write.
    """
    for part in mail.walk():
        kind = part.get_content_type()
        text = ""
        if kind == "message/rfc822":
            text = next((str(inner.get("Message-ID", "")) for inner in _parts(part)), "")
        elif kind == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            text = str(message_from_bytes(body).get("Message-ID", "")) if isinstance(body, bytes) else ""
        found = _OURS.search(text)
        if found:
            return found[0]
    return ""


def _parts(part: Mail) -> list[Mail]:
    found = part.get_payload()
    return [one for one in found if isinstance(one, Mail)] if isinstance(found, list) else []
