"""Sending: reload, re-check, hand over, note the attempt. No transaction is open while a channel works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import CandidateIdentity, Company, SignInCode, Staff
from raincheck.accounts.sign_in import digits
from raincheck.core.actor import Actor
from raincheck.core.jobs import defer, job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.notifications import words
from raincheck.notifications.calendars import itip
from raincheck.notifications.catalogue import SIGN_IN_CODE
from raincheck.notifications.channels import REGISTRY
from raincheck.notifications.channels.base import Envelope, Retry, Undeliverable
from raincheck.notifications.models import (
    Delivery,
    DeliveryState,
    Message,
    MessageState,
    RecipientKind,
)
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind

log = structlog.get_logger(__name__)
ATTEMPTS = 6
#: A code nobody will wait for any longer isn't sent.
CODE_WORTH_SENDING = timedelta(minutes=5)


@dataclass(frozen=True)
class _Parcel:
    message_id: UUID
    channel: str
    attempt: int
    envelope: Envelope


@dataclass(frozen=True)
class _Outcome:
    parcel: _Parcel
    state: DeliveryState
    error: str = ""
    provider_id: str = ""
    after: float = 0.0


@job("notifications.deliver", queue="tell")
def deliver(*, company_id: str, message_ids: Sequence[str]) -> None:
    """Send what is still waiting of these messages on each of its channels, and note what came of it."""
    company = UUID(company_id)
    with company_scope(company) as now:
        parcels = _pack(message_ids, now)
    outcomes = [_send(parcel) for parcel in parcels]
    with company_scope(company) as now:
        _note(company, [UUID(i) for i in message_ids], outcomes, now)


def _pack(message_ids: Sequence[str], now: datetime) -> list[_Parcel]:
    messages = list(
        Message.objects.filter(id__in=message_ids, state=MessageState.WAITING)
        .prefetch_related("deliveries")
        .order_by("id")
    )
    contacts = _contacts(messages)
    parcels = []
    for message in messages:
        text = words.render(message)
        tried = list(message.deliveries.all())
        for channel in message.channels:
            mine = [d for d in tried if d.channel == channel]
            if any(d.state != DeliveryState.RETRY for d in mine):
                continue
            address = contacts.get((message.recipient_id, REGISTRY[channel].needs), "")
            envelope = _envelope(message, channel, text, address, now)
            parcels.append(_Parcel(message.id, channel, len(mine) + 1, envelope))
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


def _envelope(message: Message, channel: str, text: words.Rendered, address: str, now: datetime) -> Envelope:
    calendar, method = None, str(message.params.get("calendar", ""))
    if method and channel == "email" and message.recipient_kind == RecipientKind.STAFF:
        times = message.params["when"]
        calendar = itip(
            method=method, times=times, summary=text.title, attendee=address, zone=message.timezone, stamp=now
        )
    return Envelope(
        key=f"{message.id}-{channel}",
        address=address,
        title=text.title,
        body=text.body,
        sms=text.sms,
        template=message.template,
        calendar=calendar,
        calendar_method=method,
    )


def _send(parcel: _Parcel) -> _Outcome:
    channel = REGISTRY[parcel.channel]
    if channel.needs and not parcel.envelope.address:
        return _Outcome(parcel, DeliveryState.FAILED, error=f"no {channel.needs}")
    try:
        provider_id = channel.send(parcel.envelope)
    except Retry as retry:
        last = parcel.attempt >= ATTEMPTS
        state = DeliveryState.FAILED if last else DeliveryState.RETRY
        return _Outcome(parcel, state, error=str(retry)[:200], after=retry.after * 2 ** (parcel.attempt - 1))
    except Undeliverable as error:
        return _Outcome(parcel, DeliveryState.FAILED, error=str(error)[:200])
    return _Outcome(parcel, DeliveryState.SENT, provider_id=provider_id[:200])


def _note(company_id: UUID, message_ids: list[UUID], outcomes: list[_Outcome], now: datetime) -> None:
    """Store the attempts; two workers that sent the same parcel leave one row, the receiver had one key."""
    Delivery.objects.bulk_create(
        [
            Delivery(
                company_id=company_id,
                message_id=o.parcel.message_id,
                channel=o.parcel.channel,
                attempt=o.parcel.attempt,
                state=o.state,
                error=o.error,
                provider_id=o.provider_id,
                at=now,
            )
            for o in outcomes
        ],
        ignore_conflicts=True,
    )
    again = {o.parcel.message_id: now + timedelta(seconds=o.after) for o in outcomes if o.state == DeliveryState.RETRY}
    for message in Message.objects.select_for_update(no_key=True).filter(id__in=message_ids).order_by("id"):
        _sum_up(message, again.get(message.id), now)
    for message_id, at in again.items():
        defer("notifications.deliver", queue="tell", at=at, 
            company_id=str(company_id), message_ids=[str(message_id)]
        )


def _sum_up(message: Message, again_at: datetime | None, now: datetime) -> None:
    """Say how the message as a whole stands; nobody reached by any outside channel is HR's to know."""
    last = {d.channel: d.state for d in message.deliveries.order_by("attempt")}
    message.next_attempt_at = again_at
    settled = len(last) == len(message.channels) and DeliveryState.RETRY not in last.values()
    if settled and message.state == MessageState.WAITING:
        outside = [state for channel, state in last.items() if REGISTRY[channel].needs]
        reached = DeliveryState.SENT in outside or not outside
        message.state = MessageState.SENT if reached else MessageState.FAILED
        if not reached:
            need = Need(
                Kind.NOBODY_REACHED, "message", message.id, message.interview_id, details={"event": message.event}
            )
            open_task(need=need, actor=Actor.system(message.company_id), now=now)
    message.save(update_fields=["state", "next_attempt_at"])


@job("notifications.send_code", queue="tell")
def send_code(*, company_id: str, code_id: str) -> None:
    """Send a sign-in code by SMS while it is still of use. The code is derived here, from the row's id."""
    with company_scope(UUID(company_id)) as now:
        code = SignInCode.objects.select_related("identity").filter(
            id=code_id, spent_at=None, sent_at__gt=now - CODE_WORTH_SENDING
        ).first()
        if code is None or code.identity is None:
            return
        company = Company.objects.get(id=company_id)
        phone, language = open_contacts(code.identity).phone, code.identity.language
    text = SIGN_IN_CODE[language].format(company=company.name, code=digits(code.id))
    envelope = Envelope(
        key=f"code-{code.id}", address=phone, title="", body="", sms=text, template="sign_in_code", calendar=None, calendar_method=""
    )
    REGISTRY["sms"].send(envelope)


@app.periodic(cron="*/1 * * * *")
@job("notifications.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Find messages whose attempt is overdue and nobody is at it, and send them on."""
    with system_scope(Purpose.SWEEP) as now:
        late = Message.objects.filter(
            state=MessageState.WAITING, next_attempt_at__lt=now - timedelta(seconds=60)
        ).values_list("company_id", "id")[:500]
        found = list(late)
    for company_id, message_id in found:
        with company_scope(company_id) as now:
            Message.objects.filter(id=message_id).update(next_attempt_at=now)
            defer("notifications.deliver", queue="tell", 
                company_id=str(company_id), message_ids=[str(message_id)]
            )
