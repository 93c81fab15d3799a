"""Sending: claim, hand over, note the attempt. No transaction is open while a channel works.

A claim is a lease: a mail server takes no idempotency key, so two workers must never be at one message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import structlog
from django.db.models import prefetch_related_objects
from django.utils import timezone
from procrastinate.contrib.django import app

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import CandidateIdentity, Company, SignInCode, Staff
from raincheck.accounts.sign_in import digits
from raincheck.core.actor import Actor
from raincheck.core.jobs import defer, job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.notifications import words
from raincheck.notifications.calendars import itip
from raincheck.notifications.carriage import Carriage, carriages
from raincheck.notifications.catalogue import SIGN_IN_CODE
from raincheck.notifications.channels.base import NEEDS, Channel, Envelope, Retry, Undeliverable
from raincheck.notifications.models import (
    Delivery,
    DeliveryState,
    Message,
    MessageState,
    RecipientKind,
)
from raincheck.notifications.recipients import ALERT, TASK
from raincheck.notifications.reminding import drop_untrue
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind

log = structlog.get_logger(__name__)
ATTEMPTS = 6
#: How many messages one claim takes; whoever dies at it leaves no more than these for the sweep.
CLAIMED_TOGETHER = 5
#: How long a claim holds. With the sweep's pace it keeps even a dead worker's messages within their minute; a
#: peer so slow that the claim runs out sees the same key again, and can tell.
LEASE = timedelta(seconds=25)
RETRY_AFTER = 30.0
#: An attempt this much overdue has lost its job.
OVERDUE = timedelta(seconds=5)
#: A code nobody will wait for any longer isn't sent.
CODE_WORTH_SENDING = timedelta(minutes=5)


@dataclass(frozen=True)
class _Attempt:
    message_id: UUID
    channel: str
    number: int


@dataclass(frozen=True)
class _Outcome:
    attempt: _Attempt
    state: DeliveryState
    error: str = ""
    provider_id: str = ""
    after: float = 0.0
    # When it was handed over, by this host's clock: a transaction's time would make all of a batch one.
    at: datetime = field(default_factory=timezone.now)


@job("notifications.deliver", queue="tell")
def deliver(*, company_id: str, message_ids: Sequence[str]) -> None:
    """Send what is still waiting of these messages on each of its channels, and note what came of it."""
    company = UUID(company_id)
    for start in range(0, len(message_ids), CLAIMED_TOGETHER):
        with company_scope(company) as now:
            claimed = _claim(message_ids[start : start + CLAIMED_TOGETHER], now)
            parcels = _pack(drop_untrue(claimed, now), now)
            carried_by = carriages(company)
        outcomes = _send_while_ours(parcels, carried_by)
        with company_scope(company) as now:
            _note(company, outcomes, now)


def _send_while_ours(
    parcels: Sequence[tuple[_Attempt, Envelope | None]], carried_by: Mapping[Channel, Carriage]
) -> list[_Outcome]:
    """Send until the claim is about to run out; a slow peer's rest is the sweep's, unsent."""
    until = monotonic() + LEASE.total_seconds() / 2
    outcomes = []
    for attempt, envelope in parcels:
        if monotonic() > until:
            break
        outcomes.append(_send(attempt, envelope, carried_by))
    return outcomes


def _claim(message_ids: Sequence[str], now: datetime) -> list[Message]:
    """Take the messages that are due, for as long as the lease runs; another's are left to them."""
    due = Message.objects.filter(id__in=message_ids, state=MessageState.WAITING, next_attempt_at__lte=now)
    claimed = list(due.select_for_update(no_key=True).order_by("id"))
    Message.objects.filter(id__in=[m.id for m in claimed]).update(next_attempt_at=now + LEASE)
    return claimed


