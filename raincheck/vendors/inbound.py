"""Hearing from AI interview systems: verified on the raw bytes, stored before answered, applied by a job.

What carries a version is compared; what carries none, or only says that something happened, has the vendor asked
what is now. So the order in which things arrive doesn't matter, nor how often they do.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from raincheck.cancellations.hearing import vendor_lost, vendor_said
from raincheck.cancellations.outcomes import Word
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.core.jobs import defer, job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.recruiting.models import Interview
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import (
    Adapter,
    BadSignature,
    Held,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    View,
)
from raincheck.vendors.lines import keep_calls, line_to, word_of
from raincheck.vendors.models import InboundEvent, VendorAccount
from raincheck.vendors.stored import plain, stored_view

log = structlog.get_logger(__name__)
#: News of an interview whose invitation isn't stored yet is looked at again so soon, for so long.
AGAIN_IN = timedelta(seconds=2)
WAIT_FOR_INVITATION = timedelta(minutes=5)
#: However much a vendor has to say of one interview, it is asked about it no more often than this.
ASK_EVERY = timedelta(seconds=5)
#: How often a vendor that gives no answer is asked about one event, before reconciliation has to find out.
ATTEMPTS = 8
LONGEST_WAIT = 300.0
#: A longer number than this, cut, might be another event's; such a one counts as none.
LONGEST_ID = 128


class SignatureWrong(RaincheckError):
    """The webhook isn't signed with the account's secret, or is too old."""

    code = "signature_wrong"
    status = 401
    message = _("签名校验失败")
    advice = _("请检查Webhook密钥与服务器时间")


class NotUnderstood(RaincheckError):
    """The webhook's body isn't what the vendor documents."""

    code = "webhook_not_understood"
    status = 422
    message = _("消息格式无法识别")
    advice = _("请核对该AI面试系统的接口文档")


class Outcome(StrEnum):
    """What came of an event."""

    APPLIED = "applied"
    KNOWN = "known already"
    UNKNOWN_INTERVIEW = "unknown interview"
    UNKNOWN_THERE = "unknown there"
    NO_ADAPTER = "no adapter"
    SILENT = "vendor silent"
    NEEDS_PERSON = "needs a person"
    REFUSED = "refused by the vendor"


#: After these the vendor's present state was known here.
_ANSWERED = (Outcome.APPLIED, Outcome.KNOWN, Outcome.UNKNOWN_THERE)


def find_account(*, adapter: str, account_id: UUID) -> VendorAccount:
    """Return the account a webhook's address names. Raises NotFound."""
    with system_scope(Purpose.INBOUND_WEBHOOK):
        account = VendorAccount.objects.filter(id=account_id, adapter=adapter, active=True).first()
    if account is None or adapter not in adapters.installed():
        raise NotFound
    return account


def receive(*, account: VendorAccount, headers: Mapping[str, str], body: bytes) -> bool:
    """Verify and store one webhook; False if it tells nothing new. Raises SignatureWrong, NotUnderstood."""
    inbound = _verified(account, headers, body)
    if b"\\u0000" in body:
        # No text column can hold it: a job could only fail at it for ever.
        raise NotUnderstood(detail="NUL character")
    numbered = 0 < len(inbound.event_id) <= LONGEST_ID
    event_id = inbound.event_id if numbered else f"sha256:{hashlib.sha256(body).hexdigest()}"
    with company_scope(account.company_id) as now:
        event, made = InboundEvent.objects.get_or_create(
            company_id=account.company_id,
            account=account,
            event_id=event_id,
            defaults={"kind": inbound.kind[:60], "payload": plain(inbound), "received_at": now},
        )
        if made:
            _defer(event)
        elif not numbered:
            return _said_again(event, now)
    return made


def _verified(account: VendorAccount, headers: Mapping[str, str], body: bytes) -> Inbound:
    """Return what one of the account's secrets proves; blanks separate them, so that one can take over from another."""
    line, wrong = line_to(account), BadSignature("no secret is set")
    try:
        adapter = adapters.find(account.adapter, account.options)
        for secret in line.webhook_secret.split() or [""]:
            try:
                mine = replace(line, webhook_secret=secret)
                return adapter.receive(mine, headers=headers, body=body, now=timezone.now())
            except BadSignature as error:
                wrong = error
    except Permanent as error:
        raise NotUnderstood(detail=str(error)) from error
    raise SignatureWrong(detail=str(wrong)) from wrong


