"""Reading one's own messages, and what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.notifications.models import DigestItem, Message, MessageState
from raincheck.notifications.recipients import CANCELLED_TOGETHER
from raincheck.notifications.words import Words


@dataclass(frozen=True)
class Shown:
    """A message as its reader sees it in the app."""

    id: UUID
    title: str
    body: str
    at: datetime
    read: bool
    interview_id: UUID | None


def _mine(actor: Actor) -> "QuerySet[Message]":
    demand(actor, Ability.READ_MESSAGES)
    mine = Message.objects.filter(
        company_id=actor.company_id, recipient_id=actor.person, channels__contains="in_app"
    )
    return mine.exclude(state=MessageState.DROPPED)


def inbox(actor: Actor, *, interview_id: UUID | None = None, limit: int = 50) -> list[Shown]:
    """Return the actor's own messages (about one interview), newest first, in the language they were written in."""
    shown = []
    mine = _mine(actor) if interview_id is None else _mine(actor).filter(interview_id=interview_id)
    messages = list(mine.order_by("-made_at")[:limit])
    own = Words.of(actor.company_id, messages)
    for message in messages:
        text = own.say(message)
        shown.append(
            Shown(
                message.id,
                text.title,
                text.body,
                message.made_at,
                message.read_at is not None,
                message.interview_id,
            )
        )
    return shown


def unread_count(actor: Actor) -> int:
    """Return how many of the actor's messages are unread."""
    return _mine(actor).filter(read_at=None).count()


def of_interview(interview_id: UUID) -> "QuerySet[Message]":
    """Return every message about an interview with its deliveries, digests included; for a timeline already allowed."""
    digests = DigestItem.objects.filter(interview_id=interview_id, digest_id__isnull=False).values(
        "digest_id"
    )
    together = Q(event=CANCELLED_TOGETHER, entry_id__in=digests)
    return (
        Message.objects.filter(Q(interview_id=interview_id) | together)
        .prefetch_related("deliveries")
        .order_by("made_at", "id")
    )


def titles_of(company_id: UUID, message_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the titles of these messages, as they were sent; for a profile already allowed."""
    messages = list(Message.objects.filter(company_id=company_id, id__in=set(message_ids)))
    own = Words.of(company_id, messages)
    return {message.id: own.say(message).title for message in messages}
