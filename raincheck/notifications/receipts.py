"""Receipts: what a carrier says later of a message it took. Any order, any number of times, the same end."""

from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from raincheck.core.actor import Actor
from raincheck.core.jobs import BULK, defer
from raincheck.core.scope import take_turns
from raincheck.notifications.models import Delivery, Message, MessageState, Receipt, ReceiptOutcome
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind


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
    _look_again(company_id, {message_id for _, message_id in told}, outcome)
    return True


def receipt_turn(carrier: str, provider_id: str) -> str:
    """Return the name under which whoever notes a hand-over and whoever notes its receipt take turns."""
    return f"receipt:{carrier}:{provider_id[:200]}"


def _look_again(company_id: UUID, message_ids: set[UUID], outcome: ReceiptOutcome) -> None:
    """Have delivery judge these messages anew: what was settled may be open again, what seemed lost has arrived."""
    messages = Message.objects.filter(id__in=message_ids)
    if outcome == ReceiptOutcome.DELIVERED:
        messages = messages.exclude(state=MessageState.SENT)
    found = list(messages.select_for_update(no_key=True).order_by("id"))
    if not found:
        return
    messages.update(state=MessageState.WAITING, next_attempt_at=Now())
    if outcome == ReceiptOutcome.DELIVERED:
        _close_tasks(company_id, found)
    defer(
        "notifications.deliver",
        queue=BULK if found[0].batch_id else "tell",
        company_id=str(company_id),
        message_ids=[str(m.id) for m in found],
        bulk=bool(found[0].batch_id),
    )


def _close_tasks(company_id: UUID, messages: list[Message]) -> None:
    for message in messages:
        if message.state == MessageState.FAILED:
            close_for_subject(
                subject_id=message.id,
                kinds=[Kind.NOBODY_REACHED],
                actor=Actor.system(company_id),
                resolution="delivered",
                now=timezone.now(),
            )


def company_of(message_id: UUID) -> UUID | None:
    """Return whose message this is, for a bounce that names nothing else; needs the scope of inbound webhooks."""
    return Message.objects.filter(id=message_id).values_list("company_id", flat=True).first()
