"""Storing what came of attempts, and how each message stands after them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from raincheck.core.actor import Actor
from raincheck.core.scope import take_turns
from raincheck.notifications import points
from raincheck.notifications.channels.base import NEEDS, Channel
from raincheck.notifications.delivery.attempts import Outcome, made_so_far
from raincheck.notifications.delivery.chain import judge, ways
from raincheck.notifications.mending import Seen, look
from raincheck.notifications.models import (
    Delivery,
    DeliveryState,
    Message,
    MessageState,
    Receipt,
    ReceiptOutcome,
)
from raincheck.notifications.preferences import unwanted
from raincheck.notifications.receipts import receipt_turn
from raincheck.notifications.recipients import ALERT, TASK
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind

#: When each message that isn't settled is to be looked at again.
Next = dict[UUID, datetime]


def note(
    *,
    company_id: UUID,
    message_ids: Sequence[UUID],
    outcomes: Sequence[Outcome],
    held: Mapping[UUID, datetime],
    now: datetime,
) -> Next:
    """Store the attempts at these claimed messages, settle those that are over, say when the others go on."""
    _store(company_id, outcomes)
    gone = [o.attempt.point_id for o in outcomes if o.gone and o.attempt.point_id]
    if gone:
        points.end(point_ids=gone, why="gone", now=now)
    again: Next = {}
    for outcome in outcomes:
        if outcome.state == DeliveryState.RETRY:
            at = now + timedelta(seconds=outcome.after)
            again[outcome.attempt.message_id] = min(at, again.get(outcome.attempt.message_id, at))
    mine = Message.objects.filter(id__in=message_ids, state=MessageState.WAITING)
    messages = list(mine.select_for_update(no_key=True).order_by("id"))
    made, left = made_so_far(messages), unwanted(messages)
    _look_after_channels(company_id, outcomes, {m.id: m.template for m in messages}, now)
    for message in messages:
        due_at = again.get(message.id) or held.get(message.id)
        _sum_up(message, made[message.id], due_at, opted_out=message.id in left, now=now)
    _save(messages)
    return {
        m.id: m.next_attempt_at for m in messages if m.next_attempt_at and m.state == MessageState.WAITING
    }


def _look_after_channels(
    company_id: UUID, outcomes: Iterable[Outcome], templates: Mapping[UUID, str], now: datetime
) -> None:
    seen = [
        Seen(o.attempt.channel, o.carrier, templates[o.attempt.message_id], o.ours)
        for o in outcomes
        if (o.ours or o.state == DeliveryState.SENT)
        and NEEDS[Channel(o.attempt.channel)]
        and o.attempt.message_id in templates
    ]
    if seen:
        look(company_id=company_id, seen=seen, now=now)


def _store(company_id: UUID, outcomes: Sequence[Outcome]) -> None:
    """Write the attempts down, with the receipts that were faster than we."""
    numbered = [o for o in outcomes if o.provider_id and NEEDS[Channel(o.attempt.channel)]]
    take_turns(*(receipt_turn(o.carrier, o.provider_id) for o in numbered))
    early: dict[tuple[str, str], Receipt] = {}
    if numbered:
        told = Receipt.objects.filter(
            company_id=company_id, provider_id__in=[o.provider_id for o in numbered]
        )
        # Delivered is the last word, whichever came last.
        for receipt in sorted(told, key=lambda r: r.outcome == ReceiptOutcome.DELIVERED):
            early[receipt.carrier, receipt.provider_id] = receipt
    Delivery.objects.bulk_create(
        [_row(company_id, o, early.get((o.carrier, o.provider_id))) for o in outcomes], ignore_conflicts=True
    )


def _row(company_id: UUID, outcome: Outcome, receipt: Receipt | None) -> Delivery:
    return Delivery(
        company_id=company_id,
        message_id=outcome.attempt.message_id,
        channel=outcome.attempt.channel,
        point_id=outcome.attempt.point_id,
        attempt=outcome.attempt.number,
        state=outcome.state,
        error=receipt.why if receipt else outcome.error,
        carrier=outcome.carrier,
        provider_id=outcome.provider_id,
        confirms=outcome.confirms,
        receipt=receipt.outcome if receipt else "",
        receipt_at=receipt.at if receipt else None,
        at=outcome.at,
    )


def _sum_up(
    message: Message, tried: Sequence[Delivery], again_at: datetime | None, *, opted_out: bool, now: datetime
) -> None:
    """Say how the message as a whole stands; nobody reached by any outside channel is HR's to know."""
    read = message.read_at is not None
    verdicts = {way: judge(way, tried, read=read, now=now) for way in ways(message.channels)}
    waiting = [verdict for verdict in verdicts.values() if not verdict.settled]
    if waiting:
        # What is due at once is gone on with at once: the next step of a chain, or what a slow peer left no time for.
        due = [again_at or now for verdict in waiting if verdict.due]
        message.next_attempt_at = min([*due, *(v.until for v in waiting if v.until is not None)])
        return
    message.next_attempt_at = None
    outside = [v.reached for way, v in verdicts.items() if any(NEEDS[Channel(c)] for c in way)]
    reached = any(outside) or not outside or opted_out
    message.state = MessageState.SENT if reached else MessageState.FAILED
    # A task's own notice that fails opens no task: the task stands in the inbox, and would beget another.
    if not reached and message.event not in {TASK, ALERT}:
        _ask_person(message, now)


def _ask_person(message: Message, now: datetime) -> None:
    need = Need(
        Kind.NOBODY_REACHED, "message", message.id, message.interview_id, details={"event": message.event}
    )
    open_task(need=need, actor=Actor.system(message.company_id), now=now)


def _save(messages: Iterable[Message]) -> None:
    """Store how they stand, those that stand alike in one statement."""
    alike: dict[tuple[str, datetime | None], list[UUID]] = defaultdict(list)
    for message in messages:
        alike[message.state, message.next_attempt_at].append(message.id)
    for (state, at), ids in alike.items():
        Message.objects.filter(id__in=ids).update(state=state, next_attempt_at=at)