def _pack(messages: list[Message], now: datetime) -> list[tuple[_Attempt, Envelope | None]]:
    """Put each message into an envelope a channel; None where it can't be said, which fails it alone."""
    prefetch_related_objects(messages, "deliveries")
    contacts = _contacts(messages)
    parcels: list[tuple[_Attempt, Envelope | None]] = []
    for message in messages:
        tried = list(message.deliveries.all())
        for channel in message.channels:
            mine = [d for d in tried if d.channel == channel]
            if any(d.state != DeliveryState.RETRY for d in mine):
                continue
            attempt = _Attempt(message.id, channel, len(mine) + 1)
            address = contacts.get((message.recipient_id, NEEDS[Channel(channel)]), "")
            try:
                parcels.append((attempt, _envelope(message, channel, address, now)))
            except words.WordsMissing:
                log.exception("words missing", message=str(message.id), template=message.template)
                parcels.append((attempt, None))
    return parcels


def _contacts(messages: list[Message]) -> dict[tuple[UUID, str], str]:
    """Open the addresses of everyone concerned, in memory only."""
    ids = {kind: {m.recipient_id for m in messages if m.recipient_kind == kind} for kind in RecipientKind}
    found = {}
    for identity in CandidateIdentity.objects.filter(id__in=ids[RecipientKind.CANDIDATE]):
        contacts = open_contacts(identity)
        found[identity.id, "phone"], found[identity.id, "email"] = contacts.phone, contacts.email
    for staff_id, email in Staff.objects.filter(id__in=ids[RecipientKind.STAFF]).values_list("id", "email"):
        found[staff_id, "email"] = email
    return found


def _envelope(message: Message, channel: str, address: str, now: datetime) -> Envelope:
    text = words.render(message)
    calendar, method = None, str(message.params.get("calendar", ""))
    if method and channel == "email" and message.recipient_kind == RecipientKind.STAFF:
        calendar = itip(
            method=method,
            times=message.params["when"],
            summary=text.title,
            attendee=address,
            zone=message.timezone,
            stamp=now,
            organizer=str(message.params["company"]),
            url=str(message.params["link"]),
        )
    return Envelope(
        key=f"{message.id}-{channel}",
        address=address,
        title=text.title,
        body=text.body,
        sms=text.sms,
        template=message.template,
        calendar=calendar,
        link=str(message.params.get("link", "")),
        language=message.language,
        # A Chinese SMS is a template's code and these.
        facts=words.facts_said(message),
    )


def _send(attempt: _Attempt, envelope: Envelope | None, carried_by: Mapping[Channel, Carriage]) -> _Outcome:
    """Hand one envelope over. Never raises, so that one message's bug holds up no other's delivery."""
    channel = Channel(attempt.channel)
    carriage = carried_by.get(channel)
    if envelope is None or carriage is None:
        missing = "words missing" if envelope is None else "no carrier"
        return _Outcome(attempt, DeliveryState.FAILED, error=missing)
    if NEEDS[channel] and not envelope.address:
        return _Outcome(attempt, DeliveryState.FAILED, error=f"no {NEEDS[channel]}")
    try:
        provider_id = carriage.carrier.send(envelope, carriage.account)
    except Retry as retry:
        return _later(attempt, str(retry), retry.after)
    except Undeliverable as error:
        return _Outcome(attempt, DeliveryState.FAILED, error=str(error)[:200])
    except Exception as bug:  # noqa: BLE001 (whatever it is; its text may hold an address, its kind doesn't)
        log.warning("channel broke", channel=attempt.channel, kind=type(bug).__name__)
        return _later(attempt, type(bug).__name__, RETRY_AFTER)
    return _Outcome(attempt, DeliveryState.SENT, provider_id=provider_id[:200])


def _later(attempt: _Attempt, why: str, after: float) -> _Outcome:
    """Try again after a wait that doubles, until the last attempt has failed."""
    state = DeliveryState.FAILED if attempt.number >= ATTEMPTS else DeliveryState.RETRY
    return _Outcome(attempt, state, error=why[:200], after=after * 2 ** (attempt.number - 1))