def _said_again(event: InboundEvent, now: datetime) -> bool:
    """Take the same words, under no number of their own, for news of another change: the vendor is asked again."""
    event = InboundEvent.objects.select_for_update(no_key=True).get(id=event.id)
    waiting = event.applied_at is None
    event.received_at, event.applied_at = now, None
    event.save(update_fields=["received_at", "applied_at"])
    if not waiting:
        _defer(event)
    return not waiting


def _defer(event: InboundEvent, *, at: datetime | None = None, attempt: int = 1) -> None:
    company_id, event_id = str(event.company_id), str(event.id)
    defer("vendors.apply", queue="vendors", at=at, company_id=company_id, event_id=event_id, attempt=attempt)


@dataclass(frozen=True)
class _Question:
    """What the vendor has to be asked because of an event, no row held. `asked_at` is before it is asked."""

    event: InboundEvent
    interview: Interview
    adapter: Adapter
    line: Line
    asked_at: datetime
    attempt: int


@dataclass(frozen=True)
class _Heard:
    """What came of asking: the vendor's view or None for an interview it doesn't know; else why there was no answer."""

    view: View | None = None
    failure: Outcome | None = None
    retry_after: float = 0.0
    untried: bool = False


@job("vendors.apply", queue="vendors")
def apply(*, company_id: str, event_id: str, attempt: int = 1) -> None:
    """Bring one stored event home, once, in whatever order they come; never fails for what a peer did."""
    company = UUID(company_id)
    with company_scope(company) as now:
        question = _taken_in(event_id, attempt, now)
    if question is None:
        return
    heard = _ask(question)
    with company_scope(company) as now:
        keep_calls(question.line, company, question.interview.id, None, now, attempt=attempt)
        _bring_home(question, heard, now)


def _taken_in(event_id: str, attempt: int, now: datetime) -> _Question | None:
    """Settle an event that can be settled without a call; else return what to ask."""
    event = _locked(event_id)
    if event.applied_at is not None:
        return None
    interview = _interview_of(event)
    if interview is None:
        if _invitation_under_way(event, now):
            _defer(event, at=now + AGAIN_IN, attempt=attempt)
        else:
            _end(event, Outcome.UNKNOWN_INTERVIEW, now)
        return None
    event.interview_id = interview.id
    if event.payload["word"] is not None and event.payload["version"] and _is_about(event, interview):
        _end(event, _hear(event, word_of(stored_view(event.payload), event.received_at), now), now)
        return None
    return _question(event, interview, attempt, now)


def _question(event: InboundEvent, interview: Interview, attempt: int, now: datetime) -> _Question | None:
    """Return what to ask, unless an answer is at hand that is newer than the event, or one was asked for just now."""
    try:
        adapter = adapters.find(event.account.adapter, event.account.options)
    except (KeyError, Permanent):
        _end(event, Outcome.NO_ADAPTER, now)
        return None
    asked = InboundEvent.objects.filter(interview_id=interview.id, asked_at__isnull=False).exclude(
        id=event.id
    )
    if asked.filter(asked_at__gte=event.received_at, outcome__in=_ANSWERED).exists():
        _end(event, Outcome.KNOWN, now)
        return None
    lately = InboundEvent.objects.filter(interview_id=interview.id, asked_at__gt=now - ASK_EVERY)
    last = lately.order_by("-asked_at").values_list("asked_at", flat=True).first()
    if last is not None:
        _defer(event, at=last + ASK_EVERY, attempt=attempt)
        return None
    event.asked_at = now
    event.save(update_fields=["interview", "asked_at"])
    return _Question(event, interview, adapter, line_to(event.account), now, attempt)


def _ask(question: _Question) -> _Heard:
    """Ask the vendor what is now; never raises for what a peer did."""
    try:
        return _Heard(view=question.adapter.read(question.line, question.interview.vendor_ref))
    except Held as held:
        return _Heard(failure=Outcome.SILENT, retry_after=held.after, untried=True)
    except Retry as retry:
        return _Heard(failure=Outcome.SILENT, retry_after=retry.after)
    except NeedsPerson:
        return _Heard(failure=Outcome.NEEDS_PERSON)
    except Permanent:
        return _Heard(failure=Outcome.REFUSED)
    except Exception:
        # An adapter may be anybody's, so whatever it raises is an answer not had; the event is asked about again.
        log.exception("an adapter failed", account=str(question.event.account_id))
        return _Heard(failure=Outcome.SILENT, retry_after=30.0)


