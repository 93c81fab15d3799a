"""Hearing from AI interview systems: verified on the raw bytes, stored before answered, applied by a job."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from raincheck.cancellations.hearing import vendor_said
from raincheck.cancellations.outcomes import Word
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound, RaincheckError
from raincheck.core.jobs import defer, job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.recruiting.models import Interview
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import BadSignature, Inbound, Permanent, Status, VendorScore, View
from raincheck.vendors.lines import line_to, word_of
from raincheck.vendors.models import InboundEvent, VendorAccount

#: News of an interview whose invitation isn't stored yet is looked at again so soon, for so long.
AGAIN_IN = timedelta(seconds=2)
WAIT_FOR_INVITATION = timedelta(minutes=5)


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


def find_account(*, adapter: str, account_id: UUID) -> VendorAccount:
    """Return the account a webhook's address names. Raises NotFound."""
    with system_scope(Purpose.INBOUND_WEBHOOK):
        account = VendorAccount.objects.filter(id=account_id, adapter=adapter, active=True).first()
    if account is None or adapter not in adapters.REGISTRY:
        raise NotFound
    return account


def receive(*, account: VendorAccount, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Verify and store one webhook; False if this event was stored before. Raises SignatureWrong, NotUnderstood."""
    try:
        adapter = adapters.find(account.adapter, account.options)
        inbound = adapter.receive(line_to(account), headers=headers, body=body, now=now)
    except BadSignature as error:
        raise SignatureWrong(detail=str(error)) from error
    except Permanent as error:
        raise NotUnderstood(detail=str(error)) from error
    if b"\\u0000" in body:
        # No text column can hold it: a job could only fail at it for ever.
        raise NotUnderstood(detail="NUL character")
    event, made = InboundEvent.objects.get_or_create(
        company_id=account.company_id,
        account=account,
        event_id=inbound.event_id[:128],
        defaults={"kind": inbound.kind[:60], "payload": _plain(inbound), "received_at": now},
    )
    if made:
        defer("vendors.apply", queue="vendors", company_id=str(account.company_id), event_id=str(event.id))
    return made


@job("vendors.apply", queue="vendors")
def apply(*, company_id: str, event_id: str) -> None:
    """Bring one stored event home, once, in whatever order they come.

    An event without a view says only that something happened: the vendor is asked what is now, no row held.
    """
    company = UUID(company_id)
    with company_scope(company) as now:
        event = InboundEvent.objects.select_related("account").get(id=event_id)
        if event.applied_at is not None:
            return
        interview = _interview_of(event)
        if interview is None and _invitation_under_way(event, now):
            soon = now + AGAIN_IN
            defer("vendors.apply", queue="vendors", at=soon, company_id=company_id, event_id=event_id)
            return
    said = _ask(event, interview) if interview is not None else None
    with company_scope(company) as now:
        event = InboundEvent.objects.select_for_update(no_key=True).get(id=event_id)
        if event.applied_at is not None:
            return
        if interview is None:
            event.outcome = "unknown interview"
        elif said is None:
            event.outcome = "unknown there"
        else:
            actor = Actor.vendor(event.company_id, event.account_id)
            new = vendor_said(interview_id=interview.id, word=said, actor=actor, now=now)
            event.outcome = "applied" if new else "known already"
        event.applied_at = now
        event.save(update_fields=["outcome", "applied_at"])


def _interview_of(event: InboundEvent) -> Interview | None:
    return Interview.objects.filter(
        vendor_account_id=event.account_id, vendor_ref=event.payload["ref"] or "-"
    ).first()


def _ask(event: InboundEvent, interview: Interview) -> Word | None:
    """Return what the event says or, where it says nothing, what the vendor does; None: it knows no such thing."""
    if event.payload["word"] is not None:
        return word_of(_view(event.payload), event.received_at)
    line, asked_at = line_to(event.account), timezone.now()
    view = adapters.find(event.account.adapter, event.account.options).read(line, interview.vendor_ref)
    return word_of(view, asked_at) if view else None


def _invitation_under_way(event: InboundEvent, now: datetime) -> bool:
    """Say whether the vendor was faster than our own note of its answer: the interview has no reference yet."""
    try:
        interview_id = UUID(event.payload["external_id"])
    except ValueError:
        return False
    invited = Interview.objects.filter(id=interview_id, vendor_account_id=event.account_id, vendor_ref="")
    return now - event.received_at < WAIT_FOR_INVITATION and invited.exists()


def _plain(inbound: Inbound) -> dict[str, Any]:
    """Keep what the job needs and nothing about the person."""
    view = inbound.view
    plain: dict[str, Any] = {
        "ref": view.ref if view else inbound.ref,
        "external_id": inbound.external_id[:64],
    }
    if view is None:
        return {**plain, "word": None}
    return {
        **plain,
        "word": view.word,
        "status": view.status,
        "progress": view.progress,
        "version": view.version,
        "scores": [[s.dimension, str(s.score), str(s.max_score), s.partial] for s in view.scores],
    }


def _view(payload: dict[str, Any]) -> View:
    return View(
        ref=payload["ref"],
        word=payload["word"],
        status=Status(payload["status"]),
        progress=payload["progress"],
        version=payload["version"],
        scores=[VendorScore(d, Decimal(s), Decimal(m), p) for d, s, m, p in payload["scores"]],
    )
