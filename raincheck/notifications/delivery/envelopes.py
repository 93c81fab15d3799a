"""A message as it goes out on one channel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from raincheck.notifications import letter, words
from raincheck.notifications.calendars import Appointment, Invitation, itip
from raincheck.notifications.channels.base import Channel, Envelope
from raincheck.notifications.delivery.attempts import Attempt
from raincheck.notifications.models import Message, RecipientKind


def envelope_of(
    message: Message, own: words.Words, attempt: Attempt, address: str, now: datetime
) -> Envelope:
    """Return the finished message, in the words it was written with; raises WordsMissing."""
    text = own.say(message)
    calendar, calendars = None, tuple[str, ...]()
    if attempt.channel == Channel.EMAIL and message.recipient_kind == RecipientKind.STAFF:
        if message.params.get("calendar"):
            calendar = _itip(message, message.params["when"], text.title, address, now)
        calendars = tuple(
            _itip(message, times, times["summary"], address, now)
            for times in message.params.get("calendars", ())
        )
    return Envelope(
        key=key_of(attempt),
        address=address,
        title=text.title,
        body=text.body,
        sms=text.sms,
        template=message.template,
        calendar=calendar,
        calendars=calendars,
        html=letter.html(message, text) if attempt.channel == Channel.EMAIL else "",
        link=str(message.params.get("link", "")),
        language=message.language,
        urgent=message.urgent,
        # A Chinese SMS is a template's code and these.
        facts=text.facts,
    )


def key_of(attempt: Attempt) -> str:
    """Return what every attempt at one address bears, so that the receiver can tell a repeat."""
    point = f"-{attempt.point_id.hex[-12:]}" if attempt.point_id else ""
    return f"{attempt.message_id}-{attempt.channel}{point}"


def _itip(message: Message, times: Mapping[str, Any], summary: str, address: str, now: datetime) -> str:
    appointment = Appointment(
        interview=times["uid"],
        sequence=times["sequence"],
        starts_at=datetime.fromisoformat(times["starts_at"]),
        ends_at=datetime.fromisoformat(times["ends_at"]),
        summary=summary,
        stamp=now,
        # A digest is of cancellations alone.
        cancelled=message.params.get("calendar") != "REQUEST",
        url=str(message.params["link"]),
    )
    return itip(Invitation(appointment, address, message.timezone, str(message.params["company"])))
