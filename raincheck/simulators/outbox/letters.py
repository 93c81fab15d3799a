"""Read a raw mail: headers, texts, calendar and attachments; never fails on a broken one."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart

_READABLE = ("text/", "application/json", "application/ics")


@dataclass(frozen=True)
class Attachment:
    """Something that came with a mail; `text` is None when it is not text."""

    name: str
    kind: str
    size: int
    text: str | None


@dataclass(frozen=True)
class Letter:
    """What a mail says, decoded; `calendar` is the iCalendar text when one came along."""

    headers: dict[str, str]
    text: str
    html: str
    calendar: str
    attachments: tuple[Attachment, ...]


def parse(raw: bytes) -> EmailMessage:
    """Parse raw bytes as a message with decoded headers."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def read(raw: bytes) -> Letter:
    """Decode a mail; the first of several headers of one name is kept."""
    message = parse(raw)
    headers: dict[str, str] = {}
    for name, value in message.items():
        # A value may begin on a line of its own; the blank it is folded by is none of it.
        headers.setdefault(name, str(value).strip())
    leaves = [part for part in message.walk() if not part.is_multipart()]
    calendars = [_text(part) for part in leaves if part.get_content_type() == "text/calendar"]
    return Letter(
        headers=headers,
        text=_body(message, "plain"),
        html=_body(message, "html"),
        calendar=calendars[0] if calendars else "",
        attachments=tuple(_attachment(part) for part in leaves if _stands_apart(part)),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else _text(part)


def _stands_apart(part: MIMEPart) -> bool:
    named = part.get_filename() is not None or part.is_attachment()
    return named or part.get_content_maintype() != "text" or part.get_content_subtype() == "calendar"


def _attachment(part: MIMEPart) -> Attachment:
    kind = part.get_content_type()
    content = part.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else 0
    return Attachment(
        name=part.get_filename() or kind,
        kind=kind,
        size=size,
        text=_text(part) if kind.startswith(_READABLE) else None,
    )


def _text(part: MIMEPart) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
