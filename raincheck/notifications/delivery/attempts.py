"""One attempt to hand a message over, and what came of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from raincheck.notifications.channels.base import Envelope
from raincheck.notifications.models import Delivery, DeliveryState, Message

ATTEMPTS = 6


@dataclass(frozen=True)
class Attempt:
    """At one message, on one channel, at one contact point where the channel has them."""

    message_id: UUID
    channel: str
    number: int
    point_id: UUID | None = None


@dataclass(frozen=True)
class Outcome:
    """How it ended. `after` is when to try again, in seconds; `gone`: the contact point has ceased to be."""

    attempt: Attempt
    state: DeliveryState
    error: str = ""
    provider_id: str = ""
    carrier: str = ""
    confirms: bool = False
    after: float = 0.0
    gone: bool = False
    #: What somebody of the company's has to mend: a key, a signature, a template. Empty where waiting will do.
    ours: str = ""
    # When it was handed over, by this host's clock: a transaction's time would make all of a batch one.
    at: datetime = field(default_factory=timezone.now)


@dataclass(frozen=True)
class Parcel:
    """An attempt with its envelope; None where the message can't be said, which fails it alone."""

    attempt: Attempt
    envelope: Envelope | None


def made_so_far(messages: Sequence[Message]) -> dict[UUID, list[Delivery]]:
    """Return, by message, the attempts on record; one without any has none here, either."""
    found: dict[UUID, list[Delivery]] = defaultdict(list)
    for delivery in Delivery.objects.filter(message_id__in=[message.id for message in messages]):
        found[delivery.message_id].append(delivery)
    return found


def later(attempt: Attempt, why: str, after: float, *, carrier: str = "", ours: str = "") -> Outcome:
    """Try again after a wait that doubles, until the last attempt has failed."""
    state = DeliveryState.FAILED if attempt.number >= ATTEMPTS else DeliveryState.RETRY
    wait = after * 2 ** (attempt.number - 1)
    return Outcome(attempt, state, error=why[:200], carrier=carrier, after=wait, ours=ours)