def _note(company_id: UUID, outcomes: list[_Outcome], now: datetime) -> None:
    """Store the attempts, and how each message stands after them."""
    Delivery.objects.bulk_create(
        [
            Delivery(
                company_id=company_id,
                message_id=o.attempt.message_id,
                channel=o.attempt.channel,
                attempt=o.attempt.number,
                state=o.state,
                error=o.error,
                provider_id=o.provider_id,
                at=o.at,
            )
            for o in outcomes
        ],
        ignore_conflicts=True,
    )
    again = {
        o.attempt.message_id: now + timedelta(seconds=o.after)
        for o in outcomes
        if o.state == DeliveryState.RETRY
    }
    tried = Message.objects.filter(id__in={o.attempt.message_id for o in outcomes})
    messages = list(tried.select_for_update(no_key=True).order_by("id"))
    prefetch_related_objects(messages, "deliveries")
    for message in messages:
        _sum_up(message, again.get(message.id), now)
    Message.objects.bulk_update(messages, ["state", "next_attempt_at"])
    for message_id, at in again.items():
        defer(
            "notifications.deliver",
            queue="tell",
            at=at,
            company_id=str(company_id),
            message_ids=[str(message_id)],
        )


def _sum_up(message: Message, again_at: datetime | None, now: datetime) -> None:
    """Say how the message as a whole stands; nobody reached by any outside channel is HR's to know."""
    last = {d.channel: d.state for d in sorted(message.deliveries.all(), key=lambda d: d.attempt)}
    settled = len(last) == len(message.channels) and DeliveryState.RETRY not in last.values()
    # Until it is settled it keeps an instant by which the sweep finds it.
    message.next_attempt_at = None if settled else again_at or message.next_attempt_at
    if settled and message.state == MessageState.WAITING:
        outside = [state for channel, state in last.items() if NEEDS[Channel(channel)]]
        reached = DeliveryState.SENT in outside or not outside
        message.state = MessageState.SENT if reached else MessageState.FAILED
        # A task's own notice that fails opens no task: the task stands in the inbox, and would beget another.
        if not reached and message.event not in {TASK, ALERT}:
            need = Need(
                Kind.NOBODY_REACHED,
                "message",
                message.id,
                message.interview_id,
                details={"event": message.event},
            )
            open_task(need=need, actor=Actor.system(message.company_id), now=now)


@job("notifications.send_code", queue="tell")
def send_code(*, company_id: str, code_id: str) -> None:
    """Send a sign-in code by SMS while it is still of use. The code is derived here, from the row's id."""
    with company_scope(UUID(company_id)) as now:
        code = (
            SignInCode.objects.select_related("identity")
            .filter(id=code_id, spent_at=None, sent_at__gt=now - CODE_WORTH_SENDING)
            .first()
        )
        if code is None or code.identity is None:
            return
        company = Company.objects.get(id=company_id)
        phone, language = open_contacts(code.identity).phone, code.identity.language
        carriage = carriages(company.id)[Channel.SMS]
    text = SIGN_IN_CODE[language].format(company=company.name, code=digits(code.id))
    envelope = Envelope(
        key=f"code-{code.id}",
        address=phone,
        title="",
        body="",
        sms=text,
        template="sign_in_code",
        language=language,
        facts={"company": company.name, "code": digits(code.id)},
    )
    try:
        carriage.carrier.send(envelope, carriage.account)
    except Undeliverable as error:
        # Asking again would be refused again; the person sees whom to reach on the sign-in page.
        log.warning("sign-in code undeliverable", code=str(code.id), error=str(error))


@app.periodic(cron="* * * * * */10")
@job("notifications.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Find messages whose attempt is overdue and nobody is at it, and send them on."""
    with system_scope(Purpose.SWEEP) as now:
        late = Message.objects.filter(
            state=MessageState.WAITING, next_attempt_at__lt=now - OVERDUE
        ).values_list("company_id", "id")[:500]
        found = list(late)
    for company_id, message_id in found:
        with company_scope(company_id) as now:
            Message.objects.filter(id=message_id).update(next_attempt_at=now)
            defer(
                "notifications.deliver",
                queue="tell",
                company_id=str(company_id),
                message_ids=[str(message_id)],
            )
