"""Leaving a topic and coming back: by a link in the mail, by the mail program's own button, or in the settings.

Only topics that law lets people leave have a link. What was decided about somebody's interview isn't one of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from raincheck.accounts.models import CandidateIdentity, Company, Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core import crypto
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import NotFound
from raincheck.core.scope import take_turns
from raincheck.notifications.channels.base import Channel
from raincheck.notifications.models import Message, OptOut, RecipientKind
from raincheck.notifications.recipients import TABLE, Topic


@dataclass(frozen=True)
class Reader:
    """Somebody who gets messages, by a link of theirs or because they have signed in."""

    kind: RecipientKind
    person: CandidateIdentity | Staff
    topic: Topic


def address(company: Company, recipient_id: UUID, topic: str) -> str:
    """Return where this person leaves this topic, without signing in (RFC 8058)."""
    token = crypto.sign_id(_purpose(topic), recipient_id)
    return f"{settings.RAINCHECK_BASE_URL}/c/{company.slug}/unsubscribe/{topic}/{token}/"


def reader_of(*, company_id: UUID, topic: str, token: str) -> Reader:
    """Return whose link this is. Raises NotFound for one that isn't ours, or that names no topic."""
    recipient_id = crypto.signed_id(_purpose(topic), token)
    if recipient_id is None or topic not in set(Topic):
        raise NotFound
    candidate = CandidateIdentity.objects.filter(company_id=company_id, id=recipient_id).first()
    if candidate is not None:
        return Reader(RecipientKind.CANDIDATE, candidate, Topic(topic))
    staff = Staff.objects.filter(company_id=company_id, id=recipient_id).first()
    if staff is None:
        raise NotFound
    return Reader(RecipientKind.STAFF, staff, Topic(topic))


def choose(*, reader: Reader, wanted: bool, way: str, now: datetime) -> None:
    """Leave the topic, or come back to it; the same choice again changes nothing. `way` says where it was made."""
    company_id, person_id = reader.person.company_id, reader.person.id
    take_turns(f"topic:{person_id}:{reader.topic}")
    left = OptOut.objects.filter(recipient_id=person_id, topic=reader.topic)
    if left.exists() is not wanted:
        return
    if wanted:
        left.delete()
    else:
        OptOut.objects.create(
            company_id=company_id,
            recipient_kind=reader.kind,
            recipient_id=person_id,
            topic=reader.topic,
            at=now,
        )
    kind = ActorKind.CANDIDATE if reader.kind == RecipientKind.CANDIDATE else ActorKind.STAFF
    deed = Deed(
        Action.TOPIC_CHOSEN,
        Subject("recipient", person_id),
        {"topic": str(reader.topic), "wanted": wanted, "way": way},
    )
    note(actor=Actor(kind, person_id, company_id), deed=deed, now=now)


def keep_to_the_app(messages: Iterable[Message]) -> None:
    """Have (unsaved) messages of a topic their reader has left go nowhere but into the app."""
    about = [(message, topic_of(message)) for message in messages if topic_of(message)]
    readers = {message.recipient_id for message, _ in about}
    left = (
        set(OptOut.objects.filter(recipient_id__in=readers).values_list("recipient_id", "topic"))
        if about
        else set()
    )
    for message, topic in about:
        if (message.recipient_id, topic) in left:
            message.channels = [Channel.IN_APP]


def topic_of(message: Message) -> str:
    """Return the topic a message belongs to, by the table; `""` for what is owed to its reader."""
    lines = TABLE.get(message.event, ())
    return next((line.topic for line in lines if line.template == message.template), "")


def left_topics(person_id: UUID) -> set[str]:
    """Return the topics this person has left."""
    return set(OptOut.objects.filter(recipient_id=person_id).values_list("topic", flat=True))


def _purpose(topic: str) -> str:
    return f"unsubscribe:{topic}"
