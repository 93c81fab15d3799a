"""Receipts: what a carrier says later of a message it took. Any order, any number of times, the same end."""

from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from raincheck.core.jobs import defer
from raincheck.core.scope import take_turns
from raincheck.notifications.models import Delivery, Message, MessageState, Receipt, ReceiptOutcome


def apply(
    *,
    company_id: UUID,
    carrier: str,
    provider_id: str,
    outcome: ReceiptOutcome,
    at: datetime,
    why: str = "",
) -> bool:
    """Take in a carrier's receipt, within the company's scope; False where it says nothing new.

    `provider_id` is what the carrier's `send` returned; `why` its code for a failure, never an address. One that
    comes before the hand-over is noted is kept for then. After a failure the next step of the message's chain is
    tried; where nothing is left and nobody was reached, HR gets a task.
    """
    take_turns(receipt_turn(carrier, provider_id))
    _, new = Receipt.objects.get_or_create(
        company_id=company_id,
        carrier=carrier,
        provider_id=provider_id[:200],
        outcome=outcome,
        defaults={"why": why[:200], "at": at},
    )
    if not new:
        return False
    mine = Delivery.objects.filter(company_id=company_id, carrier=carrier, provider_id=provider_id[:200])
    # Delivered is the last word: a failure told afterwards is older news, or a lie.
    news = mine.exclude(receipt=ReceiptOutcome.DELIVERED).exclude(receipt=outcome)
    told = list(news.values_list("id", "message_id"))
    Delivery.objects.filter(id__in=[i for i, _ in told]).update(
        receipt=outcome, receipt_at=at, error=why[:200]
    )
    _look_again(company_id, [message_id for _, message_id in told])
    return True


def receipt_turn(carrier: str, provider_id: str) -> str:
    """Return the name under which whoever notes a hand-over and whoever notes its receipt take turns."""
    return f"receipt:{carrier}:{provider_id[:200]}"


def _look_again(company_id: UUID, message_ids: list[UUID]) -> None:
    """Have delivery judge these messages anew: what was settled may be open again."""
    messages = Message.objects.filter(id__in=message_ids)
    if messages.update(state=MessageState.WAITING, next_attempt_at=Now()):
        defer(
            "notifications.deliver",
            queue="tell",
            company_id=str(company_id),
            message_ids=[str(i) for i in message_ids],
        )


def company_of(message_id: UUID) -> UUID | None:
    """Return whose message this is, for a bounce that names nothing else; needs the scope of inbound webhooks."""
    return Message.objects.filter(id=message_id).values_list("company_id", flat=True).first()
