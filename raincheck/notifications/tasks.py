"""The jobs of this room: deliver messages, send a sign-in code, find what was forgotten.

Delivering is to claim, hand over, note. No transaction is open while a carrier works. A claim is a lease: a mail
server takes no idempotency key, so two workers must never be at one message.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q
from procrastinate.contrib.django import app

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import Company, SignInCode
from raincheck.accounts.sign_in import digits
from raincheck.core.jobs import BULK, defer, job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.notifications.carriage import Carriage, carriages
from raincheck.notifications.catalogue import SIGN_IN_CODE
from raincheck.notifications.channels.base import Channel, Envelope, OursToMend, Undeliverable
from raincheck.notifications.delivery.attempts import ATTEMPTS
from raincheck.notifications.delivery.noting import Next, note
from raincheck.notifications.delivery.packing import pack
from raincheck.notifications.delivery.sending import send_while_ours
from raincheck.notifications.mending import Seen, look
from raincheck.notifications.models import Message, MessageState
from raincheck.notifications.reminding import drop_untrue

__all__ = ["ATTEMPTS", "deliver", "send_code", "sweep"]

log = structlog.get_logger(__name__)
#: How many messages one claim takes; whoever dies at it leaves no more than these for the sweep.
CLAIMED_TOGETHER, CLAIMED_IN_BULK = 5, 50
#: How often a job goes on at once with what a failed step left to do; the rest gets a job of its own.
ROUNDS = 8
#: How long a claim holds. With the sweep's pace it keeps even a dead worker's messages within their minute; a
#: peer so slow that the claim runs out sees the same key again, and can tell.
LEASE = timedelta(seconds=25)
#: An attempt this much overdue has lost its job; one of many may simply have to queue.
OVERDUE, OVERDUE_IN_BULK = timedelta(seconds=5), timedelta(minutes=2)
#: How many forgotten messages one sweep takes up, and how many of them a job.
SWEPT, SWEPT_TOGETHER = 2000, 100
#: A code nobody will wait for any longer isn't sent.
CODE_WORTH_SENDING = timedelta(minutes=5)


@job("notifications.deliver", queue="tell")
def deliver(*, company_id: str, message_ids: Sequence[str], bulk: bool = False) -> None:
    """Send what is due of these messages, note what came of it, and come back for what is due later."""
    company, together = UUID(company_id), CLAIMED_IN_BULK if bulk else CLAIMED_TOGETHER
    for start in range(0, len(message_ids), together):
        ids = [UUID(i) for i in message_ids[start : start + together]]
        for _ in range(ROUNDS):
            ids = _take_a_step(company, ids, bulk=bulk)
            if not ids:
                break
        else:
            deliver_later(company, ids, bulk=bulk)


def _take_a_step(company: UUID, ids: Sequence[UUID], *, bulk: bool) -> list[UUID]:
    """Make one round of attempts at these; returns those that go on at once."""
    with company_scope(company) as now:
        claimed = _claim(ids, now)
        if not claimed:
            return []
        carried_by = carriages(company)
        packed = pack(drop_untrue(claimed, now), carried_by, now)
    outcomes = [*packed.skipped, *send_while_ours(packed.parcels, carried_by, lease=LEASE)]
    with company_scope(company) as now:
        mine = [message.id for message in claimed]
        upcoming = note(company_id=company, message_ids=mine, outcomes=outcomes, held=packed.held, now=now)
        _come_back(company, upcoming, now, bulk=bulk)
    return [message_id for message_id, at in upcoming.items() if at <= now]


def _claim(message_ids: Sequence[UUID] | Sequence[str], now: datetime) -> list[Message]:
    """Take the messages that are due, for as long as the lease runs; another's are left to them."""
    due = Message.objects.filter(id__in=message_ids, state=MessageState.WAITING, next_attempt_at__lte=now)
    claimed = list(due.select_for_update(no_key=True).order_by("id"))
    if claimed:
        Message.objects.filter(id__in=[m.id for m in claimed]).update(next_attempt_at=now + LEASE)
    return claimed


def _come_back(company: UUID, upcoming: Next, now: datetime, *, bulk: bool) -> None:
    """Defer a job for each instant at which some of these go on."""
    by_instant: dict[datetime, list[UUID]] = defaultdict(list)
    for message_id, at in upcoming.items():
        if at > now:
            by_instant[at].append(message_id)
    for at, ids in by_instant.items():
        deliver_later(company, ids, at=at, bulk=bulk)


def deliver_later(company: UUID, ids: Iterable[UUID], *, at: datetime | None = None, bulk: bool) -> None:
    """Defer the delivery of these messages; what comes by the thousand queues apart from the rest."""
    defer(
        "notifications.deliver",
        queue=BULK if bulk else "tell",
        at=at,
        company_id=str(company),
        message_ids=[str(i) for i in ids],
        bulk=bulk,
    )


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
    _hand_over(UUID(company_id), carriage, envelope)


def _hand_over(company: UUID, carriage: Carriage, envelope: Envelope) -> None:
    """Give a code to its carrier. Raises Retry, so that the job is run again."""
    seen = Seen(Channel.SMS, carriage.carrier.name, envelope.template)
    try:
        carriage.carrier.send(envelope, carriage.account)
    except Undeliverable as error:
        # Asking again would be refused again; the person sees whom to reach on the sign-in page.
        log.warning("sign-in code undeliverable", key=envelope.key, error=str(error))
        return
    except OursToMend as error:
        with company_scope(company) as now:
            look(company_id=company, seen=[replace(seen, cause=error.cause)], now=now)
        raise
    with company_scope(company) as now:
        look(company_id=company, seen=[seen], now=now)


@app.periodic(cron="* * * * * */10")
@job("notifications.sweep", queue="sweep")
def sweep(*, timestamp: int) -> None:
    """Find messages whose attempt is overdue and nobody is at it, and send them on."""
    with system_scope(Purpose.SWEEP) as now:
        single = Q(batch_id=None, next_attempt_at__lt=now - OVERDUE)
        many = Q(batch_id__isnull=False, next_attempt_at__lt=now - OVERDUE_IN_BULK)
        late = Message.objects.filter(single | many, state=MessageState.WAITING)
        found: dict[tuple[UUID, bool], list[UUID]] = defaultdict(list)
        for company_id, batch_id, message_id in late.values_list("company_id", "batch_id", "id")[:SWEPT]:
            found[company_id, batch_id is not None].append(message_id)
    for (company_id, bulk), ids in found.items():
        with company_scope(company_id) as now:
            left = _still_forgotten(ids, now)
            for start in range(0, len(left), SWEPT_TOGETHER):
                deliver_later(company_id, left[start : start + SWEPT_TOGETHER], bulk=bulk)


def _still_forgotten(message_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Return those nobody has taken up since they were found, due anew: who took one up must keep the claim."""
    due = Message.objects.filter(id__in=message_ids, state=MessageState.WAITING, next_attempt_at__lt=now)
    locked = due.select_for_update(no_key=True, skip_locked=True)
    left = list(locked.order_by("id").values_list("id", flat=True))
    Message.objects.filter(id__in=left).update(next_attempt_at=now)
    return left