def _bring_home(question: _Question, heard: _Heard, now: datetime) -> None:
    event = _locked(str(question.event.id))
    if event.applied_at is not None:
        return
    outcome = _outcome(event, question, heard, now)
    if heard.untried:
        # The vendor is better left alone; that uses up no attempt.
        _defer(event, at=now + timedelta(seconds=heard.retry_after), attempt=question.attempt)
    elif outcome is Outcome.SILENT and question.attempt < ATTEMPTS:
        wait = min(heard.retry_after * 2 ** (question.attempt - 1), LONGEST_WAIT)
        _defer(event, at=now + timedelta(seconds=wait), attempt=question.attempt + 1)
    elif event.received_at > question.asked_at:
        # The same was said once more while we asked: what came of it isn't in the answer.
        _defer(event, at=question.asked_at + ASK_EVERY)
    else:
        _end(event, outcome, now)


def _outcome(event: InboundEvent, question: _Question, heard: _Heard, now: datetime) -> Outcome:
    """Take in what the vendor answered or, where it can't be asked, what the event itself says."""
    if heard.view is not None:
        return _hear(event, word_of(heard.view, question.asked_at), now)
    says = stored_view(event.payload) if event.payload["word"] is not None else None
    if says is not None and not _is_about(event, question.interview):
        says = None
    if heard.failure is None and says is not None and says.status.ended:
        # What is deleted can't be asked about; that it is gone, both say.
        return _hear(event, word_of(says, event.received_at), now)
    if heard.failure is None:
        actor = Actor.vendor(event.company_id, event.account_id)
        vendor_lost(interview_id=question.interview.id, actor=actor, now=now)
        return Outcome.UNKNOWN_THERE
    if says is not None and heard.failure in {Outcome.NEEDS_PERSON, Outcome.REFUSED}:
        return _hear(event, word_of(says, event.received_at), now)
    return heard.failure


def _hear(event: InboundEvent, word: Word, now: datetime) -> Outcome:
    actor = Actor.vendor(event.company_id, event.account_id)
    interview_id = event.interview_id
    if interview_id is None:
        return Outcome.UNKNOWN_INTERVIEW
    new = vendor_said(interview_id=interview_id, word=word, actor=actor, now=now)
    return Outcome.APPLIED if new else Outcome.KNOWN


def _end(event: InboundEvent, outcome: Outcome, now: datetime) -> None:
    event.outcome, event.applied_at = outcome, now
    event.save(update_fields=["interview", "outcome", "applied_at"])


def _locked(event_id: str) -> InboundEvent:
    events = InboundEvent.objects.select_related("account")
    return events.select_for_update(of=("self",), no_key=True).get(id=event_id)


def _interview_of(event: InboundEvent) -> Interview | None:
    """Return the interview an event is about, locked: two that need the vendor asked take turns.

    By the vendor's reference, else by our own id where it is one of ours at that account.
    """
    mine = Interview.objects.filter(vendor_account_id=event.account_id).exclude(vendor_ref="")
    mine = mine.select_for_update(no_key=True)
    ref = event.payload["ref"]
    found = mine.filter(vendor_ref=ref).first() if ref else None
    ours = _our_id(event)
    return found or (mine.filter(id=ours).first() if ours else None)


def _is_about(event: InboundEvent, interview: Interview) -> bool:
    """Say whether what an event says is of the very invitation we hold, not of another of the same interview."""
    return event.payload["ref"] in {"", interview.vendor_ref}


def _our_id(event: InboundEvent) -> UUID | None:
    try:
        return UUID(event.payload["external_id"])
    except ValueError:
        return None


def _invitation_under_way(event: InboundEvent, now: datetime) -> bool:
    """Say whether the vendor was faster than our own note of its answer: the interview has no reference yet."""
    ours = _our_id(event)
    if ours is None:
        return False
    invited = Interview.objects.filter(id=ours, vendor_account_id=event.account_id, vendor_ref="")
    return now - event.received_at < WAIT_FOR_INVITATION and invited.exists()
